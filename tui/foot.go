package tui

import (
	"cmp"
	"fmt"
	"slices"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// toldMost is how many lines a notice may have.
const toldMost = 3

// told returns the lines above the foot: a notice, or else how far the drill is, and the
// alarm. The alarm has a line of its own, the others lie over the panels. There are none when
// there is nothing to tell.
func (m *model) told() []*canvas.Line {
	if m.alarmLines() == 0 {
		return m.news()
	}
	return append(m.news(), m.alarmLine(m.w))
}

// news returns the lines of a notice, or of the drill.
func (m *model) news() []*canvas.Line {
	g := m.scene.Glyphs
	switch {
	case m.notice.text != "":
		k, glyph := canvas.InkGood, g.Tick
		if m.notice.bad {
			k, glyph = canvas.InkWarn, g.Cross
		}
		lines := canvas.Wrapped(k, canvas.Clean(m.notice.text), m.w-3, toldMost)
		for i, l := range lines {
			if i > 0 {
				glyph = " "
			}
			lines[i] = canvas.Text(k, " "+glyph).Add(l)
		}
		return lines
	case m.drilling != nil:
		return []*canvas.Line{m.drilling.line(m)}
	}
	return nil
}

// foot returns the last line of the screen: what is being typed, or the keys.
func (m *model) foot() *canvas.Line {
	g := m.scene.Glyphs
	if f, ok := m.dialog.(footer); ok {
		return f.foot(m)
	}
	var first, others []canvas.Piece
	mends := m.mendingKeys()
	for _, b := range m.keys {
		place := slices.Index(mends, b.name)
		if b.foot == "" && place < 0 || b.commands && m.options.ReadOnly || b.group == processKeys && m.isOnMachine() {
			continue
		}
		key, word := b.shown(g), cmp.Or(b.foot, b.name)
		if b.label != nil {
			if key, word = b.label(m); word == "" {
				continue
			}
			if key == "" {
				key = b.shown(g)
			}
		}
		p := canvas.Piece{Line: canvas.Text(canvas.InkKey, key).Put(canvas.InkDim, " "+word), Rank: 20 - b.rank}
		if place < 0 {
			others = append(others, p)
			continue
		}
		p.Rank = 1 + place
		first = append(first, p)
	}
	slices.SortStableFunc(first, func(a, b canvas.Piece) int { return cmp.Compare(a.Rank, b.Rank) })
	return canvas.Text(canvas.InkText, " ").Add(canvas.Fitted(append(first, others...), m.w-1))
}

// mendingKeys returns the names of the keys that the alarm names, in its order. They come
// first in the foot.
func (m *model) mendingKeys() []string {
	t, known := m.worst()
	if !known || t.Remedy.Key == "" || m.alarmLines() == 0 {
		return nil
	}
	if m.isForProcess(t.Remedy.Key) && (t.Process != m.scene.Selected || m.isOnMachine()) {
		return []string{"troubles"} // the others act on the selected process until it is pressed
	}
	return slices.DeleteFunc([]string{t.Remedy.Key, t.Remedy.Also}, func(name string) bool { return name == "" })
}

// farewell shows how everything stops.
func farewell(m *model) (title string, lines []*canvas.Line, width int) {
	s := &m.scene
	left := 0
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		if !p.IsOwn() {
			continue // other machines go on
		}
		l := canvas.Text(canvas.InkText, " ").Cell(canvas.InkText, p.Name, 14, false, s.Glyphs.Ellipsis)
		switch {
		case p.PID == 0:
			l.Put(canvas.InkGood, s.Glyphs.Tick+" stopped ").Put(canvas.InkDim, canvas.Clean(p.LastExit))
		case p.State == platform.Stopping:
			left++
			l.Put(canvas.InkWarn, s.Glyphs.Half+" stopping ").Put(canvas.InkDim, scene.Reason(p))
		default:
			left++
			l.Put(canvas.InkDim, s.Glyphs.Full+" "+p.State.String())
		}
		lines = append(lines, l)
	}
	if most := max(1, m.h-7); len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	lines = append(lines, &canvas.Line{}, canvas.Text(canvas.InkDim, " logs: "+canvas.Clean(s.Snapshot.LogFolder)))
	return fmt.Sprintf("STOPPING  %d left", left), lines, min(m.w-2, 64)
}
