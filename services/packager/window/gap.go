package window

import (
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
)

const (
	// leastWindow is how many segments a first window should have: a live playlist
	// is at least three target durations long (RFC 8216, 6.2.2).
	leastWindow = 3
	// FirstWait is how long a first playlist waits for media that it lists: a
	// packager that has just started publishes the whole window at once, or what
	// there is of it.
	FirstWait = time.Second
	// patience is how long a segment may be missing that newer ones are there for,
	// in target durations.
	patience = 1.5
)

// Patience is how long a segment may be missing that newer ones are there for.
func Patience(target int) time.Duration {
	return time.Duration(patience * float64(target) * float64(time.Second))
}

// Stock says of an entry when the last of what it needs came; zero for a gap, which
// needs nothing, and false where something is missing.
type Stock func(Entry) (came time.Time, whole bool)

// Choose returns what of the due entries is to be listed now. target is the encoder's
// target duration in seconds, begun when its first playlist came. again is when to
// ask anew though nothing has come; zero for never.
//
// What goes on from the newest segment without a hole is listed at once. Behind a
// hole segments wait for their Patience, unless they fill a window, which nobody
// would wait for, or the sole source has dropped what is missing. Then the missing
// ones are listed as gaps (rfc8216bis, 4.4.4.7), so that numbers go on and players
// keep their place. Where more are missing than a window holds, or where the numbers
// between do not stand for the time between since the signal is on another grid now,
// the window begins anew.
func (w *Window) Choose(due []Entry, stock Stock, target int, begun, now time.Time) (chosen []Entry, again time.Time) {
	if len(w.listed) == 0 {
		return w.first(due, stock, begun, now)
	}
	last := w.listed[len(w.listed)-1]
	for i := 0; i < len(due); {
		run, came := runOf(due[i:], stock)
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

// expects reports whether a segment between two numbers may come still.
func (w *Window) expects(due []Entry, after, before int64) bool {
	return !w.Sole || slices.ContainsFunc(due, func(e Entry) bool { return e.MSN > after && e.MSN < before })
}

// first chooses what a first playlist lists: the newest run of whole segments that
// is enough for a window, else the first there is.
func (w *Window) first(due []Entry, stock Stock, begun, now time.Time) (chosen []Entry, again time.Time) {
	missing := slices.ContainsFunc(due, func(e Entry) bool { _, whole := stock(e); return !whole })
	if over := begun.Add(FirstWait); missing && now.Before(over) {
		return nil, over
	}
	for i := 0; i < len(due); {
		run, _ := runOf(due[i:], stock)
		if len(chosen) == 0 || len(run) >= leastWindow {
			chosen = run
		}
		i += max(len(run), 1)
	}
	return chosen, time.Time{}
}

// runOf returns the entries at the head of due that are whole and follow each
// other, and when the first of them was.
func runOf(due []Entry, stock Stock) (run []Entry, came time.Time) {
	for i, e := range due {
		at, whole := stock(e)
		if !whole || i > 0 && e.MSN != due[i-1].MSN+1 {
			return due[:i], came
		}
		if came.IsZero() || !at.IsZero() && at.Before(came) {
			came = at
		}
	}
	return due, came
}

// gaps are the entries between last and msn, as segments that are missing for good.
// What playlists said of them counts.
func gaps(last Entry, msn int64, due []Entry) []Entry {
	said := map[int64]Entry{}
	for _, e := range due {
		said[e.MSN] = e
	}
	var list []Entry
	for n := last.MSN + 1; n < msn; n++ {
		e, ok := said[n]
		if !ok {
			e = Entry{n, last.Number, m3u8.Segment{
				URI: media.SegmentName(n), Duration: last.Segment.Duration, Map: last.Segment.Map, ProgramDateTime: last.dateOf(n),
			}}
		}
		e.Segment.Gap = true
		list = append(list, e)
	}
	return list
}
