package tui

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
)

// abbreviations are the short forms that the screen has on purpose. Each is the beginning of a
// word that stands elsewhere.
func abbreviations() []string {
	return []string{
		"act", "active", // of a packager, in the matrix and in the pipeline
		"buf", "lat", // buffer and latency, in the matrix
		"fo",                         // failovers, in the header
		"repo", "disc", "orig", "sp", // processes, in the pipeline
		"err", "wrn", "inf", "dbg", // levels of a log
		"pgdn", "msn", "mb",
	}
}

// aWord is a word of prose; what has digits or signs in it is a name.
var aWord = regexp.MustCompile(`\pL+`)

// aField is what stands between blanks.
var aField = regexp.MustCompile(`\S+`)

// edges are what stands between two panels, or around one.
var edges = regexp.MustCompile("[\u2500-\u257f]+")

// reader reads the screen. It skips the lines that it has read already.
type reader map[string]bool

// read returns what the screen says, line by line and panel by panel. What is veiled below a
// dialog is not said.
func (r reader) read(m *model) []string {
	covering := farewell
	if d := m.dialog; d != nil && !m.leaving {
		covering = func(m *model) (string, []*canvas.Line, int) { return d.box(m, m.w-6, m.h-6) }
	}
	var lines []string
	if !m.leaving && m.dialog == nil {
		lines = m.frame()
	} else if title, box, width := covering(m); box == nil {
		lines = m.frame()
	} else {
		w := min(width+2, m.w)
		lines = m.boxed(m.border(true, title, ""), w, min(len(box)+2, m.h-1), func(i int) string { return m.painter.Paint(box[i], w-2) })
	}
	var list []string
	for _, l := range lines {
		if !r[l] {
			r[l] = true
			list = append(list, edges.Split(ansi.Strip(l), -1)...)
		}
	}
	return list
}

// view is something that the screen can show.
type view struct {
	name string
	keys []string
}

// everyView returns what the screen can show in a state: every screen, panel, row, dialog and
// question.
func everyView(m *model) []view {
	list := []view{{"main", nil}}
	add := func(name string, keys ...string) { list = append(list, view{name, keys}) }
	rows := func(n int, name string, before []string, key, after string) {
		for i := range n {
			keys := append(slices.Clone(before), slices.Repeat([]string{key}, i)...)
			add(fmt.Sprint(name, i), append(keys, after)...)
		}
	}
	for i, screen := range m.scene.Layout.Screens {
		number := fmt.Sprint(i + 1)
		for _, r := range screen.Rows {
			for _, p := range r.Panels {
				add(p.Name+" in focus", number, "@"+p.Name)
				add(p.Name+" zoomed", number, "@"+p.Name, "z")
				add(p.Name+" zoomed, its end", number, "@"+p.Name, "z", "end")
			}
		}
	}
	rows(8, "trouble ", []string{"!"}, "down", "")
	rows(min(8, len(m.scene.Signals)), "signal ", []string{"@signals", "home"}, "down", "enter")
	rows(len(m.scene.Inputs), "input ", []string{"@inputs", "home"}, "down", "enter")
	rows(min(8, len(m.scene.Past.Happened)), "event ", []string{"@events", "home"}, "down", "enter")
	rows(8, "line ", []string{"@logs", "N"}, "N", "enter")
	for _, k := range []string{"K", "e"} {
		rows(len(m.scene.Snapshot.Processes), k+" on process ", []string{"home"}, "down", k)
	}
	rows(len(drills()), "drill ", []string{"c"}, "down", "enter")
	add("picture", "w")
	for i := range 6 {
		add(fmt.Sprint("signals sorted ", i), "@signals", ">") // each by the next figure
	}
	add("quit", "q")
	add("farewell", "q", "y")
	return list
}

// sameInEachState returns what the screen shows alike in all states.
func sameInEachState(m *model) []view {
	var list []view
	add := func(name string, keys ...string) { list = append(list, view{name, keys}) }
	for i := range 4 {
		add(fmt.Sprint("help, page ", i), append([]string{"?"}, slices.Repeat([]string{"pgdown"}, i)...)...)
	}
	for i := range 15 {
		add(fmt.Sprint("commands, page ", i), append([]string{":"}, slices.Repeat([]string{"pgdown"}, i)...)...)
	}
	for _, b := range m.keys {
		if b.name != "quit-now" {
			add("key "+b.name, b.Keys()[0])
		}
	}
	add("chaos", "c")
	add("a filter", "&", "segment")
	add("a filter of signals", "@signals", "/", "live")
	add("a search", "/", "refused", "enter")
	add("a pattern that is none", "&", "a(")
	return list
}

// show shows a view on a screen that showed another one.
func (v view) show(m *model) {
	m.dialog, m.zoomed, m.screen, m.focus, m.notice, m.leaving, m.drilling = nil, false, 0, home, notice{}, false, nil
	m.logs.Follow()
	m.logs.SetFilter("")
	m.logs.SetSearch("")
	m.logs.Only("")
	m.logs.Since(time.Time{}, "")
	m.scene.Choice = ""
	m.picture.on = false
	m.scene.Stamp++
	typed(m, v.keys...)
}

// drills are some to ask about.
func drills() []Drill {
	return []Drill{
		{Name: "kill-active", About: "SIGKILL to the active packager"},
		{Name: "blackout", About: "every packager is paused: nothing new comes, and then all of it at once", Hold: noticeFor, NoSource: noticeFor},
	}
}

// namesOf returns the fields of what a platform names: signals, files, addresses, processes.
// They may be shortened.
func namesOf(s platform.Snapshot) []string {
	text := s.LogFolder + " " + s.PlayURL + " " + s.Layout
	for _, p := range s.Processes {
		text += " " + strings.Join(append(append([]string{p.Name, p.LogPath}, p.Argv...), p.Env...), " ")
	}
	for _, d := range s.Details {
		text += " " + d.Signal
	}
	for _, f := range s.Films {
		text += " " + f.File
	}
	for _, f := range s.Degraded {
		text += " " + f.Playlist
	}
	for _, f := range s.ServingChanges {
		text += " " + f.Playlist
	}
	return aField.FindAllString(strings.ToLower(text), -1)
}

// aName reports whether a field that is cut is the beginning of a name.
func aName(stem string, names []string) bool {
	stem = strings.ToLower(strings.TrimLeft(stem, "▸"))
	return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, stem) })
}

// vocabulary returns the words of views on a screen that has room for all of them, in order.
func vocabulary(m *model, views []view) []string {
	known := map[string]bool{}
	m.Update(tea.WindowSizeMsg{Width: 240, Height: 60})
	r := reader{}
	for _, v := range views {
		v.show(m)
		for _, text := range r.read(m) {
			for _, w := range aWord.FindAllString(text, -1) {
				known[strings.ToLower(w)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// wordCuts returns what is wrong with a text: the words that are cut. A cut is seen by the
// ellipsis at a word that is none, or by a word that is the beginning of another.
func wordCuts(text string, words, names []string) []string {
	var list []string
	isWord := func(w string) bool { _, found := slices.BinarySearch(words, strings.ToLower(w)); return found }
	for _, field := range aField.FindAllString(text, -1) {
		if strings.Contains(field, "/") {
			continue // a path or an address
		}
		if stem, cut := strings.CutSuffix(strings.TrimRight(field, ")"), "…"); cut && stem != "" {
			if whole := len(stem) > 3 && isWord(stem); !whole && !aName(stem, names) {
				list = append(list, field)
			}
			continue
		}
		for _, w := range aWord.FindAllString(field, -1) {
			w = strings.ToLower(w)
			i, found := slices.BinarySearch(words, w)
			if !found && i < len(words) && strings.HasPrefix(words[i], w) && !slices.Contains(abbreviations(), w) {
				list = append(list, fmt.Sprintf("%q, the beginning of %q", w, words[i]))
			}
		}
	}
	return list
}

func TestNothingIsCutInTheMiddleOfAWord(t *testing.T) {
	withoutDetector(t)
	for state := range states() {
		t.Run(state, func(t *testing.T) {
			how := colour
			how.options.Drills = drills()
			m, f := newTestModel(t, state, 120, 36, how)
			views := everyView(m)
			if state == "on air" {
				views = append(views, sameInEachState(m)...)
			}
			words, names := vocabulary(m, views), namesOf(f.snapshot)
			sizes := [][2]int{{80, 24}, {120, 36}}
			if state == "on air" || state == "long names" || state == "a hundred signals" {
				sizes = append(sizes, [2]int{60, 16}, [2]int{100, 28})
			}
			for _, size := range sizes {
				m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
				r := reader{}
				for _, v := range views {
					v.show(m)
					for _, text := range r.read(m) {
						if cuts := wordCuts(text, words, names); len(cuts) > 0 {
							t.Errorf("%s at %dx%d: %q cuts %s", v.name, size[0], size[1], text, strings.Join(cuts, ", "))
						}
					}
				}
			}
		})
	}
}
