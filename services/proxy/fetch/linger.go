package fetch

import (
	"context"
	"slices"
	"time"

	"livestream-tui/services/proxy/upstream"
)

// lingerMost is how long a request goes on after its players have left, if few such
// requests are under way. Most get their answer at once, and a cancelled request costs
// both sides a connection.
const lingerMost = 50 * time.Millisecond

// linger lets the requests without players end, and cancels those that do not.
func (f *Fetch) linger(ctx context.Context) {
	for _, a := range f.attempts {
		release := a.source.From.TryLinger()
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
	return !p.ended && (!p.answered || p.size >= 0 && p.size-int64(len(p.buf)) <= upstream.DrainMost)
}
