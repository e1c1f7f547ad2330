package packager

import (
	"time"

	"livestream-tui/services/hls"
)

// patienceForGaps is how long a segment may be missing that newer ones are there
// for, in target durations.
const patienceForGaps = 1.5

// stocked says of an entry when the last of what it needs came; false where
// something is missing.
type stocked func(entry) (time.Time, bool)

// follow returns what is to be listed behind the newest segment: what goes on from
// it without a hole, and behind a hole that nobody has filled in time, with a gap
// for each segment that is missing, so that numbers go on. again is when a hole
// will have had its time, zero for none.
func (w *window) follow(due []entry, target int, stock stocked, now time.Time) (chosen []entry, again time.Time) {
	last := w.listed[len(w.listed)-1]
	patience := time.Duration(patienceForGaps * float64(target) * float64(time.Second))
	for i := 0; i < len(due); {
		run, first := runOf(due[i:], stock)
		if len(run) == 0 {
			i++
			continue
		}
		if hole := run[0].msn - last.msn - 1; hole > 0 {
			// Behind a whole window nobody waits for what would leave it at once.
			if over := first.Add(patience); now.Before(over) && len(run) < w.size {
				return chosen, over
			}
			chosen = append(chosen, gaps(last, run[0].msn, w.size, due)...)
		}
		chosen = append(chosen, run...)
		last = run[len(run)-1]
		i += len(run)
	}
	return chosen, time.Time{}
}

// runOf returns the entries at the head of due that are whole and follow each
// other, and when the first of them was.
func runOf(due []entry, stock stocked) (run []entry, first time.Time) {
	for i, e := range due {
		came, whole := stock(e)
		if !whole || i > 0 && e.msn != due[i-1].msn+1 {
			return due[:i], first
		}
		if i == 0 || came.Before(first) {
			first = came
		}
	}
	return due, first
}

// gaps are the entries between last and msn, the newest most of them, as segments
// that are missing for good. What playlists said of them counts.
func gaps(last entry, msn int64, most int, due []entry) []entry {
	said := map[int64]entry{}
	for _, e := range due {
		said[e.msn] = e
	}
	var list []entry
	for n := max(last.msn+1, msn-int64(most)); n < msn; n++ {
		e, ok := said[n]
		if !ok {
			e = entry{n, last.number, hls.Segment{
				URI: segmentName(n), Duration: last.segment.Duration, Map: last.segment.Map,
				ProgramDateTime: dateOf(last, n),
			}}
		}
		e.segment.Gap = true
		list = append(list, e)
	}
	return list
}

// dateOf is when segment n begins, where every segment is as long as last; zero
// where last has no date.
func dateOf(last entry, n int64) time.Time {
	if last.segment.ProgramDateTime.IsZero() {
		return time.Time{}
	}
	return last.segment.ProgramDateTime.Add(time.Duration(n-last.msn) * last.segment.Duration)
}
