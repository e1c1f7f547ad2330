package fetch

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/trouble"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/verdict"
)

// Fetch gets one resource whole from whichever packager gives it. It asks the next one
// when one fails, is late or slow, or gives a doubtful body, and goes on where another
// broke off. It runs once.
type Fetch struct {
	Object *object.Object
	// Sources returns where the resource is at the moment, best first.
	Sources func() []upstream.Source
	Want    verdict.Want
	// Duration is that of the segment, to measure slowness by; zero for other resources.
	Duration time.Duration
	// Patience is how long to go on while no packager answers. Absence is how long to go
	// on while all of them say that they do not have the resource, or those that answer
	// have another one.
	Patience, Absence time.Duration
	// Rounds is how often each source is asked at most. Zero means again and again until
	// patience or absence is over. With one, a resource that no packager has is absent
	// for good, and a silent packager is waited for until patience is over.
	Rounds int
	Lane   upstream.Lane
	// Judge takes what was seen of a packager; nil is allowed.
	Judge func(u *upstream.Upstream, f trouble.Finding)

	attempts []*attempt
	failed   map[place]failure // of this round
	round    int
	began    time.Time
	begun    bool
	first    *upstream.Upstream // the packager that was asked first
	doubt    *doubt
	blamed   []blame
	kick     chan struct{}
	work     sync.WaitGroup // the attempts' goroutines
}

// blame is a finding that holds only if a peer does better.
type blame struct {
	from    *upstream.Upstream
	finding trouble.Finding
}

// failure is the end of an attempt that failed.
type failure struct {
	err error
	at  time.Time
}

const (
	fetchTick  = 20 * time.Millisecond
	retryFirst = 50 * time.Millisecond
	retryMost  = 250 * time.Millisecond
	// listedMost and playersMost bound a fetch, however steadily a body trickles: after
	// that time no player can use it any more.
	listedMost, playersMost = 2 * time.Minute, 10 * time.Minute
)

// Run fetches until the object is whole or cannot become so, ctx ends, or, for players,
// the last of them has gone.
func (f *Fetch) Run(ctx context.Context) {
	most := listedMost
	if f.Lane == upstream.Players {
		leave := f.Object.TryFetch()
		if leave == nil {
			f.Object.Fail(upstream.ErrBusy)
			return
		}
		defer leave()
		if f.Object.ServePlayers(); f.Object.IsLeft() {
			return
		}
		most = playersMost
	}
	defer f.work.Wait()
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	defer f.dropAll()
	f.kick, f.failed, f.began = make(chan struct{}, 1), map[place]failure{}, time.Now()
	var tick *time.Ticker
	for pause := retryFirst; ; pause = min(2*pause, retryMost) {
		f.round++
		f.next(ctx, nil)
		if tick == nil {
			tick = time.NewTicker(fetchTick)
			defer tick.Stop()
		}
		for len(f.attempts) > 0 {
			select {
			case <-ctx.Done():
				f.end(upstream.ErrUnavailable)
				return
			case <-f.Object.Left():
				f.linger(ctx)
				return
			case <-f.kick:
			case <-f.Object.Wanted():
			case <-tick.C:
			}
			if f.look(ctx) {
				return
			}
		}
		if err := f.hopeless(); err != nil {
			f.end(err)
			return
		}
		select {
		case <-ctx.Done():
			f.end(upstream.ErrUnavailable)
			return
		case <-f.Object.Left():
			return
		case <-time.After(pause + rand.N(pause/5)):
		}
		clear(f.failed) // a new round
	}
}

// end accepts a doubtful body, if there is one, else fails.
func (f *Fetch) end(err error) {
	if f.doubt == nil || !f.settle() {
		f.Object.Fail(err)
	}
}

func (f *Fetch) dropAll() {
	for _, a := range f.attempts {
		a.drop()
	}
	if f.doubt != nil {
		f.doubt.attempt.drop()
	}
}

func (f *Fetch) judge(u *upstream.Upstream, finding trouble.Finding) {
	if f.Judge != nil {
		f.Judge(u, finding)
	}
}

// next begins an attempt at the best source that has not just failed and is not being
// asked; false when there is none. It asks only for the rest of what the attempt behind
// got, where the packager is known to have the same bytes.
func (f *Fetch) next(ctx context.Context, behind *attempt) bool {
	for _, s := range f.Sources() {
		failed, has := f.failed[placeOf(s)]
		if has && !f.over(failed) || f.asking(placeOf(s)) > 0 {
			continue
		}
		f.ask(ctx, s, behind)
		return true
	}
	return false
}

// asking is how many attempts are under way at a place.
func (f *Fetch) asking(at place) (n int) {
	for _, a := range f.attempts {
		if placeOf(a.source) == at {
			n++
		}
	}
	return n
}

func (f *Fetch) ask(ctx context.Context, s upstream.Source, behind *attempt) {
	if f.first == nil {
		f.first = s.From
	}
	attempting, cancel := context.WithCancel(ctx)
	a := &attempt{source: s, object: f.Object, want: f.Want, lane: f.Lane, cancel: cancel, began: time.Now(), state: progress{size: -1}}
	var rest resume
	if behind != nil {
		// An answer of 200 is the whole, and its beginning is compared.
		if p := behind.now(); p.etag != "" && p.size > 0 && len(p.buf) > 0 && int64(len(p.buf)) < p.size {
			rest = resume{head: p.buf, etag: p.etag, size: p.size}
		}
	}
	f.attempts = append(f.attempts, a)
	f.work.Go(func() { a.run(attempting, rest, f.kick) })
}

// over reports whether a packager that failed may be asked again in the same round. It
// may not have had the segment yet, and the packager that is being asked may trickle for
// long.
func (f *Fetch) over(failed failure) bool {
	return f.Rounds == 0 && time.Since(failed.at) >= retryMost && !errors.Is(failed.err, ErrOther) && !errors.Is(failed.err, errDoubtful)
}

// look acts on the progress of the attempts; true when the object is done.
func (f *Fetch) look(ctx context.Context) bool {
	now := time.Now()
	for _, a := range slices.Clone(f.attempts) {
		p := a.now()
		switch {
		case p.ended && (errors.Is(p.err, errOverrun) || f.Lane == upstream.Players && errors.Is(p.err, ErrTooLarge)):
			f.end(ErrTooLarge) // the next packager would be read as far, in vain
			return true
		case p.ended && p.err == nil:
			if f.take(ctx, a, p) {
				return true
			}
		case p.ended:
			f.drop(ctx, a, p.err)
		default:
			if len(p.buf) > p.head && !f.begun {
				f.begun = true
				f.Object.Arriving()
			}
			f.time(ctx, a, p, now)
		}
	}
	if f.doubt != nil && (len(f.attempts) == 0 || now.After(f.doubt.until)) {
		if f.settle() {
			return true
		}
		f.doubt = nil
	}
	if f.exhausted(now) {
		f.end(f.outcome(upstream.ErrUnavailable))
		return true
	}
	if f.Object.IsStreaming() {
		f.publish(ctx)
	}
	return false
}

// take accepts a whole body if it is valid and begins with what was published.
func (f *Fetch) take(ctx context.Context, a *attempt, p progress) bool {
	odd, err := f.Want.Assess(p.buf, p.digest)
	published, _ := f.Object.Now()
	if err == nil && !bytes.HasPrefix(p.buf, published.Body) {
		err = ErrOther
	}
	switch {
	case err != nil:
		f.drop(ctx, a, err)
		return false
	case odd != "":
		return f.doubtful(ctx, a, p, odd)
	}
	if f.doubt != nil {
		f.blamed = append(f.blamed, blame{f.doubt.attempt.source.From, trouble.Finding{Kind: trouble.Failed, Cause: f.doubt.odd}})
	}
	f.finish(a, p, "")
	return true
}

// finish makes the object whole with the body of a.
func (f *Fetch) finish(a *attempt, p progress, odd string) {
	for _, other := range f.attempts {
		if other != a {
			f.lost(other) // before the cancellation ends it
			other.cancel()
		}
	}
	u := a.source.From
	for _, b := range f.blamed {
		if b.from != u {
			f.judge(b.from, b.finding)
		}
	}
	f.judge(u, trouble.Finding{Kind: trouble.Good})
	if u != f.first {
		f.judge(f.first, trouble.Finding{Kind: trouble.Saved})
	}
	taken := a.keep()
	if !f.Object.Finish(a.content(p, odd), taken) {
		f.Object.Give(taken)
	}
}

// content is what the attempt brought.
func (a *attempt) content(p progress, odd string) object.Content {
	c := object.Content{
		Body: p.buf, Type: verdict.TypeOf(a.source.Target, p.header.Get("Content-Type"), p.buf),
		Packager: a.source.From.Base(), Header: p.header, Odd: odd,
	}
	if !a.want.Enciphered && !a.want.Anything {
		c.Start, c.HasStart = container.FirstTimestamp(p.buf)
	}
	return c
}

// drop ends an attempt that has failed and asks the next packager at once.
func (f *Fetch) drop(ctx context.Context, a *attempt, err error) {
	f.remove(a, err)
	a.drop()
	u := a.source.From
	switch redirect := (*upstream.Redirect)(nil); {
	case errors.Is(err, context.Canceled), errors.Is(err, ErrOther), errors.Is(err, upstream.ErrBusy), errors.Is(err, ErrTooLarge):
	case upstream.IsAbsent(err):
		f.judge(u, trouble.Finding{Kind: trouble.Absent, Cause: text.Cause(err)})
	case upstream.IsRefusal(err), errors.As(err, &redirect):
		// The packager is at fault only if another one answers otherwise.
		f.blamed = append(f.blamed, blame{u, trouble.Finding{Kind: trouble.Failed, Cause: text.Cause(err)}})
	default:
		f.judge(u, trouble.Finding{Kind: trouble.Failed, Cause: text.Cause(err)})
	}
	f.next(ctx, a)
}

// remove takes an attempt off the list.
func (f *Fetch) remove(a *attempt, err error) {
	f.attempts = slices.DeleteFunc(f.attempts, func(o *attempt) bool { return o == a })
	f.failed[placeOf(a.source)] = failure{err, time.Now()}
}
