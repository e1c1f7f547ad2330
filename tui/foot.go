package tui

import (
	"fmt"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// foot is the last line: what is typed, what is told, or the keys.
func (m *model) foot() *canvas.Line {
	s := &m.scene
	if f, ok := m.dialog.(*filterInput); ok {
		l := (&canvas.Line{}).Put(canvas.InkKey, " / ").Put(canvas.InkStrong, string(f.text)).Put(canvas.InkKey, cursor(s.Glyphs))
		l.Put(canvas.InkDim, fmt.Sprintf("  %d of %d lines", len(m.logs.Shown), len(m.logs.Kept)))
		if m.logs.Literal {
			l.Put(canvas.InkWarn, "  not a regular expression: taken as text")
		}
		return l.Put(canvas.InkDim, "   enter keeps it, esc does not")
	}
	if m.notice.text != "" {
		k := canvas.InkGood
		glyph := s.Glyphs.Tick
		if m.notice.bad {
			k, glyph = canvas.InkWarn, s.Glyphs.Cross
		}
		return (&canvas.Line{}).Put(k, " "+glyph+" "+canvas.Clean(m.notice.text))
	}
	var pieces []canvas.Piece
	for _, b := range m.keys {
		if b.foot == "" {
			continue
		}
		shown, word := shownKey(s.Glyphs, b), b.foot
		switch {
		case b.foot == "select":
			shown = s.Glyphs.Up
		case b.foot == "stop" && s.Process() != nil && !s.Process().Wanted:
			word = "start"
		case b.foot == "quit" && m.options.Stop == nil:
			word = "detach"
		case b.foot == "pause" && s.Process() != nil && s.Process().Paused:
			word = "resume"
		}
		pieces = append(pieces, canvas.Piece{Line: (&canvas.Line{}).Put(canvas.InkKey, shown).Put(canvas.InkDim, " "+word), Rank: 20 - b.rank})
	}
	return (&canvas.Line{}).Put(canvas.InkText, " ").Add(canvas.Fitted(pieces, m.w-1))
}

// farewell shows how everything stops.
func farewell(m *model) (string, []*canvas.Line, int) {
	s := &m.scene
	var lines []*canvas.Line
	left := 0
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		l := (&canvas.Line{}).Put(canvas.InkText, " ").Cell(canvas.InkText, p.Name, 14, false, s.Glyphs.Ellipsis)
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
	lines = append(lines, &canvas.Line{}, (&canvas.Line{}).Put(canvas.InkDim, " logs: "+canvas.Clean(s.Snapshot.LogFolder)))
	title := fmt.Sprintf("STOPPING  %d left", left)
	return title, lines, min(m.w-2, 64)
}
