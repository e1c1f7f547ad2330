package fastpath

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is one connection, from its acceptance until it is closed. Its goroutine answers
// on it until it ends or passes to the http.Server.
type conn struct {
	l      *Listener
	wire   net.Conn
	number uint64       // counts the Listener's connections
	state  atomic.Int32 // a connState
	until  atomic.Int64 // as the Listener's now: when it is ended, unless something happens on it
	since  atomic.Int64 // as the Listener's now: when it became idle
	asked  atomic.Bool  // it has had a request
	due    bool         // a request has been answered since it last waited
	empty  int          // lines skipped before the next request
	unsent int32        // set by limitUnsent; zero before
	began  int64        // as the Listener's now: when the last long answer began
	behind remainder    // the rest of an answer, which the reader has no room for yet
	unread []byte       // read, and left to the http.Server to answer
	secure bool         // it begins with TLS, and unread with its first bytes
	others bool         // the http.Server answers all its requests
}

// A connState changes by compare and swap only; the goroutine that changes it acts on it.
type connState = int32

const (
	waiting   connState = iota // for a request
	answering                  // a request has been read and is not answered yet
	serving                    // the http.Server has it
	resting                    // the http.Server has it, and waits for a request
	ended                      // it is to be closed
)

// buffers are used during an answer only, so that waiting connections cost none.
type buffers struct {
	reports [8][]byte // the fields of CMCD, of which there are four
	in      [4 << 10]byte
	out     [8 << 10]byte // a header, and a body that fits in behind it
}

var pool = sync.Pool{New: func() any { return new(buffers) }}

func newConn(l *Listener, wire net.Conn, number uint64) *conn {
	c := &conn{l: l, wire: wire, number: number}
	c.since.Store(l.now.Load())
	c.limit(firstRequest) // watch may look at it before it is served
	c.others = l.plain != nil && !l.plain(wire)
	return c
}

func (c *conn) serve() {
	if c.l.answer == nil {
		c.state.CompareAndSwap(waiting, serving)
	} else {
		c.answerAll()
	}
	if c.secure {
		c.others = false
		c.serveSecure()
		return
	}
	if c.state.Load() != serving {
		c.end()
		return
	}
	h := &serverConn{Conn: c.wire, c: c, unread: c.unread, framing: framing{empty: c.empty}}
	c.unread = nil // c lasts as long as the connection
	c.pass(h)
}

// end closes the connection.
func (c *conn) end() {
	_ = c.wire.Close() // everything is sent or lost by now
	c.l.gone(c)
}

// answerAll answers until the connection has ended or passes to the http.Server.
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

// readable answers the requests that have arrived. It returns true when there is no
// request to wait for: the reader is behind, or the connection is over.
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
		case c.isSecure(b.in[:n]):
			c.unread, c.secure = bytes.Clone(b.in[:n]), true
			return true
		}
		for requests := c.skipEmpty(b.in[:n]); len(requests) > 0; requests = c.skipEmpty(requests) {
			res, r := c.lookUp(requests, b)
			if res == nil {
				c.unread = bytes.Clone(requests)
				break
			}
			c.beginAnswer(res)
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

// beginAnswer notes that a request has come, and gives its reader time for the answer.
func (c *conn) beginAnswer(res *Response) {
	if !c.due {
		c.asked.Store(true)
	}
	c.due, c.empty = true, 0
	c.limit(WriteLimit(len(res.body)))
}

// skipEmpty cuts off the empty lines before a request.
func (c *conn) skipEmpty(requests []byte) []byte {
	rest, n := skipEmpty(requests, emptyMost-c.empty)
	c.empty += n
	return rest
}

// lookUp returns the response to the first of the requests, or nil to leave it to the
// http.Server. A request that arrives before the reader has room for the last answer is
// left to it too. The request shares memory with b.
func (c *conn) lookUp(requests []byte, b *buffers) (*Response, request) {
	r, plain := parse(requests, b.reports[:0])
	if !plain || c.others || !c.behind.none() || c.l.refused.Load() {
		return nil, r
	}
	var res *Response
	switch {
	case r.cookie == nil:
		res = c.l.answer(r.target)
	case c.l.cookies != nil && !r.origin:
		res = c.l.cookies(r.target, r.cookie)
	}
	if r.reports != nil && res != nil && c.l.hear != nil {
		c.l.hear(r.target, r.reports)
	}
	return res, r
}

// answered ends an answer; false when the next request is not answered here.
func (c *conn) answered() bool {
	if c.unread != nil {
		c.state.CompareAndSwap(answering, serving)
		return false
	}
	if c.due { // not after empty lines alone
		c.due = false
		c.limit(nextRequest)
		c.since.Store(c.l.now.Load())
	}
	return c.state.CompareAndSwap(answering, waiting) && !c.l.isOver()
}

// send sends one answer, its header from out, as far as the kernel takes it; behind
// keeps the rest. It returns false when the connection is lost.
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

// writable sends what is behind. It returns true when that is done or impossible.
func (c *conn) writable(fd uintptr) bool {
	if c.l.since(time.Now())-time.Duration(c.began) > quickMost {
		c.limitUnsent(fd, c.l.unsent.Load())
	}
	return c.behind.send(fd) != syscall.EAGAIN
}

// endIdle ends the connection unless it is in the middle of an answer or the http.Server
// has it.
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
func (c *conn) wake() { _ = c.wire.SetDeadline(time.Unix(1, 0)) } // fails only when it is closed
