package proxy

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// fieldWant is what a view is held to.
type fieldWant struct {
	what     string        // which player it is
	wait     time.Duration // at most, without a new segment
	least    int           // segments
	anyOrder bool          // the media is not in order, or no second of the stream
	smooth   bool          // not one discontinuity
}

// plays is the usual check of a view: enough segments, none lost, no gap, the media in
// order, never long without.
func (f *field) plays(v *fieldView, want fieldWant) bool {
	w := want.what
	if w != "" {
		w += ": "
	}
	lost := v.lost()
	if len(v.good) == 0 {
		why := v.firstBad
		if len(lost) > 0 {
			why = lost[0].uri + ": " + lost[0].got.String()
		}
		return f.check(false, "%sgot no segment (%s), want a playlist that plays", w, why)
	}
	ok := true
	check := func(is bool, format string, args ...any) { ok = f.check(is, w+format, args...) && ok }
	if len(lost) > 0 {
		check(false, "got %d of %d segments lost, first %d %s: %s, want all of them", len(lost), len(v.pieces), lost[0].msn, lost[0].uri, lost[0].got)
	}
	check(len(v.gaps) == 0, "got EXT-X-GAP at %v, want all segments", v.gaps)
	check(len(v.skipped) == 0, "got numbers left out before %v, want each number", v.skipped)
	check(v.longest <= want.wait, "got %s without a new segment, want one at least each %s", v.longest, want.wait)
	check(len(v.good) >= max(1, want.least), "got %d segments, want %d at least", len(v.good), want.least)
	if !want.anyOrder {
		strange := slices.IndexFunc(v.good, func(p *fieldPiece) bool { return p.second == fieldNone })
		if strange >= 0 {
			p := v.good[strange]
			check(false, "got %d bytes for number %d, %s, want a second of the stream", len(p.got.body), p.msn, p.uri)
		}
		disorder := v.disorder()
		check(len(disorder) == 0, "got media out of order, %v, want each second once", disorder)
	}
	if want.smooth {
		check(v.discontinuities() == 0, "got %d discontinuities, want none", v.discontinuities())
	}
	return ok
}

// opens checks that all segments but spare were decrypted to media.
func (f *field) opens(v *fieldView, spare int) {
	var bad []string
	for _, p := range v.good {
		if p.second == fieldNone {
			bad = append(bad, fmt.Sprintf("%d %s under %v", p.msn, p.uri, p.fieldSegment.key))
		}
	}
	f.check(len(bad) <= spare, "got %d of %d segments that do not decrypt, %.200s, want segments that decrypt with the key named for them", len(bad), len(v.good), fmt.Sprint(bad))
}

// variants are the URIs of the variants of a multivariant playlist; nil for any other
// playlist.
func (f *field) variants(g *fieldGot, what string) []string {
	var list []string
	if g.status == http.StatusOK {
		for _, v := range g.playlist().variants {
			list = append(list, v.url)
		}
	}
	f.check(len(list) > 0, "%s: got %s and %.80q, want a multivariant playlist and its variants", what, g, g.body)
	return list
}

// seen counts the playlists between two times that satisfy has, and all of them.
func (v *fieldView) seen(from, to time.Duration, has func(p *fieldPlaylist) bool) (with, all int) {
	for _, l := range v.looks {
		if l.at >= from && (to == 0 || l.at < to) {
			all++
			if has(l.fieldPlaylist) {
				with++
			}
		}
	}
	return with, all
}
