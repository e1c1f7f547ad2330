package fetch

import (
	"context"
	"slices"
	"time"
)

const (
	// lingerMost is how long a request goes on that nobody waits for any more, where it
	// is one of few: it has an answer at once as a rule, and to cancel it costs both
	// sides a connection. lingerCount is how many do at once, of one packager.
	lingerMost  = 50 * time.Millisecond
	lingerCount = 32
)

// linger lets requests end that nobody waits for, and cancels those that do not.
func (f *Fetch) linger(ctx context.Context) {
	for _, a := range f.attempts {
		release := take(a.source.From.lingering)
		if release == nil {
			a.cancel()
			continue
		}
		defer release()
	}
	limit := time.NewTimer(lingerMost)
	defer limit.Stop()
	for slices.ContainsFunc(f.attempts, (*attempt).lingers) {
		select {
		case <-f.kick:
		case <-limit.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// lingers reports whether the attempt may end by itself soon.
func (a *attempt) lingers() bool {
	p := a.now()
	return !p.ended && (!p.answered || p.size >= 0 && p.size-int64(len(p.buf)) <= drainMost)
}
