// Package direct answers the plainest requests, a GET or HEAD of what lies ready in memory,
// right on their connection: most of what a crowd of players sends. It stands in
// front of an http.Server as its listener. A connection whose next request is
// anything else goes to the http.Server, with that request unread, and stays there.
package fastpath

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Answer returns the response to a GET or a HEAD of target, path and query as they were
// sent; nil leaves the request to the http.Server. It is called for every request
// and must not block, nor keep target.
type Answer func(target []byte) *Response

// Listener accepts connections, answers on them, and gives those to Accept that
// need an http.Server. It knows of every connection until it is closed, whoever has
// it. Safe for concurrent use.
type Listener struct {
	inner  net.Listener
	answer Answer
	late   func(reason error)
	short  func(net.Conn) bool // another has to go for this one
	room   int                 // how many have gone for those to come; the accepting goroutine's
	taken  uint64              // how many connections there were; the accepting goroutine's

	toServer chan net.Conn
	refused  atomic.Bool   // no new connection is taken
	over     chan struct{} // closed by Close
	close    sync.Once
	broken   chan error    // why no connection could be taken
	begin    sync.Once     // accepting
	noMore   chan struct{} // closed when no further connection comes

	date  atomic.Pointer[string] // the Date of an answer
	began time.Time
	now   atomic.Int64 // ns since began, some tickPeriod old at most
	// unsent is unsentFor all connections.
	unsent atomic.Int32

	mu     sync.Mutex
	conns  map[*conn]struct{} // guarded by mu
	served sync.WaitGroup     // every goroutine of ours
	fewer  chan struct{}      // holds one: conns has become smaller
}

var _ net.Listener = (*Listener)(nil)

const (
	// tickPeriod is how exact Date and the limits below are.
	tickPeriod = 200 * time.Millisecond
	// firstRequest and nextRequest are how long a connection may stand without a
	// request before its first one and after an answer.
	firstRequest = 30 * time.Second
	nextRequest  = 2 * time.Minute
)

// Listen takes over inner, which is accepted from with the first Accept. With a nil
// answer every connection is the http.Server's. late is told why no connection can
// be taken for a while, once for each while, and of each ErrEvicted and ErrRefused; it
// must not block, nor be nil.
func Listen(inner net.Listener, answer Answer, late func(reason error)) *Listener {
	l := &Listener{
		inner: inner, answer: answer, late: late, toServer: make(chan net.Conn), over: make(chan struct{}),
		broken: make(chan error, 1), conns: map[*conn]struct{}{}, fewer: make(chan struct{}, 1),
		noMore: make(chan struct{}), began: time.Now(), short: func(net.Conn) bool { return false },
	}
	l.tick(time.Now())
	return l
}

// Accept returns the next connection that needs an http.Server; net.ErrClosed after
// Close.
func (l *Listener) Accept() (net.Conn, error) {
	l.begin.Do(func() {
		l.tick(time.Now()) // Listen may be long ago
		l.served.Go(l.accept)
		l.served.Go(l.watch)
	})
	select {
	case c := <-l.toServer:
		return c, nil
	case <-l.over:
		return nil, net.ErrClosed
	case err := <-l.broken:
		return nil, err
	}
}

// Addr is where connections are taken.
func (l *Listener) Addr() net.Addr { return l.inner.Addr() }

// Refuse takes no more connections. Those that are open go on, each with the
// http.Server from its next request on.
func (l *Listener) Refuse() {
	l.refused.Store(true)
	_ = l.inner.Close() // only accepted from
}

// Close ends the listener and its own connections, those in the middle of an answer
// after it. What the http.Server has is the server's to end.
func (l *Listener) Close() error {
	l.close.Do(func() {
		close(l.over)
		l.Refuse()
		for _, c := range l.list() {
			c.endIdle()
		}
	})
	return nil
}

// Wait waits until every connection has ended, the http.Server's too, or ctx has.
// Call Refuse before.
func (l *Listener) Wait(ctx context.Context) error {
	l.begin.Do(func() { close(l.noMore) })
	select {
	case <-l.noMore:
	case <-ctx.Done():
		return fmt.Errorf("it cannot be said yet that no connection comes: %w", ctx.Err())
	}
	for {
		l.mu.Lock()
		open := len(l.conns)
		l.mu.Unlock()
		if open == 0 {
			return nil
		}
		select {
		case <-l.fewer:
		case <-ctx.Done():
			return fmt.Errorf("%d connections are open: %w", open, ctx.Err())
		}
	}
}

// Break ends every connection at once and returns when our own have ended. Call
// Close before.
func (l *Listener) Break() {
	for _, c := range l.list() {
		_ = c.wire.Close() // what is still open is broken off
	}
	l.served.Wait()
}

func (l *Listener) list() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]*conn, 0, len(l.conns))
	for c := range l.conns {
		list = append(list, c)
	}
	return list
}

const (
	acceptPauseFirst = 5 * time.Millisecond
	acceptPauseMost  = time.Second
)

// accept takes connections until Refuse. Where the system has no descriptor left
// it tries again: others end, or are idle and are evicted.
func (l *Listener) accept() {
	defer close(l.noMore)
	for pause := acceptPauseFirst; ; {
		wire, err := l.inner.Accept()
		if err == nil {
			pause = acceptPauseFirst
			l.take(wire)
			continue
		}
		var n net.Error
		if l.refused.Load() || !errors.As(err, &n) || !n.Temporary() { //nolint:staticcheck // http.Server.Serve asks the same
			if !l.refused.Load() {
				l.broken <- err
			}
			return
		}
		if pause == acceptPauseFirst {
			l.late(err)
		}
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			l.makeRoom()
		}
		select {
		case <-time.After(pause):
		case <-l.over:
			return
		}
		pause = min(2*pause, acceptPauseMost)
	}
}

func (l *Listener) take(wire net.Conn) {
	if !l.admit(wire) {
		l.late(ErrRefused)
		_ = wire.Close() // nothing was sent
		return
	}
	l.taken++
	c := newConn(l, wire, l.taken)
	l.mu.Lock()
	l.conns[c] = struct{}{}
	l.mu.Unlock()
	if l.isOver() {
		c.endIdle() // Close may not have seen it
	}
	l.served.Go(c.serve)
}

// gone notes that a connection has been closed.
func (l *Listener) gone(c *conn) {
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	select {
	case l.fewer <- struct{}{}:
	default: // it has been told already
	}
}

// watch keeps the time, and lets go who has stood still for too long: no
// connection needs a timer of its own.
func (l *Listener) watch() {
	t := time.NewTicker(tickPeriod)
	defer t.Stop()
	for n := 1; ; n++ {
		select {
		case <-l.over:
			return
		case now := <-t.C:
			l.tick(now)
			if n%5 != 0 {
				continue
			}
			for _, c := range l.list() {
				c.endLate(now)
			}
		}
	}
}

func (l *Listener) tick(now time.Time) {
	l.mu.Lock()
	l.unsent.Store(unsentFor(len(l.conns)))
	l.mu.Unlock()
	l.now.Store(int64(l.since(now)))
	date := now.UTC().Format(http.TimeFormat)
	l.date.Store(&date)
}

// since is the time that limits are counted in: the wall clock may step (FAILURES.md,
// case 24).
func (l *Listener) since(now time.Time) time.Duration { return now.Sub(l.began) }

func (l *Listener) isOver() bool {
	select {
	case <-l.over:
		return true
	default:
		return false
	}
}
