package output

import (
	"testing"
	"time"

	"livestream-tui/services/hls/media"
)

func TestNumbersGoOnWithoutAHoleOnAnotherGrid(t *testing.T) {
	const ntsc = 2002 * time.Millisecond
	for _, c := range []struct {
		name          string
		before, after time.Duration // lengths of segments
	}{
		{"to longer segments", media.DefaultSegment, ntsc},
		{"to shorter ones", ntsc, media.DefaultSegment},
		{"the same", ntsc, ntsc},
		{"the plain ones", media.DefaultSegment, media.DefaultSegment},
	} {
		old := media.Grid{Segment: c.before, Offset: 77}
		if c.before == media.DefaultSegment {
			old.Segment = 0
		}
		now := time.Date(2026, 11, 29, 6, 0, 1, 0, time.UTC)
		newest := old.At(now) - 1
		w := NewWindow(old, 5).With(newest-1, "init-a.mp4").With(newest, "init-a.mp4")
		g := gridAfter(&w.list, c.after, now)
		next := g.Start(newest + 1)
		if late := next.Sub(now); late < -2*g.Length() || late > 2*g.Length() {
			t.Errorf("%s: the next number begins %s from now", c.name, late)
		}
		if ends := old.Start(newest + 1); next.Before(ends) {
			t.Errorf("%s: the next number begins %s before the last one ends", c.name, ends.Sub(next))
		}
		if c.before == c.after && g != old {
			t.Errorf("%s: got grid %+v, want %+v", c.name, g, old)
		}
	}
}
