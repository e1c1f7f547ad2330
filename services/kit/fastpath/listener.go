package fastpath

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Answer returns the response to a GET or a HEAD of target, which is the path and query
// as sent; nil leaves the request to the http.Server. It is called for every request. It
// must not block, and must not keep target.
type Answer func(target []byte) *Response

// Hear is told the values of the header fields of CMCD (CTA-5004) in a request that an
// Answer has answered. It must not block, and must not keep what it is given.
type Hear func(target []byte, values [][]byte)

// Listener accepts connections, answers on them, and leaves to Accept those that need
// an http.Server. It knows every connection until it is closed, those of the http.Server
// too. Safe for concurrent use.
type Listener struct {
	inner   net.Listener
	answer  Answer
	hear    Hear // nil for nobody
	late    func(reason error)
	short   func(net.Conn) bool                   // descriptors are short: another connection must go for this one
	cookies func(target, cookie []byte) *Response // nil when the http.Server answers them
	secure  *tls.Config                           // nil without TLS
	plain   func(net.Conn) bool                   // Answer answers a connection without TLS; nil for all
	room    int                                   // evicted connections that are not replaced yet; the accepting goroutine's
	taken   uint64                                // connections accepted so far; the accepting goroutine's

	toServer chan net.Conn
	refused  atomic.Bool   // new connections are refused
	over     chan struct{} // closed by Close
	close    sync.Once
	broken   chan error    // why accepting ended
	begin    sync.Once     // starts to accept
	noMore   chan struct{} // closed when no further connection comes

	date  atomic.Pointer[string] // the Date of an answer
	began time.Time
	now   atomic.Int64 // ns since began, at most about tickPeriod old
	// unsent is unsentFor the number of connections.
	unsent atomic.Int32

	mu     sync.Mutex
	conns  map[*conn]struct{} // guarded by mu
	served sync.WaitGroup     // our goroutines
	fewer  chan struct{}      // holds one token: conns has become smaller
}

var _ net.Listener = (*Listener)(nil)

const (
	// tickPeriod is the precision of Date and of the limits below.
	tickPeriod = 200 * time.Millisecond
	// firstRequest and nextRequest are how long a connection may wait for its first
	// request and for one after an answer.
	firstRequest = 30 * time.Second
	nextRequest  = 2 * time.Minute
)

// Listen takes over inner; the first Accept starts to accept from it. With a nil answer
// every connection goes to the http.Server. late is called with the error when
// accepting starts to fail for a while, and with each ErrEvicted and ErrRefused. It must
// not be nil, and must not block.
func Listen(inner net.Listener, answer Answer, late func(reason error)) *Listener {
	l := &Listener{
		inner: inner, answer: answer, late: late, toServer: make(chan net.Conn), over: make(chan struct{}),
		broken: make(chan error, 1), conns: map[*conn]struct{}{}, fewer: make(chan struct{}, 1),
		noMore: make(chan struct{}), began: time.Now(), short: func(net.Conn) bool { return false },
	}
	l.tick(time.Now())
	return l
}

// AnswerCookies sets what answers requests with one Cookie field, the value of which is
// passed too. Without it they are left to the http.Server, and so are those with an Origin,
// since a browser wants the answer to name it. Call it before Accept.
func (l *Listener) AnswerCookies(answer func(target, cookie []byte) *Response) { l.cookies = answer }

// Hear sets who is told of reports of players. Call it before Accept.
func (l *Listener) Hear(h Hear) { l.hear = h }

// Accept returns the next connection that needs an http.Server, or net.ErrClosed after
// Close.
func (l *Listener) Accept() (net.Conn, error) {
	l.begin.Do(func() {
		l.tick(time.Now()) // Listen may have been long ago
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

// Addr is the address of the inner listener.
func (l *Listener) Addr() net.Addr { return l.inner.Addr() }

// Refuse takes no more connections. The http.Server answers the open ones from their
// next request on.
func (l *Listener) Refuse() {
	l.refused.Store(true)
	_ = l.inner.Close() // only accepted from
}

// Close ends the listener and its own connections, those in the middle of an answer
// after it. The http.Server ends the connections that it has.
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

// Wait waits until every connection has ended, the http.Server's too, or ctx has ended.
// Call Refuse before.
func (l *Listener) Wait(ctx context.Context) error {
	l.begin.Do(func() { close(l.noMore) })
	select {
	case <-l.noMore:
	case <-ctx.Done():
		return fmt.Errorf("connections may still come: %w", ctx.Err())
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

// Break ends every connection at once and returns when those of the Listener have ended.
// Call Close before.
func (l *Listener) Break() {
	for _, c := range l.list() {
		_ = c.wire.Close() // open answers are broken off
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

// accept takes connections until Refuse. When the system has no descriptors left it
// evicts idle connections and tries again.
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
	default: // the token is there already
	}
}

// watch keeps the time and ends connections that are late, so that no connection needs
// a timer.
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

// since is the monotonic time that limits are counted in: the wall clock may step.
func (l *Listener) since(now time.Time) time.Duration { return now.Sub(l.began) }

func (l *Listener) isOver() bool {
	select {
	case <-l.over:
		return true
	default:
		return false
	}
}
