package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
)

// painted is a panel as it was painted, and what it was painted from.
type painted struct {
	place   layouts.Placed
	stamp   uint64
	focused bool
	lines   []string // place.H lines of place.W cells
}

// places returns the panels' rectangles, between the header and the foot.
func (m *model) places() []layouts.Placed {
	w := m.w
	if m.picture.on {
		w, _ = m.split()
	}
	at := arranged{m.scene.Stamp, w, m.h, m.screen, m.focus, m.zoomed}
	if at != m.arrangedAt {
		m.arrangedAt, m.placed = at, m.arrange(w, m.h-2-m.alarmLines())
	}
	return m.placed
}

// arranged is what the places depend on.
type arranged struct {
	stamp        uint64
	w, h, screen int
	focus        string
	zoomed       bool
}

func (m *model) arrange(w, h int) []layouts.Placed {
	if len(m.scene.Layout.Screens) == 0 || h < 1 {
		return nil
	}
	if m.zoomed && m.focus != "" {
		return []layouts.Placed{{Panel: m.focus, Frame: layouts.Boxed, W: w, H: h}}
	}
	return m.scene.Layout.Screens[m.screen].Arrange(w, h, m.focus, func(name string, w int) layouts.Content {
		if p := m.panels[name]; p != nil {
			return p.Content(&m.scene, w)
		}
		return layouts.Content{}
	})
}

// View implements tea.Model. It returns exactly h lines of exactly w cells.
func (m *model) View() string {
	if m.w < 1 || m.h < 1 {
		return ""
	}
	return strings.Join(m.frame(), "\n")
}

func (m *model) frame() []string {
	if m.w < leastW || m.h < leastH {
		return m.tooSmall()
	}
	frame := make([]string, 0, m.h)
	frame = append(frame, m.painter.Paint(panel.Header(&m.scene, m.bar(), m.w), m.w))
	rows := make([]strings.Builder, m.h-2)
	// Arrange returns places from left to right, row by row, so that each line drawn
	// so far ends where the next panel begins.
	if !m.picture.on || m.w >= besideLeast {
		for _, p := range m.places() {
			for i, text := range m.panel(p) {
				rows[p.Y+i].WriteString(text)
			}
		}
	}
	if m.picture.on {
		panels, place := m.split()
		for i, text := range m.pictureLines(place) {
			if rows[i].Len() == 0 && place.X > 0 {
				rows[i].WriteString(canvas.Blanks(panels))
			}
			rows[i].WriteString(text)
		}
	}
	for i := range rows {
		text := rows[i].String()
		if text == "" {
			text = m.painter.Paint(&canvas.Line{}, m.w)
		}
		frame = append(frame, text)
	}
	told := m.told()
	for i, l := range told {
		frame[len(frame)-len(told)+i] = m.painter.Paint(l, m.w)
	}
	frame = append(frame, m.painter.Paint(m.foot(), m.w))
	switch {
	case m.leaving || m.scene.Snapshot.Stopping:
		m.cover(frame, farewell)
	case m.dialog != nil:
		m.cover(frame, func(m *model) (string, []*canvas.Line, int) { return m.dialog.box(m, m.w-6, m.h-6) })
	}
	return frame
}

// bar returns what the header says of the dashboard itself.
func (m *model) bar() panel.Bar {
	b := panel.Bar{Screen: m.screen, ReadOnly: m.options.ReadOnly, Key: m.keyOf, Troubles: m.keyNamed("troubles")}
	for _, s := range m.scene.Layout.Screens {
		b.Screens = append(b.Screens, s.Name)
	}
	return b
}

// tooSmall says how large the screen has to be, and how to leave.
func (m *model) tooSmall() []string {
	lines := []string{fmt.Sprintf("too small: have %dx%d, need %dx%d", m.w, m.h, leastW, leastH), strings.ToUpper(m.scene.Light.State.String()) + ", " + m.keyNamed("quit") + " quits"}
	if m.leaving {
		lines[1] = "stopping"
	}
	frame := make([]string, m.h)
	for i := range frame {
		l := &canvas.Line{}
		if i < len(lines) {
			l.Put(canvas.InkText, lines[i])
		}
		frame[i] = m.painter.Paint(l, m.w)
	}
	return frame
}

// panel returns a panel's lines. It paints them again only when something has changed.
func (m *model) panel(place layouts.Placed) []string {
	p := m.panels[place.Panel]
	if p == nil {
		return blankLines(place.W, place.H)
	}
	now := painted{place: place, stamp: p.Stamp(&m.scene), focused: place.Panel == m.focus}
	was := m.drawn[place.Panel]
	if was.lines != nil && was.place == now.place && was.stamp == now.stamp && was.focused == now.focused {
		return was.lines
	}
	now.lines = m.paint(p, now)
	m.drawn[place.Panel] = now
	return now.lines
}

func blankLines(w, h int) []string {
	out := make([]string, h)
	for i := range out {
		out[i] = canvas.Blanks(w)
	}
	return out
}

func (m *model) paint(p panel.Panel, as painted) []string {
	place := as.place
	w, h := place.W, place.H-place.Frame.Lines()
	if place.Frame == layouts.Boxed {
		w -= 2
	}
	body := p.Lines(&m.scene, max(w, 0), max(h, 0))
	name, note := p.Title(&m.scene)
	if as.focused && place.Frame == layouts.Bare && len(body) > 0 {
		body[0] = canvas.Text(canvas.InkKey, m.scene.Glyphs.Pointer).Add(body[0].From(1))
	}
	row := func(i int) string {
		if i < len(body) {
			return m.painter.Paint(body[i], w)
		}
		return m.painter.Paint(&canvas.Line{}, w)
	}
	more := ""
	if p, ok := p.(panel.Hider); ok {
		more = m.scene.Glyphs.More(p.Hidden())
	}
	border := m.border(as.focused, name, note)
	switch {
	case place.Frame == layouts.Boxed:
		border.Foot = more
	case more != "":
		border.Note = strings.TrimSpace(note + "  " + more)
		if !border.Fits(place.W) {
			border.Note = more
		}
	}
	if place.Frame == layouts.Boxed {
		return m.boxed(border, place.W, place.H, row)
	}
	out := make([]string, 0, place.H)
	if place.Frame == layouts.Ruled {
		out = append(out, m.painter.Paint(border.Rule(place.W), place.W))
	}
	for i := range h {
		out = append(out, row(i))
	}
	return out
}

// border returns the border of a panel; a focused one is heavy.
func (m *model) border(focused bool, name, note string) canvas.Border {
	g := m.scene.Glyphs
	b := canvas.Border{Box: g.Box, Edge: canvas.InkBorder, Title: canvas.InkTitle, Name: name, Note: note, Separator: " " + g.Dot + " ", Ellipsis: g.Ellipsis}
	if focused {
		b.Box, b.Edge, b.Title = g.HeavyBox, canvas.InkFocusBorder, canvas.InkFocusTitle
	}
	return b
}

// boxed returns h lines of w cells: rows with a border around them.
func (m *model) boxed(b canvas.Border, w, h int, row func(i int) string) []string {
	out := make([]string, 0, h)
	out = append(out, m.painter.Paint(b.Upper(w), w))
	side := m.painter.Paint(b.Side(1), 1)
	for i := range h - 2 {
		if w < 3 {
			out = append(out, m.painter.Paint(b.Side(2), w))
			continue
		}
		out = append(out, side+row(i)+side)
	}
	return append(out, m.painter.Paint(b.Lower(w), w))
}

// cover puts a box over the middle of the frame. The rest is veiled, except for the
// header, which holds the light.
func (m *model) cover(frame []string, content func(m *model) (title string, lines []*canvas.Line, width int)) {
	title, lines, width := content(m)
	if lines == nil {
		return
	}
	w, h := min(width+2, m.w), min(len(lines)+2, m.h-1)
	x, y := (m.w-w)/2, max(1, (m.h-h)/2)
	box := m.boxed(m.border(true, title, ""), w, h, func(i int) string { return m.painter.Paint(lines[i], w-2) })
	veil := m.painter.Theme.Veiled
	for i := 1; i < len(frame); i++ {
		plain := ansi.Strip(frame[i])
		if i < y || i >= y+h {
			frame[i] = veil(plain)
			continue
		}
		frame[i] = veil(exactly(ansi.Cut(plain, 0, x), x)) + box[i-y] + veil(exactly(ansi.Cut(plain, x+w, m.w), m.w-x-w))
	}
}

// exactly pads or cuts plain text to w cells. A wide character may have been cut in two.
func exactly(s string, w int) string {
	if ansi.StringWidth(s) > w {
		s = ansi.Truncate(s, w, "")
	}
	return s + canvas.Blanks(w-ansi.StringWidth(s))
}
