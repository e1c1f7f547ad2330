package worker

import (
	"testing"
	"time"

	"livestream-tui/services/hls/media"
)

const ntsc = 2002 * time.Millisecond

func TestPosition(t *testing.T) {
	const s = time.Second
	plain, other := media.Grid{}, media.Grid{Segment: ntsc, Offset: 432}
	for _, c := range []struct {
		name       string
		grid       media.Grid
		n          int64
		loop       time.Duration
		in, offset time.Duration
	}{
		{"the first turn", plain, 0, 8 * s, 0, 0},
		{"within it", plain, 3, 8 * s, 6 * s, 0},
		{"at the seam", plain, 4, 8 * s, 0, 8 * s},
		{"the last of a turn", plain, 7, 8 * s, 6 * s, 8 * s},
		{"of a longer loop", plain, 13, 24 * s, 2 * s, 24 * s},
		{"our days", plain, 860000001, 24 * s, 18 * s, 1719999984 * s},
		{"another grid", other, 432 + 9, 4 * ntsc, ntsc, 8 * ntsc},
		{"another grid, our days", other, 432 + 859_000_003, 4 * ntsc, 3 * ntsc, 859_000_000 * ntsc},
	} {
		in, offset := position(c.grid, c.n, c.loop)
		if in != c.in || offset != c.offset {
			t.Errorf("%s: got %s and %s, want %s and %s", c.name, in, offset, c.in, c.offset)
		}
		if !time.Unix(0, 0).Add(in + offset).Equal(c.grid.Start(c.n)) {
			t.Errorf("%s: %s and %s do not begin segment %d", c.name, in, offset, c.n)
		}
	}
}

func TestNumbersNeverGoDownWhenAFilmIsReplaced(t *testing.T) {
	for _, c := range []struct {
		name    string
		changed time.Time
	}{
		{"our days", time.Date(2026, 11, 29, 5, 0, 0, 123, time.UTC)},
		{"ten years later", time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"long ago", time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		g := gridOf(ntsc, c.changed)
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
		if again := gridOf(ntsc, c.changed); again != g {
			t.Errorf("%s: got %+v, then %+v", c.name, g, again)
		}
	}
	if g := gridOf(2*time.Second, time.Now()); g != (media.Grid{}) {
		t.Errorf("segments of 2 s: got %+v, want the plain grid", g)
	}
}
