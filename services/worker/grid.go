package worker

import (
	"time"

	"livestream-tui/services/hls/media"
)

// gridOf is the grid of a film by the length of its segments and the time of its file's
// last change, where nothing is known of the numbers that its signal had before.
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
