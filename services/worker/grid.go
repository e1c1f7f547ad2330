package worker

import (
	"time"

	"livestream-tui/services/hls/media"
)

// gridOf is the grid of a film whose segments are of that length and whose file was
// changed then, where nothing is known of the numbers that its signal had before.
//
// A signal's numbers never go down, but segments that are longer than those of the
// plain grid are fewer. So the numbers of another grid are moved up: an hour after the
// file's change they are one above those of the plain grid, and more before. This
// follows from the file alone, so that every worker that reads it numbers alike.
func gridOf(segment time.Duration, changed time.Time) media.Grid {
	g := media.Grid{Segment: segment}
	if g.Length() == media.DefaultSegment {
		return media.Grid{}
	}
	m := g.Start(g.At(changed.Add(time.Hour)))
	g.Offset = media.Grid{}.At(m) + 1 - g.At(m)
	return g
}

// position is where segment n begins in a film that is played again and again: in
// within the loop, which began offset after the epoch.
func position(g media.Grid, n int64, loop time.Duration) (in, offset time.Duration) {
	at := g.Elapsed(n)
	offset = at / loop * loop
	return at - offset, offset
}
