package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"livestream-tui/tui/canvas"
)

// updating reports whether to write the golden files. The flag is teatest's.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// manners returns the ways to look at the screen without a theme.
func manners() map[string]manner {
	return map[string]manner{
		"no-color": {profile: termenv.ANSI, plain: true},
		"ascii":    {profile: termenv.Ascii, options: Options{ASCII: true}},
	}
}

// gallery compares frames with the golden files, and notes which files it has read.
type gallery struct {
	*testing.T
	read map[string]bool
}

// compare compares what is shown with a golden file, or writes it.
func (g gallery) compare(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".txt")
	g.read[file] = true
	if updating() {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("frame (-want +got), go test ./tui -run Golden -update writes it:\n%s", diff)
	}
}

// one compares a frame after some keys.
func (g gallery) one(name, state string, w, h int, how manner, keys ...string) {
	g.Helper()
	g.Run(name, func(t *testing.T) {
		m, _ := newTestModel(t, state, w, h, how)
		for _, k := range keys {
			press(m, k)
		}
		checkFrame(t, m, w, h, name)
		g.compare(t, name, goldenForm(t, []string{canvas.ThemeNames()[m.theme]}, []string{m.View()}))
	})
}

// everyTheme compares the frames of a state at several sizes, in every theme.
func (g gallery) everyTheme(state string, sizes ...[2]int) {
	g.Helper()
	m, _ := newTestModel(g.T, state, 120, 36, colour)
	for _, size := range sizes {
		name := sized(state, size)
		g.Run(name, func(t *testing.T) {
			m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			var frames []string
			for m.theme = range Themes() {
				m.setTheme()
				checkFrame(t, m, size[0], size[1], name)
				frames = append(frames, m.View())
			}
			g.compare(t, name, goldenForm(t, Themes(), frames))
		})
	}
}

// sized is the name of a state's golden file for a size.
func sized(state string, size [2]int) string {
	return fmt.Sprintf("%s-%dx%d", strings.ReplaceAll(state, " ", "-"), size[0], size[1])
}

func TestGoldenFrames(t *testing.T) {
	withoutDetector(t)
	g := gallery{t, map[string]bool{}}
	small, usual := [2]int{80, 24}, [2]int{120, 36}
	sizes := [][2]int{{200, 60}, usual, {100, 28}, small, {60, 16}, {40, 10}}
	for state := range states() {
		if hasMachines(state) {
			for _, size := range sizes {
				g.one(sized(state, size), state, size[0], size[1], colour)
			}
			continue
		}
		switch state {
		case "on air", "several signals", "a hundred signals": // one, six and a hundred
			g.everyTheme(state, sizes...)
			for name, how := range manners() {
				for _, size := range [][2]int{usual, small} {
					g.one(sized(state, size)+"-"+name, state, size[0], size[1], how)
				}
			}
		case "off air", "no spare":
			g.everyTheme(state, usual, small)
		default:
			for _, size := range [][2]int{usual, small} {
				g.one(sized(state, size), state, size[0], size[1], colour)
			}
		}
	}
	for name, how := range manners() {
		for _, size := range [][2]int{{200, 60}, {100, 28}, {60, 16}, {40, 10}} {
			g.one(sized("on air", size)+"-"+name, "on air", size[0], size[1], how)
		}
	}
	g.one("on-air-39x9", "on air", 39, 9, colour)
	g.one("read-only-120x36", "on air", 120, 36, readOnly())
	g.one("read-only-80x24", "off air", 80, 24, readOnly())
	g.one("commands-80x24", "on air", 80, 24, colour, ":")
	g.one("help-120x36", "on air", 120, 36, colour, "?")
	g.one("details-120x36", "on air", 120, 36, colour, "j", "e")
	g.one("confirm-120x36", "no spare", 120, 36, colour, "K")
	g.one("troubles-120x36", "no spare", 120, 36, colour, "!")
	g.one("troubles-80x24", "off air", 80, 24, colour, "!")
	g.one("notice-80x24", "on air", 80, 24, colour, "t")
	g.one("logs-120x36", "on air", 120, 36, colour, "L", "L", "&", "segment", "enter")
	g.one("logs-search-80x24", "on air", 80, 24, colour, "L", "L", "W", "/", "refused", "enter")
	g.one("logs-fields-120x36", "on air", 120, 36, colour, "L", "L", "{", "enter")
	g.one("signals-zoomed-120x36", "a hundred signals", 120, 36, colour, "shift+tab", "z")
	g.one("signal-120x36", "several signals", 120, 36, colour, "shift+tab", "enter")
	g.one("watch-120x36", "on air", 120, 36, colour, "L")
	g.one("live-watch-120x36", "live slate", 120, 36, colour, "L")
	for _, size := range sizes {
		g.one(sized("machines zoomed", size), "machines unknown", size[0], size[1], colour, "M")
	}
	g.one("machines-ascii-80x24", "machines unknown", 80, 24, manners()["ascii"])
	g.one("input-120x36", "live warnings", 120, 36, colour, "@inputs", "enter")
	g.one("input-80x24", "live slate", 80, 24, colour, "@inputs", "down", "enter")
	for _, size := range [][2]int{usual, small} {
		g.one(sized("events zoomed", size), "remembered", size[0], size[1], colour, "@events", "z", "down", "down")
		g.one(sized("events earlier", size), "remembered", size[0], size[1], colour, "@events", "left", "left", "left")
	}

	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !g.read[f] {
			t.Errorf("no test reads %s", f)
		}
	}
}
