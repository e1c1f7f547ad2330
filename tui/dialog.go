package tui

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/tui/canvas"
)

// dialog lies over the screen and takes the keys.
type dialog interface {
	// press takes a key and returns the dialog that is open afterwards, or nil.
	press(m *model, k tea.KeyMsg) (dialog, tea.Cmd)
	// box returns the title, the lines and the wished width, at most w wide and h high
	// without the frame. Without lines nothing is drawn.
	box(m *model, w, h int) (title string, lines []*canvas.Line, width int)
}

// footer is a dialog that is drawn in the foot of the screen.
type footer interface {
	foot(m *model) *canvas.Line
}

// confirm asks whether to do something. Only y, or enter on yes, means yes.
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
	lines := append([]*canvas.Line{{}}, canvas.Wrapped(canvas.InkWarn, c.why, width-2, max(1, h-4))...)
	yes, no := canvas.InkDim, canvas.InkAmber
	if c.chosen {
		yes, no = canvas.InkAmber, canvas.InkDim
	}
	lines = append(lines, &canvas.Line{}, canvas.Text(canvas.InkText, "  ").Put(yes, " y yes ").Put(canvas.InkText, "  ").Put(no, " N no "))
	return c.question, lines, width
}

// input is a line of text that is being typed.
type input struct{ text []rune }

// edit takes a key. It reports whether the text has changed.
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

// line draws the text behind its prompt.
func (i *input) line(prompt string, g canvas.Glyphs) *canvas.Line {
	return canvas.Text(canvas.InkKey, " "+prompt+" ").Put(canvas.InkStrong, string(i.text)).Put(canvas.InkKey, g.Cursor)
}

// pager is a dialog of lines to read.
type pager struct {
	title string
	// content returns the lines for a width.
	content func(m *model, w int) []*canvas.Line
	width   int
	first   int
	page    int
}

func (p *pager) press(_ *model, k tea.KeyMsg) (dialog, tea.Cmd) {
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
		p.first = 1 << 20 // which box limits
	}
	return p, nil
}

func (p *pager) box(m *model, w, h int) (string, []*canvas.Line, int) {
	width := min(w, p.width)
	lines := p.content(m, width)
	p.page = max(1, h-1)
	p.first = max(0, min(p.first, len(lines)-h))
	end := min(len(lines), p.first+h)
	title := p.title
	if len(lines) > h {
		title += fmt.Sprintf("  %d-%d of %d  %s", p.first+1, end, len(lines), m.scene.Glyphs.UpDown)
	}
	return title, lines[p.first:end], width
}
