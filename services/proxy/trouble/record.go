package trouble

import (
	"fmt"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/report"
)

// Record is a packager's record with segments. A value: its methods return the next one.
// The zero value is a clean record.
type Record struct {
	cause string
	until time.Time // not tried before then; zero while there is no trouble
	wait  time.Duration
	times int       // troubles in a row without a proof of health between
	late  int       // lost hedges in a row
	at    time.Time // of the last of them
}

// Three lost hedges in a row are one failure.
const (
	lateMost    = 3
	lateForget  = 20 * time.Second
	lateProbe   = time.Second
	troubleMost = time.Minute
)

// Note is the record after a finding; first is how long the first trouble lasts.
func (t Record) Note(f Finding, now time.Time, first time.Duration) Record {
	switch f.Kind {
	case Good:
		t.late = 0
		if t.until.IsZero() {
			t.times = 0
		}
	case Late:
		if now.Sub(t.at) > lateForget {
			t.late = 0
		}
		t.late++
		t.at = now
		if t.late >= lateMost {
			return t.begin(fmt.Sprintf("late for %d segments in a row", t.late), now, first)
		}
	default:
		return t.begin(f.Cause, now, first)
	}
	return t
}

func (t Record) begin(cause string, now time.Time, first time.Duration) Record {
	if t.until.After(now) {
		return t // known already
	}
	t.wait = min(max(2*t.wait, first), troubleMost)
	if t.times == 0 {
		t.wait = first
	}
	t.times++
	t.cause, t.until, t.late = cause, now.Add(t.wait), 0
	return t
}

// Due reports whether it is time to ask the packager for a proof of its health. A late
// packager is asked as well: its peers are asked first by now, so nothing else would show
// that it is fast again.
func (t Record) Due(now time.Time) bool {
	if t.until.IsZero() {
		return t.late > 0 && now.Sub(t.at) >= lateProbe
	}
	return !now.Before(t.until)
}

// Over is the record after a proof of health.
func (t Record) Over() Record {
	t.cause, t.until, t.late = "", time.Time{}, 0
	return t
}

// IsOpen reports whether there is trouble that no proof of health has ended.
func (t Record) IsOpen() bool { return !t.until.IsZero() }

// Apply makes a verdict worse when segments say so.
func (t Record) Apply(v health.Verdict) health.Verdict {
	switch {
	case !t.until.IsZero() && health.Usable(v.State):
		v.State, v.Reason = report.Down, "down: segments: "+t.cause
	case t.late > 0 && v.State == report.Up:
		v.State, v.Reason = report.Suspect, fmt.Sprintf("suspect: late for %d segments", t.late)
	}
	return v
}
