package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"livestream-tui/services/proxy/trouble"
	"livestream-tui/services/proxy/upstream"
)

const (
	// interByte is how long a body may stand still before a peer is asked as well.
	interByte = 300 * time.Millisecond
	// slowGrace is how long a body may take before its speed counts; it must come
	// slowMargin times as fast as it plays.
	slowGrace  = 300 * time.Millisecond
	slowMargin = 2
	// deaf is how long an answer may stand still before it is given up. Some packagers
	// make a segment when it is asked for, or send it as it is made, and stand still for
	// seconds: as long as no other packager has it, only waiting helps.
	deaf = 10 * time.Second
)

var errDeaf = errors.New("stood still for too long")

// time asks a peer as well when an attempt is late or slow.
func (f *Fetch) time(ctx context.Context, a *attempt, p progress, now time.Time) {
	still := now.Sub(a.began)
	limit := a.source.From.FirstByte(a.lane)
	if p.answered {
		still, limit = now.Sub(p.last), interByte
	}
	if still >= deaf {
		f.drop(ctx, a, errDeaf)
		return
	}
	if still >= upstream.Silence {
		if !a.silent {
			a.silent = true
			f.judge(a.source.From, trouble.Finding{Kind: trouble.Failed, Cause: fmt.Sprintf("silent for %s", upstream.Silence)})
		}
		if !slices.ContainsFunc(f.attempts, func(o *attempt) bool { return o != a && !o.silent }) && !f.next(ctx, a) {
			f.redial(ctx, a)
			return
		}
	}
	if (!a.hedged || len(f.attempts) == 1) && (still >= limit || f.slow(a, p, now)) {
		a.hedged = f.next(ctx, a) || a.hedged
	}
}

// redial asks the packager of a silent attempt once more when no other packager is left:
// only the connection may be lost.
func (f *Fetch) redial(ctx context.Context, a *attempt) {
	if f.Rounds == 0 && f.doubt == nil && f.asking(placeOf(a.source)) < 2 {
		f.ask(ctx, a.source, nil)
	}
}

// exhausted reports whether patience is over with packagers that are all silent.
func (f *Fetch) exhausted(now time.Time) bool {
	if len(f.attempts) == 0 || now.Sub(f.began) < max(f.Patience, upstream.Silence) {
		return false
	}
	return !slices.ContainsFunc(f.attempts, func(a *attempt) bool { return !a.silent || a.now().answered })
}

// slow reports whether a body comes too slowly to be played with a margin.
func (f *Fetch) slow(a *attempt, p progress, now time.Time) bool {
	if f.Duration <= 0 || p.size <= 0 || !p.answered || now.Sub(a.began) < slowGrace {
		return false
	}
	return rate(a, p, now) < slowMargin*float64(p.size)/f.Duration.Seconds()
}

// rate is the speed of an attempt in bytes per second.
func rate(a *attempt, p progress, now time.Time) float64 {
	return float64(len(p.buf)-p.head) / now.Sub(a.began).Seconds()
}

// lost reports that a peer was faster than an attempt, if that says anything about its
// packager.
func (f *Fetch) lost(a *attempt) {
	switch p := a.now(); {
	case p.ended:
	case a.silent:
		// reported already
	case a.hedged && p.answered && f.slow(a, p, time.Now()):
		f.judge(a.source.From, trouble.Finding{Kind: trouble.Failed, Cause: fmt.Sprintf("slow: %.0f kB/s", rate(a, p, time.Now())/1000)})
	case a.hedged:
		f.judge(a.source.From, trouble.Finding{Kind: trouble.Late})
	}
}
