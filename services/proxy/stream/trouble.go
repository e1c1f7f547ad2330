package stream

import (
	"fmt"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/report"
)

// trouble is a packager's record with segments, as opposed to playlists, which
// services/hls/health judges. A value; the zero value is a clean record.
type trouble struct {
	cause string
	until time.Time // not to be tried before; zero while there is no trouble
	wait  time.Duration
	times int       // troubles in a row, with no proof of health between
	late  int       // lost hedges in a row
	at    time.Time // of the last of them
}

// Three lost hedges in a row are a failure.
const (
	lateMost    = 3
	lateForget  = 20 * time.Second
	lateProbe   = time.Second
	troubleMost = time.Minute
)

// note is the record after a finding; first is the wait of a first trouble.
func (t trouble) note(f Finding, now time.Time, first time.Duration) trouble {
	switch f.Kind {
	case FindingGood:
		t.late = 0
		if t.until.IsZero() {
			t.times = 0
		}
	case FindingLate:
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

func (t trouble) begin(cause string, now time.Time, first time.Duration) trouble {
	if t.until.After(now) {
		return t // it is known
	}
	t.wait = min(max(2*t.wait, first), troubleMost)
	if t.times == 0 {
		t.wait = first
	}
	t.times++
	t.cause, t.until, t.late = cause, now.Add(t.wait), 0
	return t
}

// due reports whether it is time to ask the packager for proof of its health. One that
// was late is asked too: peers are asked first by now, so nothing else would tell.
func (t trouble) due(now time.Time) bool {
	if t.until.IsZero() {
		return t.late > 0 && now.Sub(t.at) >= lateProbe
	}
	return !now.Before(t.until)
}

// over is the record after a proof of health.
func (t trouble) over() trouble {
	t.cause, t.until, t.late = "", time.Time{}, 0
	return t
}

// apply makes a verdict worse where segments say so.
func (t trouble) apply(v health.Verdict) health.Verdict {
	switch {
	case !t.until.IsZero() && health.Usable(v.State):
		v.State, v.Reason = report.Down, "down: segments: "+t.cause
	case t.late > 0 && v.State == report.Up:
		v.State, v.Reason = report.Suspect, fmt.Sprintf("suspect: late for %d segments", t.late)
	}
	return v
}
