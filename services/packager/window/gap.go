package window

import (
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
)

const (
	// leastWindow is how many segments a first window should have: a live playlist is at
	// least three target durations long (RFC 8216, 6.2.2).
	leastWindow = 3
	// FirstWait is how long a first playlist waits for the media that it lists, so that a
	// packager that has just started publishes the whole window at once, if it can.
	FirstWait = time.Second
	// patience is how long a segment may be missing when newer ones are there, in target
	// durations.
	patience = 1.5
)

// Patience returns how long a segment may be missing when newer ones are there.
func Patience(target int) time.Duration {
	return time.Duration(patience * float64(target) * float64(time.Second))
}

// Arrival returns when the last of the media that an entry needs came, zero for a gap, which
// needs no segment; false when something is missing.
type Arrival func(Entry) (came time.Time, whole bool)

// Choose returns the due entries that are to be listed now. target is the encoder's target
// duration in seconds, begun when its first playlist came. again is when to call Choose
// again even if nothing comes; zero for never.
//
// Entries that follow the newest segment without a hole are listed at once. After a hole
// they wait for their Patience, unless they fill a whole window, or the sole source has
// dropped what is missing. Then the missing ones are listed as gaps (rfc8216bis, 4.4.4.7),
// so that numbers go on and players keep their place. When more are missing than a window
// holds, or the numbers in between do not match the time, which means that the signal is
// on another grid now, the window begins anew.
func (w *Window) Choose(due []Entry, arrival Arrival, target int, begun, now time.Time) (chosen []Entry, again time.Time) {
	if len(w.listed) == 0 {
		return w.first(due, arrival, begun, now)
	}
	last := w.listed[len(w.listed)-1]
	for i := 0; i < len(due); {
		run, came := runOf(due[i:], arrival)
		if len(run) == 0 {
			i++
			continue
		}
		if missing := run[0].MSN - last.MSN - 1; missing > 0 {
			over := came.Add(Patience(target))
			if w.expects(due, last.MSN, run[0].MSN) && len(run) < w.Size && now.Before(over) {
				return chosen, over
			}
			if missing < int64(w.Size) && last.inStep(run[0]) {
				chosen = append(chosen, gaps(last, run[0].MSN, due)...)
			}
		}
		chosen = append(chosen, run...)
		last = run[len(run)-1]
		i += len(run)
	}
	return chosen, time.Time{}
}

// expects reports whether a segment between two numbers may still come.
func (w *Window) expects(due []Entry, after, before int64) bool {
	return !w.Sole || slices.ContainsFunc(due, func(e Entry) bool { return e.MSN > after && e.MSN < before })
}

// first returns what a first playlist lists: the newest run of whole segments that is long
// enough for a window, else the first run.
func (w *Window) first(due []Entry, arrival Arrival, begun, now time.Time) (chosen []Entry, again time.Time) {
	missing := slices.ContainsFunc(due, func(e Entry) bool { _, whole := arrival(e); return !whole })
	if over := begun.Add(FirstWait); missing && now.Before(over) {
		return nil, over
	}
	for i := 0; i < len(due); {
		run, _ := runOf(due[i:], arrival)
		if len(chosen) == 0 || len(run) >= leastWindow {
			chosen = run
		}
		i += max(len(run), 1)
	}
	return chosen, time.Time{}
}

// runOf returns the entries at the head of due that are whole and have successive numbers,
// and when the first of them became whole.
func runOf(due []Entry, arrival Arrival) (run []Entry, came time.Time) {
	for i, e := range due {
		at, whole := arrival(e)
		if !whole || i > 0 && e.MSN != due[i-1].MSN+1 {
			return due[:i], came
		}
		if came.IsZero() || !at.IsZero() && at.Before(came) {
			came = at
		}
	}
	return due, came
}

// gaps returns the entries between last and msn as gaps, as playlists described them if
// they did.
func gaps(last Entry, msn int64, due []Entry) []Entry {
	said := map[int64]Entry{}
	for _, e := range due {
		said[e.MSN] = e
	}
	var list []Entry
	for n := last.MSN + 1; n < msn; n++ {
		e, ok := said[n]
		if !ok {
			e = Entry{MSN: n, Number: last.Number, Independent: last.Independent, Segment: m3u8.Segment{
				URI: media.SegmentName(n), Duration: last.Segment.Duration, Map: last.Segment.Map, ProgramDateTime: last.dateOf(n),
			}}
		}
		e.Segment.Gap = true
		list = append(list, e)
	}
	return list
}
