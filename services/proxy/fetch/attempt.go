package fetch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/verdict"
)

const (
	// maxListed and maxPlayers bound an object in bytes: one that a playlist lists, and
	// one that only players ask for.
	maxListed, maxPlayers = 256 << 20, 64 << 20
	// maxCut is how much of a resource is read and dropped when a packager does not
	// support ranges.
	maxCut = 64 << 20
)

// attempt is one request to one packager for one resource, or for the rest of it. Its own
// goroutine fills it, and the fetch looks at it.
type attempt struct {
	source upstream.Source
	object *object.Object
	want   verdict.Want
	lane   upstream.Lane
	cancel context.CancelFunc
	began  time.Time

	// Used only by the fetch.
	hedged  bool // a peer was asked because of this attempt
	silent  bool // its silence was reported
	checked int  // bytes that were compared with what was published

	mu      sync.Mutex
	state   progress // guarded by mu
	taken   int64    // memory charged to the object; guarded by mu
	dropped bool     // it may take no more; guarded by mu
}

// progress is how far an attempt is.
type progress struct {
	answered bool
	buf      []byte // from the beginning; only appended to
	head     int    // how much of it another attempt brought
	size     int64  // of the whole, -1 if unknown
	header   http.Header
	etag     string // strong, as the packager gave it
	digest   string // Repr-Digest
	last     time.Time
	wait     time.Duration // to the first byte
	ended    bool
	err      error // why it ended; nil when it is whole
}

func (a *attempt) now() progress {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

// run sends the request and reads until the end. It signals kick when anything is new.
func (a *attempt) run(ctx context.Context, r resume, kick chan<- struct{}) {
	err := a.read(ctx, r, kick)
	a.mu.Lock()
	a.state.ended, a.state.err = true, err
	a.mu.Unlock()
	signal(kick)
}

// signal wakes the fetch.
func signal(kick chan<- struct{}) {
	select {
	case kick <- struct{}{}:
	default: // it is signalled already
	}
}

func (a *attempt) most() int64 {
	if a.lane == upstream.Players {
		return maxPlayers
	}
	return maxListed
}

func (a *attempt) read(ctx context.Context, r resume, kick chan<- struct{}) error {
	u := a.source.From
	if a.lane == upstream.Players {
		release := u.TryFetch()
		if release == nil {
			return upstream.ErrBusy
		}
		defer release()
	}
	answer, err := u.Send(ctx, a.lane, http.MethodGet, a.source.Target, rangeHeader(a.source, int64(len(r.head)), r.etag))
	if err != nil {
		return err
	}
	if status := answer.StatusCode; len(r.head) > 0 && !continues(a.source, answer.Response, r) &&
		(status == http.StatusPartialContent || status == http.StatusRequestedRangeNotSatisfiable) {
		// These are not the rest of those bytes: the whole resource will be compared with
		// them.
		answer.Refuse()
		r = resume{}
		if answer, err = u.Send(ctx, a.lane, http.MethodGet, a.source.Target, rangeHeader(a.source, 0, "")); err != nil {
			return err
		}
	}
	wait := time.Since(a.began)
	if err := answer.Failure(http.StatusOK, http.StatusNonAuthoritativeInfo, http.StatusPartialContent); err != nil {
		return err
	}
	closed := answer.Close
	defer func() { closed() }()
	body, zipped, err := upstream.PlainBody(answer.Response)
	if err != nil {
		return err
	}
	o, err := overlapOf(a.source, answer.Response, r, zipped)
	if err != nil {
		return err
	}
	if o.size > a.most() {
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, o.size, a.most())
	}
	u.NoteFirstByte(a.lane, wait)
	a.mu.Lock()
	a.state.answered, a.state.size, a.state.last, a.state.wait = true, o.size, time.Now(), wait
	a.state.header, a.state.etag = upstream.EndToEnd(answer.Header), upstream.StrongTag(answer.Header)
	if a.source.Range == nil && !zipped {
		a.state.digest = answer.Header.Get("Repr-Digest")
	}
	a.mu.Unlock()
	signal(kick)
	if o.cut > 0 {
		if err := a.skip(body, o.cut); err != nil {
			return err
		}
	}
	err = a.receive(body, o, kick)
	if o.part && err == nil {
		closed = func() { answer.Refuse() } // little may be left to read
	}
	return err
}

// skip reads and drops n bytes.
func (a *attempt) skip(body io.Reader, n int64) error {
	b := make([]byte, readSize)
	for n > 0 {
		got, err := body.Read(b[:min(n, readSize)])
		n -= int64(got)
		if got > 0 {
			a.mu.Lock()
			a.state.last = time.Now()
			a.mu.Unlock()
		}
		if err == io.EOF && n > 0 {
			return io.ErrUnexpectedEOF
		}
		if err != nil && n > 0 {
			return err
		}
	}
	return nil
}

// take takes memory for n bytes of the body; ErrBusy when none is left.
func (a *attempt) take(n int64) error {
	if !a.object.Take(n, a.lane == upstream.Playback) {
		return upstream.ErrBusy
	}
	a.mu.Lock()
	dropped := a.dropped
	if !dropped {
		a.taken += n
	}
	a.mu.Unlock()
	if dropped {
		a.object.Give(n)
		return context.Canceled
	}
	return nil
}

func (a *attempt) give(n int64) {
	a.mu.Lock()
	dropped := a.dropped
	if !dropped {
		a.taken -= n
	}
	a.mu.Unlock()
	if !dropped {
		a.object.Give(n)
	}
}

// drop ends the attempt and gives its memory back.
func (a *attempt) drop() { a.object.Give(a.keep()) }

// keep ends the attempt and hands the memory that was taken for its body over to the
// caller.
func (a *attempt) keep() (taken int64) {
	a.cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	taken, a.taken, a.dropped = a.taken, 0, true
	return taken
}
