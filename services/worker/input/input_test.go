package input

import (
	"testing"
	"time"

	"livestream-tui/services/hls/media"
)

const ntsc = 2002 * time.Millisecond

func TestNumbersNeverGoDownWhenAFilmIsReplaced(t *testing.T) {
	for _, c := range []struct {
		name    string
		changed time.Time
	}{
		{"our days", time.Date(2026, 11, 29, 5, 0, 0, 123, time.UTC)},
		{"ten years later", time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"long ago", time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		g := Airing{Segment: ntsc, Changed: c.changed}.Grid()
		for _, after := range []time.Duration{0, time.Second, time.Minute, 30 * time.Minute, 59 * time.Minute} {
			at := c.changed.Add(after)
			before, now := media.Grid{}.At(at), g.At(at)
			if now < before || now > before+4 {
				t.Errorf("%s: %s after the change: got %d, the plain grid gives %d", c.name, after, now, before)
			}
		}
		m := g.Start(g.At(c.changed.Add(time.Hour)))
		if got, want := g.At(m), (media.Grid{}).At(m)+1; got != want {
			t.Errorf("%s: an hour after the change: got %d, want %d", c.name, got, want)
		}
		if again := (Airing{Segment: ntsc, Changed: c.changed}).Grid(); again != g {
			t.Errorf("%s: got %+v, then %+v", c.name, g, again)
		}
	}
	if g := (Airing{Segment: 2 * time.Second, Changed: time.Now()}).Grid(); g != (media.Grid{}) {
		t.Errorf("segments of 2 s: got %+v, want the plain grid", g)
	}
}
