package panel

import (
	"fmt"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// Tile is what a live picture shows of a signal.
type Tile struct {
	// Chosen marks the signal as the one that keys act on.
	Chosen bool
	// Behind is how far the picture is behind live; negative where that is not known.
	Behind time.Duration
	// Stale is for how long no picture has come; zero while they come.
	Stale time.Duration
	// Why says why no more pictures come; empty while that is not known.
	Why string
}

// Caption captions the picture of a signal in w cells: its light and its name, what is wrong,
// the packager that serves it, and how far it is behind live.
func Caption(s *scene.Scene, v *scene.Signal, t Tile, w int) *canvas.Line {
	glyph, k := signalMark(s, v)
	l := canvas.Text(k, glyph+" ")
	name := canvas.InkStrong
	if t.Chosen {
		name = canvas.InkKey
		l = canvas.Text(canvas.InkKey, s.Glyphs.Pointer).Add(l)
	}
	shown := v.Name
	if room := w - l.Width; ansi.StringWidth(shown) > room {
		shown = ansi.Truncate(shown, max(0, room), s.Glyphs.Ellipsis)
	}
	l.Put(name, shown)
	gap := "  "
	if w < 2*nameMost {
		gap = " "
	}
	for _, p := range captionParts(s, v, t) {
		if p.Width > 0 && l.Width+len(gap)+p.Width <= w {
			l.Put(canvas.InkText, gap).Add(p)
		}
	}
	if room := w - l.Width - len(gap); t.Why != "" && room > len(gap) {
		l.Put(canvas.InkDim, gap+canvas.Shortened(t.Why, room, s.Glyphs.Ellipsis))
	}
	return l
}

// captionParts are what a caption says beside the name, what matters most first.
func captionParts(s *scene.Scene, v *scene.Signal, t Tile) []*canvas.Line {
	state, off := &canvas.Line{}, false
	if v.Light != nil {
		switch v.Light.State {
		case platform.AirOn:
		case platform.AirOff:
			off = true
			state.Put(canvas.InkBadStrong, "STALLED "+canvas.Elapsed(s.Now.Sub(v.OffSince())))
		case platform.AirOffSoon:
			state.Put(canvas.InkWarn, "STALLS IN "+text.Brief(v.Light.Left(s.Now)))
		default:
			_, word, k := s.LightMark(v.Light.State)
			state.Put(k, word)
		}
	}
	if t.Stale > 0 && !off {
		state = canvas.Text(canvas.InkWarn, "stale "+canvas.Elapsed(t.Stale))
	}
	via := &canvas.Line{}
	for _, p := range v.Packagers {
		if p != nil && p.Active {
			via = canvas.Text(canvas.InkGoodStrong, p.Title)
			if !p.Usable {
				via = canvas.Text(canvas.InkWarn, p.Title)
			}
		}
	}
	behind := &canvas.Line{}
	if t.Behind >= 0 && t.Stale == 0 && t.Why == "" {
		behind = canvas.Text(canvas.InkText, fmt.Sprintf("%.1fs", t.Behind.Seconds())).Put(canvas.InkDim, " behind live")
	}
	return []*canvas.Line{state, via, behind}
}

// Aired returns the rows that pass the filter, in order, without files.
func (p *Signals) Aired(s *scene.Scene) []*scene.Signal {
	var list []*scene.Signal
	for _, v := range p.list(s) {
		if v.ID != "" {
			list = append(list, v)
		}
	}
	return list
}
