package health

import (
	"cmp"
	"slices"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
)

// Usable reports whether players may be sent to a packager in this state.
func Usable(s report.State) bool { return s == report.Up || s == report.Suspect }

// Order returns the verdicts, best first: up, suspect, lagging, stale, misaligned,
// unknown, down. Among equals the preferred packager comes first, the others stay as
// they were. Preferred may be empty or name nobody. The verdicts themselves stay
// untouched.
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

// Begin returns whom to begin with, of which there must be any: the first of Order,
// or the one in the same state that is furthest ahead of it, if by more than a
// segment: one that is not at the live edge may not be found lagging yet.
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

// Before reports whether a is more than the newest segment behind b: one that is
// about to list what the other just has is not behind.
func Before(a, b m3u8.Pos) bool { return a.MSN < b.MSN-1 }

func second(v Verdict, preferred string) int {
	if v.Packager == preferred {
		return 0
	}
	return 1
}

// rank is how bad a state is, from 0.
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

// Better reports whether a packager in state a serves players better than one in
// state b.
func Better(a, b report.State) bool { return rank(a) < rank(b) }
