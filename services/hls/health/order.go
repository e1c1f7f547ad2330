package health

import (
	"cmp"
	"slices"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
)

// Usable reports whether players may be sent to a packager in this state.
func Usable(s report.State) bool { return s == report.Up || s == report.Suspect }

// Order returns a copy of the verdicts, best first: up, suspect, lagging, stale,
// misaligned, unknown, down. Of equals the preferred packager comes first, and the others
// keep their order. preferred may be empty or the name of no packager.
func Order(verdicts []Verdict, preferred string) []Verdict {
	list := slices.Clone(verdicts)
	slices.SortStableFunc(list, func(a, b Verdict) int {
		return cmp.Or(
			cmp.Compare(rank(a.State), rank(b.State)),
			cmp.Compare(second(a, preferred), second(b, preferred)),
		)
	})
	return list
}

// Begin returns the packager to begin with: the first of Order, or the one in the same
// state that is furthest ahead of it by more than a segment, since one that is not at the
// live edge may not be found lagging yet. There must be a verdict.
func Begin(verdicts []Verdict, preferred string) Verdict {
	list := Order(verdicts, preferred)
	best := list[0]
	for _, v := range list {
		if v.State == best.State && Before(best.Pos, v.Pos) {
			best = v
		}
	}
	return best
}

// Before reports whether a is behind b by more than the newest segment: a packager that
// is about to list that segment is not behind.
func Before(a, b m3u8.Pos) bool { return a.MSN < b.MSN-1 }

func second(v Verdict, preferred string) int {
	if v.Packager == preferred {
		return 0
	}
	return 1
}

// rank orders the states from the best, 0, to the worst.
func rank(s report.State) int {
	switch s {
	case report.Up:
		return 0
	case report.Suspect:
		return 1
	case report.Lagging:
		return 2
	case report.Stale:
		return 3
	case report.Misaligned:
		return 4
	case report.Unknown:
		return 5
	}
	return 6
}

// Better reports whether a packager in state a serves players better than one in state b.
func Better(a, b report.State) bool { return rank(a) < rank(b) }
