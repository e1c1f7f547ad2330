package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/scene"
)

// dialog is what lies over the screen and takes the keys.
type dialog interface {
	// press takes a key and returns the dialog that is open then, nil for none.
	press(m *model, k tea.KeyMsg) (dialog, tea.Cmd)
	// box is its title, its lines, and how wide it would like to be, at most w
	// wide and h high without its frame.
	box(m *model, w, h int) (title string, lines []*canvas.Line, width int)
}

// confirm asks whether to do something; the answer is no unless it is y.
type confirm struct {
	question, why string
	yes           func(m *model) tea.Cmd
	chosen        bool // yes is chosen
}

func (c *confirm) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	switch k.String() {
	case "y", "Y":
		m.dialog = nil
		return nil, c.yes(m)
	case "left", "right", "tab", "shift+tab":
		c.chosen = !c.chosen
		return c, nil
	case "enter":
		if c.chosen {
			m.dialog = nil
			return nil, c.yes(m)
		}
		return nil, nil
	case "n", "N", "esc", "q":
		return nil, nil
	}
	return c, nil
}

func (c *confirm) box(_ *model, w, h int) (string, []*canvas.Line, int) {
	width := min(w, max(44, len(c.why)+4))
	lines := append([]*canvas.Line{(&canvas.Line{})}, panel.Wrapped(canvas.InkWarn, c.why, width-2, max(1, h-4))...)
	yes, no := canvas.InkDim, canvas.InkAmber
	if c.chosen {
		yes, no = canvas.InkAmber, canvas.InkDim
	}
	lines = append(lines, &canvas.Line{}, (&canvas.Line{}).Put(canvas.InkText, "  ").Put(yes, " y yes ").Put(canvas.InkText, "  ").Put(no, " N no "))
	return c.question, lines, width
}

// input is a line of text being typed.
type input struct{ text []rune }

// edit takes a key; it reports whether the text changed.
func (i *input) edit(k tea.KeyMsg) bool {
	switch k.String() {
	case "backspace", "ctrl+h":
		if len(i.text) == 0 {
			return false
		}
		i.text = i.text[:len(i.text)-1]
	case "ctrl+u":
		i.text = nil
	case "ctrl+w":
		text := strings.TrimRight(string(i.text), " ")
		i.text = []rune(text[:strings.LastIndex(text, " ")+1])
	default:
		if (k.Type != tea.KeyRunes && k.Type != tea.KeySpace) || k.Alt {
			return false
		}
		i.text = append(i.text, []rune(canvas.Clean(string(k.Runes)))...)
	}
	return true
}

// filterInput is the filter of the logs while it is typed; it stands in the foot.
type filterInput struct {
	input
	before string
}

func (f *filterInput) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	switch k.String() {
	case "enter":
		return nil, nil
	case "esc":
		m.logs.SetFilter(f.before)
		return nil, nil
	case "up":
		m.logs.Step(-1)
		return f, nil
	case "down":
		m.logs.Step(1)
		return f, nil
	}
	if f.edit(k) {
		m.logs.SetFilter(string(f.text))
	}
	return f, nil
}

func (*filterInput) box(*model, int, int) (string, []*canvas.Line, int) { return "", nil, 0 }

// pager is a dialog of lines to read.
type pager struct {
	title string
	// make returns the lines in a width.
	make  func(m *model, w int) []*canvas.Line
	width int
	first int
	page  int
	// more takes further keys; nil for none.
	more func(m *model, k tea.KeyMsg) (bool, tea.Cmd)
}

func (p *pager) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	switch k.String() {
	case "esc", "q", "enter", "?":
		return nil, nil
	case "up", "k":
		p.first--
	case "down", "j":
		p.first++
	case "pgup":
		p.first -= p.page
	case "pgdown", " ":
		p.first += p.page
	case "home", "g":
		p.first = 0
	case "end", "G":
		p.first = 1 << 20
	default:
		if p.more != nil {
			if handled, cmd := p.more(m, k); handled {
				return p, cmd
			}
		}
	}
	return p, nil
}

func (p *pager) box(m *model, w, h int) (string, []*canvas.Line, int) {
	width := min(w, p.width)
	lines := p.make(m, width)
	p.page = max(1, h-1)
	p.first = max(0, min(p.first, len(lines)-h))
	title := p.title
	if len(lines) > h {
		title += fmt.Sprintf("  %d-%d of %d  %s", p.first+1, min(p.first+h, len(lines)), len(lines), m.scene.Glyphs.Up)
	}
	return title, lines[p.first:min(len(lines), p.first+h)], width
}

// help lists every key, from the keymap.
func (m *model) help() tea.Cmd {
	m.dialog = &pager{title: "KEYS", width: 116, make: helpLines}
	return nil
}

// helpLines puts the groups of keys in as many columns as fit.
func helpLines(m *model, w int) []*canvas.Line {
	var groups [][]*canvas.Line
	var group string
	for _, b := range m.keys {
		if b.group != group {
			group = b.group
			groups = append(groups, []*canvas.Line{(&canvas.Line{}).Put(canvas.InkTitle, group)})
		}
		l := (&canvas.Line{}).Cell(canvas.InkKey, shownKey(m.scene.Glyphs, b), 11, true, "").Put(canvas.InkText, "  "+b.Help().Desc)
		groups[len(groups)-1] = append(groups[len(groups)-1], l)
	}
	n := max(1, min(2, w/54))
	columns := make([][]*canvas.Line, n)
	for _, g := range groups { // each to the shortest column
		to := 0
		for i := range columns {
			if len(columns[i]) < len(columns[to]) {
				to = i
			}
		}
		if len(columns[to]) > 0 {
			columns[to] = append(columns[to], &canvas.Line{})
		}
		columns[to] = append(columns[to], g...)
	}
	var out []*canvas.Line
	for y := 0; ; y++ {
		l, any := &canvas.Line{}, false
		for i, c := range columns {
			if y >= len(c) {
				continue
			}
			any = true
			l.Gap(1 + i*(w/n))
			for _, s := range c[y].Spans {
				l.Put(s.Ink, s.Text)
			}
			if i < n-1 && l.Width > (i+1)*(w/n) {
				l = cutTo(l, (i+1)*(w/n), m.scene.Glyphs.Ellipsis)
			}
		}
		if !any {
			return out
		}
		out = append(out, l)
	}
}

// cutTo is l in at most w cells.
func cutTo(l *canvas.Line, w int, ellipsis string) *canvas.Line {
	out := &canvas.Line{Selected: l.Selected}
	for _, s := range l.Spans {
		if room := w - out.Width; room > 0 {
			text := s.Text
			if one := (&canvas.Line{}).Put(s.Ink, text); one.Width > room {
				out.Cell(s.Ink, text, room, false, ellipsis)
				continue
			}
			out.Put(s.Ink, text)
		}
	}
	return out
}

// showDetails tells of the selected process how it was started and how it ended.
func (m *model) showDetails() tea.Cmd {
	name := m.scene.Selected
	if m.scene.Process() == nil {
		return nil
	}
	m.dialog = &pager{title: strings.ToUpper(name), width: 110, make: func(m *model, w int) []*canvas.Line {
		p := scene.ProcessOf(m.scene.Snapshot, name)
		if p == nil {
			return nil
		}
		return detailLines(m, p, w)
	}}
	return nil
}

func detailLines(m *model, p *platform.Process, w int) []*canvas.Line {
	s := &m.scene
	var out []*canvas.Line
	put := func(name string, k canvas.Ink, text string) {
		l := (&canvas.Line{}).Cell(canvas.InkDim, " "+name, 14, false, s.Glyphs.Ellipsis)
		out = append(out, l.Put(k, text))
	}
	glyph, word, k := s.Mark(p)
	put("state", k, strings.TrimSpace(glyph+" "+word+"  "+scene.Reason(p)))
	put("service", canvas.InkText, canvas.Clean(p.Service))
	put("pid", canvas.InkText, fmt.Sprintf("%d, start %d, %s", p.PID, p.Incarnation, canvas.Plural(p.Restarts, "restart", "restarts")))
	if !p.Started.IsZero() {
		put("running", canvas.InkText, canvas.ClockText(s.Now.Sub(p.Started)))
	}
	if p.Port != 0 {
		put("port", canvas.InkText, fmt.Sprint(p.Port))
	}
	put("log", canvas.InkText, canvas.Clean(p.LogPath))
	if p.LogLost > 0 {
		put("log lost", canvas.InkWarn, canvas.BytesText(p.LogLost))
	}
	out = append(out, &canvas.Line{}, (&canvas.Line{}).Put(canvas.InkTitle, " COMMAND"))
	for i, a := range p.Argv {
		if i == 0 {
			out = append(out, (&canvas.Line{}).Put(canvas.InkText, "   "+canvas.Clean(a)))
			continue
		}
		out = append(out, (&canvas.Line{}).Put(canvas.InkText, "     "+canvas.Clean(a)))
	}
	out = append(out, &canvas.Line{}, (&canvas.Line{}).Put(canvas.InkTitle, " LAST EXITS"))
	if len(p.Exits) == 0 {
		out = append(out, (&canvas.Line{}).Put(canvas.InkDim, "   none since the platform was started"))
	}
	for _, e := range slices.Backward(p.Exits) {
		k := canvas.InkText
		if e.Exit != platform.ExitSuccess {
			k = canvas.InkWarn
		}
		out = append(out, (&canvas.Line{}).Put(canvas.InkDim, e.Time.In(s.Now.Location()).Format("   15:04:05  ")).Put(k, canvas.Clean(e.How)).
			Put(canvas.InkDim, fmt.Sprintf("  start %d, %s ago", e.Incarnation, canvas.ClockText(s.Now.Sub(e.Time)))))
	}
	if len(p.Env) > 0 {
		out = append(out, &canvas.Line{}, (&canvas.Line{}).Put(canvas.InkTitle, " ENVIRONMENT").Put(canvas.InkDim, "  in so far as it is ours"))
	}
	for _, e := range p.Env {
		name, value, _ := strings.Cut(canvas.Clean(e), "=")
		out = append(out, (&canvas.Line{}).Put(canvas.InkText, "   "+name).Put(canvas.InkDim, "=").Put(canvas.InkText, value))
	}
	for i, l := range out {
		out[i] = cutTo(l, w, s.Glyphs.Ellipsis)
	}
	return out
}

// aroundSpan is how much before and after an event its logs are shown.
const aroundSpan = 2 * time.Second

// newAround shows every service's log around what happened.
func newAround(m *model, h panel.Happening) dialog {
	var lines []platform.LogLine
	at := 0
	for _, l := range m.logs.Kept {
		if d := l.Time.Sub(h.At); d >= -aroundSpan && d <= aroundSpan {
			if d < 0 {
				at = len(lines)
			}
			lines = append(lines, l)
		}
	}
	title := h.At.In(m.scene.Now.Location()).Format("15:04:05.000") + "  "
	switch {
	case h.Failover != nil:
		title = "FAILOVER " + title + panel.SwitchText(&m.scene, *h.Failover, 40)
	case h.Outage != nil:
		word, what := panel.OutageWords(&m.scene, h.Outage)
		title = "OUTAGE " + title + word + " " + what
	case h.Serving != nil:
		word, which := panel.ServingWords(h.Serving)
		title = "MODE " + title + word + " " + which
	default:
		title = "DRILL " + title + h.Verdict.Name
	}
	return &pager{title: title, width: 160, first: max(0, at-5), make: func(m *model, _ int) []*canvas.Line {
		if len(lines) == 0 {
			return []*canvas.Line{(&canvas.Line{}).Put(canvas.InkDim, " its logs are no longer kept here; the files are in "+canvas.Clean(m.scene.Snapshot.LogFolder))}
		}
		out := make([]*canvas.Line, len(lines))
		for i := range lines {
			d := lines[i].Time.Sub(h.At).Seconds()
			out[i] = (&canvas.Line{}).Put(canvas.InkDim, fmt.Sprintf(" %+6.3f ", d)).Add(panel.LogLine(&m.scene, &lines[i], 39, 0, nil))
			out[i].Selected = !lines[i].Time.Before(h.At) && (i == 0 || lines[i-1].Time.Before(h.At))
		}
		return out
	}}
}
