package tui

import (
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/trouble"
)

// troublePage says what is wrong now, what it means and which key mends it. That key acts on
// the chosen row.
type troublePage struct {
	chosen int
	canvas.Scroll
}

// troubleLines is how many lines a trouble has: what it is, what it means, what mends it, and
// an empty one.
const troubleLines = 4

// findTroubles finds what is wrong. Until the operator has chosen a process, that of the worst
// trouble is selected: the key that mends it acts at once.
func (m *model) findTroubles() {
	was := m.scene.Selected
	if !m.chosen {
		m.scene.Selected = "" // of several that mend it, the likeliest
	}
	m.troubles = trouble.Of(&m.scene)
	worst, known := m.worst()
	if known && m.scene.Process(worst.Process) != nil && worst.About != m.touched.trouble && m.scene.Now.Sub(m.touched.at) >= idleFor {
		m.chosen = false
	}
	led := m.jumped.led
	m.jumped.led = !m.chosen && known && m.scene.Process(worst.Process) != nil
	switch {
	case m.chosen:
	case m.jumped.led:
		m.scene.Selected = worst.Process
	default:
		m.scene.Selected = was
		m.scene.SelectActive()
	}
	if m.scene.Selected != was && (led || m.jumped.led) {
		m.jumped.at, m.jumped.from = m.scene.Now, was
	}
}

// jumped is when the cursor last moved by itself because of a trouble, and from which process.
// Led is set while it is on the process of the worst trouble.
type jumped struct {
	at   time.Time
	from string
	led  bool
}

// settling is how long after the cursor has moved by itself a key may still be meant for the
// process that it was on.
const settling = 2 * time.Second

// unexpected says why a key may be meant for another process than that which it would act on;
// it is empty when there is no doubt.
func (m *model) unexpected(p *platform.Process) string {
	if m.chosen || m.jumped.at.IsZero() || m.jumped.from == p.Name || m.scene.Now.Sub(m.jumped.at) >= settling {
		return ""
	}
	return "The cursor has just moved here from " + canvas.Clean(m.jumped.from) + "."
}

// worst returns the trouble that the alarm tells; false when there is none.
func (m *model) worst() (trouble.Trouble, bool) {
	alarms := trouble.Alarms(m.troubles)
	if len(alarms) == 0 {
		return trouble.Trouble{}, false
	}
	return alarms[0], true
}

// idleFor is how long after a key the operator's choice of a process stays in any case. After
// that it stays until the screen tells another trouble.
const idleFor = 10 * time.Second

// touched is when the operator pressed the last key, and the trouble told then.
type touched struct {
	at      time.Time
	trouble string
}

// touch notes that a key was pressed.
func (m *model) touch() {
	worst, _ := m.worst()
	m.touched = touched{m.scene.Now, worst.About}
}

// showTroubles opens the page.
func (m *model) showTroubles() { m.dialog = &troublePage{} }

// troublesLabel is in the foot only while something is wrong.
func troublesLabel(m *model) (key, word string) {
	if len(m.troubles) == 0 {
		return "", ""
	}
	return "", "what is wrong"
}

// bound returns the binding of that name; false when there is none.
func (m *model) bound(name string) (binding, bool) {
	for _, b := range m.keys {
		if b.name == name {
			return b, true
		}
	}
	return binding{}, false
}

func (d *troublePage) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	list := m.troubles
	d.chosen = max(0, min(d.chosen, len(list)-1))
	if len(list) > 0 {
		t := list[d.chosen]
		for _, name := range []string{t.Remedy.Key, t.Remedy.Also} {
			b, known := m.bound(name)
			if !known || !key.Matches(k, b.Binding) {
				continue
			}
			if m.refuses(b) {
				return d, nil
			}
			m.scene.Selected, m.chosen, m.dialog = t.Process, true, nil
			m.key = k.String()
			cmd := b.does(m)
			return m.dialog, cmd // does may have opened a question
		}
	}
	switch k.String() {
	case "esc", "q", "!":
		return nil, nil
	case "enter":
		if len(list) > 0 && list[d.chosen].Process != "" {
			m.scene.Selected, m.chosen = list[d.chosen].Process, true
		}
		return nil, nil
	case "up", "k":
		d.chosen--
	case "down", "j":
		d.chosen++
	case "home", "g", "pgup":
		d.chosen = 0
	case "end", "G", "pgdown":
		d.chosen = len(list) - 1
	}
	d.chosen = max(0, min(d.chosen, len(list)-1))
	return d, nil
}

func (d *troublePage) box(m *model, w, h int) (string, []*canvas.Line, int) {
	g, width := m.scene.Glyphs, min(w, 88)
	list := m.troubles
	if len(list) == 0 {
		return "NOTHING IS WRONG", []*canvas.Line{canvas.Text(canvas.InkGood, " "+g.Tick+" every process works, and every signal has a spare ")}, width
	}
	d.chosen = max(0, min(d.chosen, len(list)-1))
	from, to := d.Show(d.chosen, len(list), max(1, h/troubleLines))
	var lines []*canvas.Line
	for i, t := range list[from:to] {
		mark := " "
		if from+i == d.chosen {
			mark = g.Pointer
		}
		glyph, ink := m.troubleMark(t)
		lines = append(lines, canvas.Text(canvas.InkKey, mark).Put(ink, glyph+" ").Add(whatLine(m, t, width-3)))
		lines = append(lines, canvas.Text(canvas.InkText, "   ").Add(sentence(canvas.InkText, trouble.Placed(t.Means, "", m.keyNamed), width-3, g)))
		l := canvas.Text(canvas.InkText, "   ")
		if b, known := m.bound(t.Remedy.Key); known {
			l.Put(canvas.InkKey, b.shown(g)).Put(canvas.InkText, " ")
		}
		lines = append(lines, l.Add(sentence(canvas.InkDim, t.Words(false, m.keyNamed), width-l.Width, g)), &canvas.Line{})
	}
	return strings.TrimSpace("WHAT IS WRONG, AND WHAT MENDS IT  " + g.More(d.Hidden())), lines[:len(lines)-1], width
}

// whatLine says what is wrong, and since when.
func whatLine(m *model, t trouble.Trouble, w int) *canvas.Line {
	since := sinceWords(m, t.Since)
	if since != "" {
		since = "  " + since
	}
	g := m.scene.Glyphs
	return canvas.Text(canvas.InkStrong, canvas.Fitting(w-ansi.StringWidth(since), g.Ellipsis, t.Texts()...)).Put(canvas.InkDim, since)
}

// sentence returns a text on one line of w cells. What does not fit is left out, by words.
func sentence(k canvas.Ink, text string, w int, g canvas.Glyphs) *canvas.Line {
	return canvas.Text(k, canvas.Shortened(text, w, g.Ellipsis))
}
