package upload

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/service"
)

// limits are those of the bodies that come at the same time.
type limits struct {
	// places is how many bodies may be read beyond their head at once, share how many of
	// these one client address may have.
	places, share int
	// head is how many bytes of a body are read before it needs a place, heads how many
	// bytes all heads may have together. A body that does not come takes no place, and
	// most are complete before they need one.
	head, heads int
	// rate is how many bytes a second must come, after the time start.
	rate  int
	start time.Duration
	// whole is how long a body may take: a segment that takes longer has left its
	// playlist.
	whole time.Duration
	// settled is how long a body keeps its place before it can lose it for being the
	// slowest, patience how long a body waits for a place.
	settled, patience time.Duration
}

// limitsOfBodies returns the limits of a service. They suit a worker on a slow line: a
// picture needs at least 256 kbit/s.
func limitsOfBodies() limits {
	return limits{
		places: 32, share: 24, head: 1 << 20, heads: 128 << 20, rate: 32 << 10, start: 2 * time.Second,
		whole: 20 * time.Second, settled: time.Second, patience: 5 * time.Second,
	}
}

// bodies bounds the bodies that come at the same time. Safe for concurrent use.
type bodies struct {
	limits
	slow *service.Quiet

	mu      sync.Mutex
	placed  map[*body]bool // bodies that have a place; guarded by mu
	waiting int            // bytes of the bodies without a place; guarded by mu
	freed   chan struct{}  // closed when a place becomes free; guarded by mu
}

// tellSlowEvery is how often slow clients are logged.
const tellSlowEvery = 10 * time.Second

func newBodies(l limits, log hclog.Logger) *bodies {
	return &bodies{limits: l, slow: service.NewQuiet(log, tellSlowEvery), placed: map[*body]bool{}, freed: make(chan struct{})}
}

// body is a body that is being read.
type body struct {
	address string
	control *http.ResponseController
	began   time.Time // when it began to come, plus the time that it waited
	waits   time.Time // since when it waits for a place
	seated  time.Time // when it got its place

	// Guarded by bodies.mu.
	bytes   int
	evicted bool
}

var (
	errSlow    = &refusal{http.StatusRequestTimeout, errors.New("it comes too slowly")}
	errEvicted = &refusal{http.StatusRequestTimeout, errors.New("it comes more slowly than the others, which need its place")}
	errCrowded = errors.New("the heads of all bodies are too large")
	errFull    = &refusal{http.StatusServiceUnavailable, errors.New("too much comes at once")}
)

// read returns a whole body of at most limit bytes.
func (l *bodies) read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	b := &body{address: address, control: http.NewResponseController(w), began: time.Now()}
	defer l.leave(b)
	from := http.MaxBytesReader(w, r.Body, limit)
	all, err := l.pull(b, from, nil, l.head)
	if err == nil || errors.Is(err, errCrowded) {
		if err = l.seat(r.Context(), b); err == nil {
			all, err = l.pull(b, from, all, int(limit)+1)
		}
	}
	return l.outcome(w, b, limit, all, err)
}

// outcome returns the body, or why it is refused, by the error that ended the reading.
func (l *bodies) outcome(w http.ResponseWriter, b *body, limit int64, all []byte, err error) ([]byte, error) {
	l.mu.Lock()
	evicted := b.evicted
	l.mu.Unlock()
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, io.EOF):
		_ = b.control.SetReadDeadline(time.Time{}) // the server sets that of the next request
		return all, nil
	case evicted:
		err = errEvicted
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = errSlow
	case errors.As(err, &large):
		return nil, refuse(http.StatusRequestEntityTooLarge, "more than the %d bytes that are allowed", limit)
	case errors.Is(err, errFull):
	default:
		return nil, refuse(http.StatusBadRequest, "the body broke off")
	}
	w.Header().Set("Connection", "close") // the rest of it is not waited for
	if !errors.Is(err, errFull) {
		l.slow.Warn("a body comes too slowly, it is cut off", "from", b.address, "reason", err.Error())
	}
	return nil, err
}

// pull reads on until there are most bytes or the body ends, which is io.EOF. It fails
// when the body comes more slowly than allowed.
func (l *bodies) pull(b *body, from io.Reader, all []byte, most int) ([]byte, error) {
	for len(all) < most {
		due := l.start + time.Duration(len(all))*time.Second/time.Duration(l.rate)
		if err := l.allow(b, len(all), b.began.Add(min(due, l.whole))); err != nil {
			return all, err
		}
		if len(all) == cap(all) {
			all = append(all, make([]byte, max(len(all), 4<<10))...)[:len(all)]
		}
		n, err := from.Read(all[len(all):min(cap(all), most)])
		all = all[:len(all)+n]
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// allow gives the next bytes a deadline, if there is room for them.
func (l *bodies) allow(b *body, bytes int, until time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	seated := l.placed[b]
	if !seated {
		l.waiting += bytes - b.bytes
	}
	b.bytes = bytes
	switch {
	case b.evicted:
		return errEvicted
	case !seated && l.waiting > l.heads:
		return errCrowded
	}
	_ = b.control.SetReadDeadline(until) // fails only without a connection
	return nil
}

// seat gets a body a place, if necessary that of a slower one.
func (l *bodies) seat(ctx context.Context, b *body) error {
	over := time.NewTimer(l.patience)
	defer over.Stop()
	_ = b.control.SetReadDeadline(time.Time{}) // waiting is not the client's fault
	b.waits = time.Now()
	for {
		freed, ok := l.try(b)
		if ok {
			return nil
		}
		again := time.NewTimer(l.settled / 10) // a body may have become too slow
		select {
		case <-freed:
		case <-again.C:
		case <-over.C:
			return errFull
		case <-ctx.Done():
			return ctx.Err()
		}
		again.Stop()
	}
}

// try takes a place if one is free; else it cuts off the slowest of the bodies in the way.
func (l *bodies) try(b *body) (freed <-chan struct{}, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, own := time.Now(), 0
	for o := range l.placed {
		if o.address == b.address {
			own++
		}
	}
	if len(l.placed) < l.places && own < l.share {
		b.seated = now
		b.began = b.began.Add(now.Sub(b.waits)) // its wait does not count
		l.placed[b] = true
		l.waiting -= b.bytes
		return nil, true
	}
	var slowest *body
	for o := range l.placed {
		inTheWay := own < l.share || o.address == b.address
		if inTheWay && !o.evicted && now.Sub(o.seated) > l.settled && (slowest == nil || o.rate(now) < slowest.rate(now)) {
			slowest = o
		}
	}
	if slowest != nil {
		slowest.evicted = true
		_ = slowest.control.SetReadDeadline(now) // it stops waiting for bytes
	}
	return l.freed, false
}

// rate returns how many bytes a second came. Needs bodies.mu.
func (b *body) rate(now time.Time) float64 {
	return float64(b.bytes) / max(now.Sub(b.began).Seconds(), 0.001)
}

func (l *bodies) leave(b *body) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.placed[b] {
		l.waiting -= b.bytes
		return
	}
	delete(l.placed, b)
	close(l.freed)
	l.freed = make(chan struct{})
}
