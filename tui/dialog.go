package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
)

// dialog is what lies over the screen and takes the keys.
type dialog interface {
	// press takes a key and returns the dialog that is open then, nil for none.
	press(m *model, k tea.KeyMsg) (dialog, tea.Cmd)
	// box is its title, its lines, and how wide it would like to be, at most w
	// wide and h high without its frame.
	box(m *model, w, h int) (title string, lines []*line, width int)
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

func (c *confirm) box(_ *model, w, h int) (string, []*line, int) {
	width := min(w, max(44, len(c.why)+4))
	lines := append([]*line{(&line{})}, wrapped(inkWarn, c.why, width-2, max(1, h-4))...)
	yes, no := inkDim, inkAmber
	if c.chosen {
		yes, no = inkAmber, inkDim
	}
	lines = append(lines, &line{}, (&line{}).put(inkText, "  ").put(yes, " y yes ").put(inkText, "  ").put(no, " N no "))
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
		i.text = append(i.text, []rune(clean(string(k.Runes)))...)
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
		m.logs.setFilter(f.before)
		return nil, nil
	case "up":
		m.logs.step(-1)
		return f, nil
	case "down":
		m.logs.step(1)
		return f, nil
	}
	if f.edit(k) {
		m.logs.setFilter(string(f.text))
	}
	return f, nil
}

func (*filterInput) box(*model, int, int) (string, []*line, int) { return "", nil, 0 }

// pager is a dialog of lines to read.
type pager struct {
	title string
	// make returns the lines in a width.
	make  func(m *model, w int) []*line
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

func (p *pager) box(m *model, w, h int) (string, []*line, int) {
	width := min(w, p.width)
	lines := p.make(m, width)
	p.page = max(1, h-1)
	p.first = max(0, min(p.first, len(lines)-h))
	title := p.title
	if len(lines) > h {
		title += fmt.Sprintf("  %d-%d of %d  %s", p.first+1, min(p.first+h, len(lines)), len(lines), m.scene.g.up)
	}
	return title, lines[p.first:min(len(lines), p.first+h)], width
}

// help lists every key, from the keymap.
func (m *model) help() tea.Cmd {
	m.dialog = &pager{title: "KEYS", width: 116, make: helpLines}
	return nil
}

// helpLines puts the groups of keys in as many columns as fit.
func helpLines(m *model, w int) []*line {
	var groups [][]*line
	var group string
	for _, b := range m.keys {
		if b.group != group {
			group = b.group
			groups = append(groups, []*line{(&line{}).put(inkTitle, group)})
		}
		l := (&line{}).cell(inkKey, m.scene.g.shownKey(b), 11, true, "").put(inkText, "  "+b.Help().Desc)
		groups[len(groups)-1] = append(groups[len(groups)-1], l)
	}
	n := max(1, min(2, w/54))
	columns := make([][]*line, n)
	for _, g := range groups { // each to the shortest column
		to := 0
		for i := range columns {
			if len(columns[i]) < len(columns[to]) {
				to = i
			}
		}
		if len(columns[to]) > 0 {
			columns[to] = append(columns[to], &line{})
		}
		columns[to] = append(columns[to], g...)
	}
	var out []*line
	for y := 0; ; y++ {
		l, any := &line{}, false
		for i, c := range columns {
			if y >= len(c) {
				continue
			}
			any = true
			l.gap(1 + i*(w/n))
			for _, s := range c[y].spans {
				l.put(s.ink, s.text)
			}
			if i < n-1 && l.width > (i+1)*(w/n) {
				l = cutTo(l, (i+1)*(w/n), m.scene.g.ellipsis)
			}
		}
		if !any {
			return out
		}
		out = append(out, l)
	}
}

// cutTo is l in at most w cells.
func cutTo(l *line, w int, ellipsis string) *line {
	out := &line{selected: l.selected}
	for _, s := range l.spans {
		if room := w - out.width; room > 0 {
			text := s.text
			if one := (&line{}).put(s.ink, text); one.width > room {
				out.cell(s.ink, text, room, false, ellipsis)
				continue
			}
			out.put(s.ink, text)
		}
	}
	return out
}

// showDetails tells of the selected process how it was started and how it ended.
func (m *model) showDetails() tea.Cmd {
	name := m.scene.selected
	if m.scene.process() == nil {
		return nil
	}
	m.dialog = &pager{title: strings.ToUpper(name), width: 110, make: func(m *model, w int) []*line {
		p := processOf(m.scene.snapshot, name)
		if p == nil {
			return nil
		}
		return detailLines(m, p, w)
	}}
	return nil
}

func detailLines(m *model, p *platform.Process, w int) []*line {
	s := &m.scene
	var out []*line
	put := func(name string, k ink, text string) {
		l := (&line{}).cell(inkDim, " "+name, 14, false, s.g.ellipsis)
		out = append(out, l.put(k, text))
	}
	glyph, word, k := s.mark(p)
	put("state", k, strings.TrimSpace(glyph+" "+word+"  "+reason(p)))
	put("service", inkText, clean(p.Service))
	put("pid", inkText, fmt.Sprintf("%d, start %d, %s", p.PID, p.Incarnation, plural(p.Restarts, "restart", "restarts")))
	if !p.Started.IsZero() {
		put("running", inkText, clockText(s.now.Sub(p.Started)))
	}
	if p.Port != 0 {
		put("port", inkText, fmt.Sprint(p.Port))
	}
	put("log", inkText, clean(p.LogPath))
	if p.LogLost > 0 {
		put("log lost", inkWarn, bytesText(p.LogLost))
	}
	out = append(out, &line{}, (&line{}).put(inkTitle, " COMMAND"))
	for i, a := range p.Argv {
		if i == 0 {
			out = append(out, (&line{}).put(inkText, "   "+clean(a)))
			continue
		}
		out = append(out, (&line{}).put(inkText, "     "+clean(a)))
	}
	out = append(out, &line{}, (&line{}).put(inkTitle, " LAST EXITS"))
	if len(p.Exits) == 0 {
		out = append(out, (&line{}).put(inkDim, "   none since the platform was started"))
	}
	for _, e := range slices.Backward(p.Exits) {
		k := inkText
		if e.Exit != platform.ExitSuccess {
			k = inkWarn
		}
		out = append(out, (&line{}).put(inkDim, e.Time.In(s.now.Location()).Format("   15:04:05  ")).put(k, clean(e.How)).
			put(inkDim, fmt.Sprintf("  start %d, %s ago", e.Incarnation, clockText(s.now.Sub(e.Time)))))
	}
	if len(p.Env) > 0 {
		out = append(out, &line{}, (&line{}).put(inkTitle, " ENVIRONMENT").put(inkDim, "  in so far as it is ours"))
	}
	for _, e := range p.Env {
		name, value, _ := strings.Cut(clean(e), "=")
		out = append(out, (&line{}).put(inkText, "   "+name).put(inkDim, "=").put(inkText, value))
	}
	for i, l := range out {
		out[i] = cutTo(l, w, s.g.ellipsis)
	}
	return out
}

// aroundSpan is how much before and after an event its logs are shown.
const aroundSpan = 2 * time.Second

// newAround shows every service's log around what happened.
func newAround(m *model, h happening) dialog {
	var lines []platform.LogLine
	at := 0
	for _, l := range m.logs.kept {
		if d := l.Time.Sub(h.at); d >= -aroundSpan && d <= aroundSpan {
			if d < 0 {
				at = len(lines)
			}
			lines = append(lines, l)
		}
	}
	title := h.at.In(m.scene.now.Location()).Format("15:04:05.000") + "  "
	switch {
	case h.failover != nil:
		title = "FAILOVER " + title + switchText(&m.scene, *h.failover, 40)
	case h.outage != nil:
		word, what := outageWords(&m.scene, h.outage)
		title = "OUTAGE " + title + word + " " + what
	case h.serving != nil:
		word, which := servingWords(h.serving)
		title = "MODE " + title + word + " " + which
	default:
		title = "DRILL " + title + h.verdict.name
	}
	return &pager{title: title, width: 160, first: max(0, at-5), make: func(m *model, _ int) []*line {
		if len(lines) == 0 {
			return []*line{(&line{}).put(inkDim, " its logs are no longer kept here; the files are in "+clean(m.scene.snapshot.LogFolder))}
		}
		out := make([]*line, len(lines))
		for i := range lines {
			d := lines[i].Time.Sub(h.at).Seconds()
			out[i] = (&line{}).put(inkDim, fmt.Sprintf(" %+6.3f ", d)).add(logLine(&m.scene, &lines[i], 39, 0, nil))
			out[i].selected = !lines[i].Time.Before(h.at) && (i == 0 || lines[i-1].Time.Before(h.at))
		}
		return out
	}}
}
