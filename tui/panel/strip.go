package panel

import (
	"time"

	"livestream-tui/procs/journal/summary"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// The labels of the strip.
const (
	onAirLabel = " on air "
	spareLabel = " spare  "
)

// twoStrips is how many lines a panel has at least that shows when there was a spare in a line
// of its own, sparesBeside how many cells where it is beside the strip.
const (
	twoStrips    = 8
	sparesBeside = 70
)

// strip returns the lines that show when the stream was on air, and when there was a spare:
// one line, or two where there is room; none in a panel of two lines.
func (p *events) strip(s *scene.Scene, w, h int) []*canvas.Line {
	room := w - len(onAirLabel) - 1
	if h < 3 || room < 10 {
		return nil
	}
	onAir := func(span summary.Span) scene.Aired { return s.Past.Aired(span, s.Now) }
	l := canvas.Text(canvas.InkDim, onAirLabel)
	switch {
	case h >= twoStrips:
		p.wide = room
		p.cells(s, l, room, onAir)
		second := canvas.Text(canvas.InkDim, spareLabel)
		p.cells(s, second, room, s.Spare)
		return []*canvas.Line{l, second}
	case w >= sparesBeside:
		room -= len(spareLabel) + 1
		p.wide = room * 2 / 3
		p.cells(s, l, p.wide, onAir)
		l.Put(canvas.InkDim, " "+spareLabel)
		p.cells(s, l, room-p.wide, s.Spare)
	default:
		p.wide = room
		p.cells(s, l, room, onAir)
	}
	return []*canvas.Line{l}
}

// cells draws the hour in n cells.
func (p *events) cells(s *scene.Scene, l *canvas.Line, n int, what func(summary.Span) scene.Aired) {
	hour := p.hour(s)
	at := func(i int) time.Time { return hour.From.Add(stripSpan * time.Duration(i) / time.Duration(n)) }
	for i := range n {
		glyph, k := airedMark(s, what(summary.Span{From: at(i), To: at(i + 1)}))
		l.Put(k, glyph)
	}
}

// airedMark returns the glyph and the ink of what a time was like.
func airedMark(s *scene.Scene, a scene.Aired) (string, canvas.Ink) {
	switch a {
	case scene.AiredWell:
		return s.Glyphs.Level(1, 1), canvas.InkGood
	case scene.AiredPlanned:
		return s.Glyphs.Level(3, 8), canvas.InkWarn
	case scene.AiredBadly:
		return s.Glyphs.Level(0, 1), canvas.InkBadStrong
	}
	return s.Glyphs.Gap, canvas.InkFaint
}
