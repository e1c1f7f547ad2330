package failover

import (
	"maps"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/report"
)

// UpSince is since when each packager has been up without a break, by its base URL. A
// packager that is not up has no entry. A value: Observe returns the one after it. Nil is
// an empty one.
type UpSince map[string]time.Time

// Observe is u after verdicts at a time. A packager without a verdict stays as it is.
func (u UpSince) Observe(verdicts []health.Verdict, now time.Time) UpSince {
	var next UpSince // a copy, once something changes
	for _, v := range verdicts {
		if _, up := u[v.Packager]; up == (v.State == report.Up) {
			continue
		}
		if next == nil {
			if next = maps.Clone(u); next == nil {
				next = UpSince{}
			}
		}
		if v.State == report.Up {
			next[v.Packager] = now
		} else {
			delete(next, v.Packager)
		}
	}
	if next == nil {
		return u
	}
	return next
}

// For is how long a packager has been up by now; false when it is not up.
func (u UpSince) For(packager string, now time.Time) (time.Duration, bool) {
	since, up := u[packager]
	return now.Sub(since), up
}
