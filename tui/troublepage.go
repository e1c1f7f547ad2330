package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/tui/canvas"
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

// showTroubles opens the page.
func (m *model) showTroubles() { m.dialog = &troublePage{} }

// troublesLabel is in the foot only while something is wrong.
func troublesLabel(m *model) (key, word string) {
	if len(troublesOf(&m.scene)) == 0 {
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
	list := troublesOf(&m.scene)
	d.chosen = max(0, min(d.chosen, len(list)-1))
	if len(list) > 0 {
		t := list[d.chosen]
		if b, known := m.bound(t.key); known && key.Matches(k, b.Binding) {
			if m.refuses(b) {
				return d, nil
			}
			m.scene.Selected, m.chosen, m.dialog = t.process, true, nil
			m.key = k.String()
			cmd := b.does(m)
			return m.dialog, cmd // does may have opened a question
		}
	}
	switch k.String() {
	case "esc", "q", "!":
		return nil, nil
	case "enter":
		if len(list) > 0 && list[d.chosen].process != "" {
			m.scene.Selected, m.chosen = list[d.chosen].process, true
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
	list := troublesOf(&m.scene)
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
		lines = append(lines, canvas.Text(canvas.InkKey, mark).Put(canvas.InkBad, g.Cross+" ").Add(sentence(canvas.InkStrong, t.what, width-3, g)))
		lines = append(lines, canvas.Text(canvas.InkText, "   ").Add(sentence(canvas.InkText, t.means, width-3, g)))
		l := canvas.Text(canvas.InkText, "   ")
		if b, known := m.bound(t.key); known {
			l.Put(canvas.InkKey, b.shown(g)).Put(canvas.InkText, " ")
		}
		lines = append(lines, l.Add(sentence(canvas.InkDim, t.mend, width-l.Width, g)), &canvas.Line{})
	}
	return strings.TrimSpace("WHAT IS WRONG, AND WHAT MENDS IT  " + g.More(d.Hidden())), lines[:len(lines)-1], width
}

// sentence returns a text on one line of w cells. What does not fit is left out, by words.
func sentence(k canvas.Ink, text string, w int, g canvas.Glyphs) *canvas.Line {
	whole := canvas.Text(k, text)
	if whole.Width <= w {
		return whole
	}
	return canvas.Wrapped(k, text, max(1, w-1), 1)[0].From(1).Put(k, g.Ellipsis)
}
