package mezzanine

import (
	"testing"
	"time"

	"livestream-tui/services/hls/media"
)

func TestPosition(t *testing.T) {
	const s, length = time.Second, 2002 * time.Millisecond
	plain, other := media.Grid{}, media.Grid{Segment: length, Offset: 432}
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
		{"another grid", other, 432 + 9, 4 * length, length, 8 * length},
		{"another grid, our days", other, 432 + 859_000_003, 4 * length, 3 * length, 859_000_000 * length},
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
