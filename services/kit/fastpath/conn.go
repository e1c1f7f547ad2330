package fastpath

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is one connection, from its acceptance until it is closed. Its own goroutine
// answers on it until it ends or becomes the http.Server's.
type conn struct {
	l      *Listener
	wire   net.Conn
	number uint64       // counts the Listener's connections
	state  atomic.Int32 // a connState
	until  atomic.Int64 // as the Listener's now: when it is let go, if nothing happens on it
	since  atomic.Int64 // as the Listener's now: since when it is idle, if it is
	asked  atomic.Bool  // there was a request
	due    bool         // one has been answered since it waited last
	empty  int          // lines that were skipped before the next one
	unsent int32        // what limitUnsent has set; zero before
	began  int64        // as the Listener's now: when the last long answer began
	behind remainder    // what is to be sent as soon as the reader has room for it
	unread []byte       // what was read and is the http.Server's to answer
}

// A connState changes by compare and swap only: whoever changes it may act on it.
type connState = int32

const (
	waiting   connState = iota // for a request
	answering                  // one is read and not answered yet
	serving                    // it is the http.Server's
	resting                    // it is, and waits for a request there
	ended                      // nothing more is done on it
)

// buffers are for the time of an answer: a connection that waits has none.
type buffers struct {
	in  [4 << 10]byte
	out [8 << 10]byte // a header, and a body that fits in behind it
}

var pool = sync.Pool{New: func() any { return new(buffers) }}

func newConn(l *Listener, wire net.Conn, number uint64) *conn {
	c := &conn{l: l, wire: wire, number: number}
	c.since.Store(l.now.Load())
	c.limit(firstRequest) // it may be looked at before it is served
	return c
}

func (c *conn) serve() {
	if c.l.answer == nil {
		c.state.CompareAndSwap(waiting, serving)
	} else {
		c.answerAll()
	}
	if c.state.Load() != serving {
		c.end()
		return
	}
	h := &handed{Conn: c.wire, c: c, unread: c.unread, framing: framing{empty: c.empty}}
	c.unread = nil // c lasts as long as the connection
	select {
	case c.l.toServer <- h:
	case <-c.l.over:
		_ = h.Close() // nobody has it
	}
}

// end closes the connection.
func (c *conn) end() {
	_ = c.wire.Close() // what was to be sent is sent or lost by now
	c.l.gone(c)
}

// answerAll answers until the connection has ended or is the http.Server's.
func (c *conn) answerAll() {
	wire, ok := c.wire.(syscall.Conn)
	if !ok {
		c.state.CompareAndSwap(waiting, serving)
		return
	}
	raw, err := wire.SyscallConn()
	if err != nil {
		return
	}
	readable, writable := c.readable, c.writable
	for {
		if raw.Read(readable) != nil || c.behind.none() {
			return
		}
		if raw.Write(writable) != nil || !c.behind.none() || !c.answered() {
			return
		}
	}
}

func (c *conn) limit(d time.Duration) { c.until.Store(c.l.now.Load() + int64(d)) }

// readable answers what requests have come. It returns true when there is nothing
// more to wait for: the reader is behind, or the connection is over.
func (c *conn) readable(fd uintptr) bool {
	b := pool.Get().(*buffers)
	defer pool.Put(b)
	for {
		n, err := read(fd, b.in[:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return false
		case n <= 0 || !c.state.CompareAndSwap(waiting, answering):
			return true
		}
		for requests := c.skipEmpty(b.in[:n]); len(requests) > 0; requests = c.skipEmpty(requests) {
			res, r := c.lookUp(requests)
			if res == nil {
				c.unread = bytes.Clone(requests)
				break
			}
			if !c.due {
				c.asked.Store(true)
			}
			c.due, c.empty = true, 0
			c.limit(WriteLimit(len(res.body)))
			if len(res.body) > unsentQuick {
				c.began = int64(c.l.since(time.Now()))
				c.limitUnsent(fd, unsentAtFirst(c.l.unsent.Load()))
			}
			if !c.send(fd, res, r, b.out[:0]) {
				return true
			}
			requests = requests[r.size:]
		}
		if !c.behind.none() || !c.answered() {
			return true
		}
	}
}

// skipEmpty cuts off what is ignored before a request.
func (c *conn) skipEmpty(requests []byte) []byte {
	rest, n := skipEmpty(requests, emptyMost-c.empty)
	c.empty += n
	return rest
}

// lookUp returns the response to the first of the requests; nil for one that is the
// http.Server's, as one is that came before the reader had room for the last answer.
func (c *conn) lookUp(requests []byte) (*Response, request) {
	r, plain := parse(requests)
	if !plain || !c.behind.none() || c.l.refused.Load() {
		return nil, r
	}
	return c.l.answer(r.target), r
}

// answered ends the answer to what was read; false where nothing follows it here.
func (c *conn) answered() bool {
	if c.unread != nil {
		c.state.CompareAndSwap(answering, serving)
		return false
	}
	if c.due { // empty lines are no request
		c.due = false
		c.limit(nextRequest)
		c.since.Store(c.l.now.Load())
	}
	return c.state.CompareAndSwap(answering, waiting) && !c.l.isOver()
}

// send sends one answer, its header from out, or as much of it as the kernel takes:
// the rest is behind. It returns false when the connection is lost.
func (c *conn) send(fd uintptr, res *Response, r request, out []byte) bool {
	out, whole := res.appendHead(out, r, *c.l.date.Load())
	if whole {
		n := min(len(res.body), cap(out)-len(out))
		out = append(out, res.body[:n]...)
		c.behind = res.from(n)
	}
	c.behind.head = out
	err := c.behind.send(fd)
	if err == syscall.EAGAIN {
		c.behind.head = bytes.Clone(c.behind.head) // out is lent
		return true
	}
	return err == 0
}

// writable sends what is behind. It returns true when that is done, or can't be.
func (c *conn) writable(fd uintptr) bool {
	if c.l.since(time.Now())-time.Duration(c.began) > quickMost {
		c.limitUnsent(fd, c.l.unsent.Load())
	}
	return c.behind.send(fd) != syscall.EAGAIN
}

// endIdle ends the connection unless it is in the middle of an answer, or the
// http.Server's.
func (c *conn) endIdle() {
	if c.state.CompareAndSwap(waiting, ended) {
		c.wake()
	}
}

// endLate ends the connection if its time is over.
func (c *conn) endLate(now time.Time) {
	s := c.state.Load()
	if (s == waiting || s == answering) && int64(c.l.since(now)) > c.until.Load() && c.state.CompareAndSwap(s, ended) {
		c.wake()
	}
}

// wake lets the connection's goroutine see that it has ended.
func (c *conn) wake() { _ = c.wire.SetDeadline(time.Unix(1, 0)) } // an error: it is closed
