package tui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
)

// painted is a panel as it was painted and what it was painted from.
type painted struct {
	place   layouts.Placed
	stamp   uint64
	focused bool
	number  int
	lines   []string // place.H of place.W cells
}

// places are the panels' rectangles below the header and above the foot.
func (m *model) places() []layouts.Placed {
	w := m.w
	if m.picture.on {
		w, _ = m.split()
	}
	at := arranged{m.scene.Stamp, w, m.h, m.screen, m.focus, m.zoomed}
	if at != m.arrangedAt {
		m.arrangedAt, m.placed = at, m.arrange(w, m.h-2)
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

// View implements tea.Model: exactly h lines of exactly w cells.
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
	frame = append(frame, m.painter.Paint(panel.Header(&m.scene, m.w), m.w))
	rows := make([]strings.Builder, m.h-2)
	// Arrange gives places from left to right, row by row, so that what is drawn
	// of each line so far ends where the next panel begins.
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
	frame = append(frame, m.painter.Paint(m.foot(), m.w))
	switch {
	case m.leaving || m.scene.Snapshot.Stopping:
		title, lines, width := farewell(m)
		m.over(frame, title, lines, width)
	case m.dialog != nil:
		if title, lines, width := m.dialog.box(m, m.w-6, m.h-6); lines != nil {
			m.over(frame, title, lines, width)
		}
	}
	return frame
}

// tooSmall says what is missing and how to leave.
func (m *model) tooSmall() []string {
	lines := []string{fmt.Sprintf("too small: have %dx%d, need %dx%d", m.w, m.h, leastW, leastH), strings.ToUpper(m.scene.Light.State.String()) + ", q quits"}
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

// panel returns a panel's lines, painted anew only when something changed.
func (m *model) panel(place layouts.Placed) []string {
	p := m.panels[place.Panel]
	if p == nil {
		return blankLines(place.W, place.H)
	}
	number := 0
	for i, name := range m.order() {
		if name == place.Panel {
			number = i + 1
		}
	}
	now := painted{place: place, stamp: p.Stamp(&m.scene), focused: place.Panel == m.focus, number: number}
	was := m.drawn[place.Panel]
	if was.lines != nil && was.place == now.place && was.stamp == now.stamp && was.focused == now.focused && was.number == now.number {
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
	if as.number > 0 {
		note += " " + m.scene.Glyphs.Dot + " " + strconv.Itoa(as.number)
	}
	out := make([]string, 0, place.H)
	edge, title := canvas.InkBorder, canvas.InkTitle
	box := m.scene.Glyphs.Box
	if as.focused {
		edge, title = canvas.InkFocusBorder, canvas.InkFocusTitle
		box = m.scene.Glyphs.HeavyBox
	}
	row := func(i int) *canvas.Line {
		if i < len(body) && body[i] != nil {
			return body[i]
		}
		return &canvas.Line{}
	}
	switch place.Frame {
	case layouts.Boxed:
		out = append(out, m.painter.Paint(edgeLine(box[2], box[3], box[0], edge, title, name, note, place.W, m.scene.Glyphs), place.W))
		side := m.painter.Paint((&canvas.Line{}).Put(edge, box[1]), 1)
		for i := range h {
			if w < 1 {
				out = append(out, m.painter.Paint((&canvas.Line{}).Put(edge, box[1]+box[1]), place.W))
				continue
			}
			out = append(out, side+m.painter.Paint(row(i), w)+side)
		}
		out = append(out, m.painter.Paint(edgeLine(box[5], box[4], box[0], edge, title, "", "", place.W, m.scene.Glyphs), place.W))
	case layouts.Ruled:
		out = append(out, m.painter.Paint(edgeLine(box[0], box[0], box[0], edge, title, name, note, place.W, m.scene.Glyphs), place.W))
		fallthrough
	default:
		if as.focused && as.place.Frame == layouts.Bare && len(body) > 0 {
			marked := (&canvas.Line{}).Put(canvas.InkKey, m.scene.Glyphs.Pointer).Add(body[0].From(1))
			body = append([]*canvas.Line{marked}, body[1:]...)
		}
		for i := range h {
			out = append(out, m.painter.Paint(row(i), w))
		}
	}
	return out
}

// edgeLine is the upper or lower line of a frame, with a name at the left and a
// note at the right where they fit.
func edgeLine(left, right, rule string, edge, title canvas.Ink, name, note string, w int, g canvas.Glyphs) *canvas.Line {
	l := (&canvas.Line{}).Put(edge, left)
	room := w - 2
	used := 0
	if name != "" && room >= 6 {
		text := name
		if ansi.StringWidth(text) > room-4 {
			text = ansi.Truncate(text, room-4, g.Ellipsis)
		}
		l.Put(edge, rule+" ").Put(title, text).Put(edge, " ")
		used = 3 + ansi.StringWidth(text)
	}
	if note != "" && room-used >= 8 {
		text := note
		if most := room - used - 4; ansi.StringWidth(text) > most {
			text = ansi.Truncate(text, most, g.Ellipsis)
		}
		tail := 3 + ansi.StringWidth(text)
		l.Put(edge, strings.Repeat(rule, max(0, room-used-tail))).Put(canvas.InkText, " ").Put(canvas.InkDim, text).Put(edge, " "+rule)
		used = room
	}
	return l.Put(edge, strings.Repeat(rule, max(0, room-used))).Put(edge, right)
}

// over puts a box over the middle of the frame; what lies behind it steps back,
// but for the header, which holds the light.
func (m *model) over(frame []string, title string, lines []*canvas.Line, width int) {
	g := m.scene.Glyphs
	w, h := min(width+2, m.w), min(len(lines)+2, m.h-1)
	x, y := (m.w-w)/2, max(1, (m.h-h)/2)
	for i := 1; i < len(frame); i++ {
		plain := ansi.Strip(frame[i])
		text := func(s string) string { return m.painter.Theme.Veil.On + s + m.painter.Theme.Veil.Off }
		if i < y || i >= y+h {
			frame[i] = text(plain)
			continue
		}
		var row string
		switch n := i - y; n {
		case 0:
			row = m.painter.Paint(edgeLine(g.HeavyBox[2], g.HeavyBox[3], g.HeavyBox[0], canvas.InkFocusBorder, canvas.InkFocusTitle, title, "", w, g), w)
		case h - 1:
			row = m.painter.Paint(edgeLine(g.HeavyBox[5], g.HeavyBox[4], g.HeavyBox[0], canvas.InkFocusBorder, canvas.InkFocusTitle, "", "", w, g), w)
		default:
			side := m.painter.Paint((&canvas.Line{}).Put(canvas.InkFocusBorder, g.HeavyBox[1]), 1)
			row = side + m.painter.Paint(lines[n-1], w-2) + side
		}
		frame[i] = text(exactly(ansi.Cut(plain, 0, x), x)) + row + text(exactly(ansi.Cut(plain, x+w, m.w), m.w-x-w))
	}
}

// exactly pads or cuts plain text to w cells: a wide character may have stood
// across the cut.
func exactly(s string, w int) string {
	if ansi.StringWidth(s) > w {
		s = ansi.Truncate(s, w, "")
	}
	return s + canvas.Blanks(w-ansi.StringWidth(s))
}
