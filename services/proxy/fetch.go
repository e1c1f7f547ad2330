package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/report"
)

// fetch gets one resource whole, from whichever packager gives it: it asks the
// next one when one fails, is late or is slow, and goes on where another broke off
// (FAILURES.md, cases 1 to 7). One goroutine runs it.
type fetch struct {
	o      *object
	source string // the key on the packagers
	want   container
	// duration is of the segment, the measure of slowness; zero for what is none.
	duration time.Duration
	// patience is how long to go on while no packager answers, absence how long
	// while every one says that it has no such thing, or who answers has another.
	patience, absence time.Duration
	// order is whom to ask, best first, as of now.
	order func() []*upstream
	// judge is told what was seen of a packager.
	judge func(u *upstream, f finding)

	attempts []*attempt
	failed   map[*upstream]failure // of this round
	began    time.Time
	begun    bool
	saved    bool // another packager than the first one asked gave it
	first    *upstream
	kick     chan struct{}
	work     sync.WaitGroup // the attempts' goroutines
}

// finding is what a fetch saw of a packager.
type finding struct {
	kind  findingKind
	cause string // in words, of a failure
}

type findingKind uint8

const (
	findingGood   findingKind = iota // it gave a whole, valid resource
	findingLate                      // a peer had to be asked as well, and won
	findingFailed                    // it failed: error, silence, wrong bytes, slowness
	findingAbsent                    // it says that it does not have what it lists
	findingSaved                     // it was asked first, and a peer answered
)

const (
	fetchTick = 20 * time.Millisecond
	// interByte is how long a body may stand still before a peer is asked.
	interByte = 300 * time.Millisecond
	// slowGrace is how long a body may take before its speed is looked at; it must
	// come slowMargin times as fast as it plays.
	slowGrace  = 300 * time.Millisecond
	slowMargin = 2
	retryFirst = 50 * time.Millisecond
	retryMost  = 250 * time.Millisecond
	// fetchMost bounds a fetch, however steadily a body trickles: by then nobody
	// wants it any more.
	fetchMost = 2 * time.Minute
)

// run fetches until the object is whole or there is no hope, or ctx ends.
func (f *fetch) run(ctx context.Context) {
	defer f.work.Wait()
	ctx, cancel := context.WithTimeout(ctx, fetchMost)
	defer cancel()
	f.kick, f.failed, f.began = make(chan struct{}, 1), map[*upstream]failure{}, time.Now()
	var tick *time.Ticker
	for pause := retryFirst; ; pause = min(2*pause, retryMost) {
		f.next(ctx, nil)
		if tick == nil {
			tick = time.NewTicker(fetchTick)
			defer tick.Stop()
		}
		for len(f.attempts) > 0 {
			select {
			case <-ctx.Done():
				f.o.fail(errUnavailable)
				return
			case <-f.kick:
			case <-f.o.wanted:
			case <-tick.C:
			}
			if f.look(ctx) {
				return
			}
		}
		if err := f.hopeless(); err != nil {
			f.o.fail(err)
			return
		}
		select {
		case <-ctx.Done():
			f.o.fail(errUnavailable)
			return
		case <-time.After(pause + rand.N(pause/5)):
		}
		clear(f.failed) // a new round
	}
}

// hopeless is why another round makes no sense, nil while it does.
func (f *fetch) hopeless() error {
	gone, other := 0, 0
	for _, failed := range f.failed {
		if absent(failed.err) {
			gone++
		}
		if errors.Is(failed.err, errOther) {
			other++
		}
	}
	took := time.Since(f.began)
	switch {
	case other > 0 && (other == len(f.failed) || took >= f.absence):
		// What was sent is broken off; whoever asks again gets another (rule 9).
		return errOther
	case gone > 0 && took >= f.absence && (gone == len(f.failed) || f.absence == 0):
		return errNotFound
	case took >= f.patience:
		return errUnavailable
	}
	return nil
}

// failure is an attempt that ended badly.
type failure struct {
	err error
	at  time.Time
}

// over reports whether a packager may be asked again, though the round goes on: it
// may not have had the segment yet, and the one that is asked may trickle for long.
func (f failure) over(now time.Time) bool {
	return now.Sub(f.at) >= retryMost && !errors.Is(f.err, errOther)
}

// next begins an attempt at the best packager that has not failed just now and is
// not being asked; false when there is none. The rest of what the attempt
// behind got is enough where that packager is known to hold the same bytes.
func (f *fetch) next(ctx context.Context, behind *attempt) bool {
	for _, u := range f.order() {
		failed, has := f.failed[u]
		if has && !failed.over(time.Now()) || slices.ContainsFunc(f.attempts, func(a *attempt) bool { return a.from == u }) {
			continue
		}
		if f.first == nil {
			f.first = u
		}
		attempting, cancel := context.WithCancel(ctx)
		a := &attempt{from: u, cancel: cancel, began: time.Now(), state: progress{size: -1}}
		var rest resume
		if behind != nil {
			// A 200 to it is the whole: its beginning is compared.
			if p := behind.now(); behind.start() == 0 && p.etag != "" && p.size > 0 && len(p.buf) > 0 && int64(len(p.buf)) < p.size {
				rest = resume{offset: int64(len(p.buf)), etag: p.etag, size: p.size}
				a.offset = rest.offset
				a.head = p.buf
			}
		}
		f.attempts = append(f.attempts, a)
		f.work.Go(func() { a.run(attempting, f.source, f.want, rest, f.kick) })
		return true
	}
	return false
}

// look acts on what the attempts have come to; true when the object is done.
func (f *fetch) look(ctx context.Context) bool {
	now := time.Now()
	for _, a := range slices.Clone(f.attempts) {
		p := a.now()
		switch {
		case p.ended && p.err == nil:
			if f.finish(ctx, a, p) {
				return true
			}
		case p.ended:
			f.drop(ctx, a, p.err)
		default:
			if len(p.buf) > 0 && !f.begun {
				f.begun = true
				f.o.begin()
			}
			f.time(ctx, a, p, now)
		}
	}
	if f.o.streaming() {
		f.publish(ctx)
	}
	return false
}

// finish takes a whole body, if it is valid and goes on from what was published.
func (f *fetch) finish(ctx context.Context, a *attempt, p progress) bool {
	body := a.whole(p)
	err := checkWhole(f.want, body, p.digest)
	published, _ := f.o.now()
	if err == nil && !bytes.HasPrefix(body, published.body) {
		err = errOther
	}
	if err != nil {
		f.drop(ctx, a, err)
		return false
	}
	f.saved = a.from != f.first
	for _, other := range f.attempts {
		if other != a {
			f.lost(other) // before it ends for being cancelled
			other.cancel()
		}
	}
	f.judge(a.from, finding{kind: findingGood})
	if f.saved {
		f.judge(f.first, finding{kind: findingSaved})
	}
	f.o.finish(body, typeOf(f.source, p.kind), a.from.base)
	a.cancel()
	return true
}

// lost tells that a peer was faster, where that says something.
func (f *fetch) lost(a *attempt) {
	switch p := a.now(); {
	case p.ended:
	case a.silent:
		// told already
	case a.hedged && p.answered && f.slow(a, p, time.Now()):
		f.judge(a.from, finding{kind: findingFailed, cause: fmt.Sprintf("slow: %.0f kB/s", rate(a, p, time.Now())/1000)})
	case a.hedged:
		f.judge(a.from, finding{kind: findingLate})
	}
}

// drop ends an attempt that has failed and asks the next packager at once.
func (f *fetch) drop(ctx context.Context, a *attempt, err error) {
	a.cancel()
	f.attempts = slices.DeleteFunc(f.attempts, func(o *attempt) bool { return o == a })
	f.failed[a.from] = failure{err, time.Now()}
	kind := findingFailed
	if absent(err) {
		kind = findingAbsent
	}
	if !errors.Is(err, context.Canceled) && !errors.Is(err, errOther) {
		f.judge(a.from, finding{kind: kind, cause: report.Cause(err)})
	}
	f.next(ctx, a)
}

// time asks a peer as well where an attempt is late or slow.
func (f *fetch) time(ctx context.Context, a *attempt, p progress, now time.Time) {
	still := now.Sub(a.began)
	limit := a.from.firstByte()
	if p.answered {
		still, limit = now.Sub(p.last), interByte
	}
	if still >= silence {
		if !a.silent {
			a.silent = true
			f.judge(a.from, finding{kind: findingFailed, cause: fmt.Sprintf("silent for %s", silence)})
		}
		if !slices.ContainsFunc(f.attempts, func(o *attempt) bool { return o != a && !o.silent }) && !f.next(ctx, a) {
			// Nobody else is left to wait for: it is not hedged, only dialled again.
			f.drop(ctx, a, context.Canceled)
			return
		}
	}
	if (!a.hedged || len(f.attempts) == 1) && (still >= limit || f.slow(a, p, now)) {
		a.hedged = f.next(ctx, a) || a.hedged
	}
}

// slow reports whether a body comes too slowly to be played with a margin.
func (f *fetch) slow(a *attempt, p progress, now time.Time) bool {
	if f.duration <= 0 || p.size <= 0 || !p.answered || now.Sub(a.began) < slowGrace {
		return false
	}
	return rate(a, p, now) < slowMargin*float64(p.size)/f.duration.Seconds()
}

// rate is in bytes per second.
func rate(a *attempt, p progress, now time.Time) float64 {
	return float64(len(p.buf)) / now.Sub(a.began).Seconds()
}

// publish lets readers have what has come, of the attempt that is furthest among
// those that go on from what they have.
func (f *fetch) publish(ctx context.Context) {
	published, _ := f.o.now()
	var best *attempt
	var at progress
	for _, a := range slices.Clone(f.attempts) {
		p := a.now()
		if !p.answered || p.ended && p.err != nil || p.size < 0 {
			continue // what has no length is sent when it is whole
		}
		if published.size >= 0 && len(published.body) > 0 && p.size != published.size || !a.agrees(p, published.body) {
			f.drop(ctx, a, errOther)
			continue
		}
		if best == nil || a.end(p) > best.end(at) {
			best, at = a, p
		}
	}
	if best == nil {
		return
	}
	body := best.whole(at)
	if len(body) < 8 || len(body) <= len(published.body) {
		return
	}
	if published.size < 0 {
		f.o.describe(at.size, typeOf(f.source, at.kind), best.from.base)
	}
	f.o.grow(body)
}

// agrees reports whether the attempt's bytes are those that were published, as far
// as both go.
func (a *attempt) agrees(p progress, published []byte) bool {
	body := a.whole(p)
	n := min(len(body), len(published))
	if int64(n) > a.checked {
		if !bytes.Equal(body[a.checked:n], published[a.checked:n]) {
			return false
		}
		a.checked = int64(n)
	}
	return true
}
