package direct

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// conn is one connection, from its acceptance until it is closed. Its own goroutine
// answers on it until it ends or becomes the http.Server's.
type conn struct {
	l      *Listener
	wire   net.Conn
	raw    syscall.RawConn // of wire; set by answerAll
	state  atomic.Int32    // a connState
	until  atomic.Int64    // Unix ns: when it is let go, if nothing happens on it
	unread []byte          // what was read and is the http.Server's to answer
}

// A connState changes by compare and swap only: whoever changes it may act on it.
type connState = int32

const (
	waiting   connState = iota // for a request
	answering                  // one is read and not answered yet
	serving                    // it is the http.Server's
	ended                      // nothing more is done on it
)

// buffers are for the time of an answer: a connection that waits has none.
type buffers struct {
	in  [4 << 10]byte
	out [8 << 10]byte // a header, and a body that fits in behind it
}

var pool = sync.Pool{New: func() any { return new(buffers) }}

// unsentMost bounds what the kernel holds of an answer beyond what is under way: a
// crowd of readers would else take its memory, megabytes each, and every one of
// them gets slower.
const unsentMost = 128 << 10

func (c *conn) serve() {
	if c.l.answer == nil {
		c.state.Store(serving)
	} else {
		c.answerAll()
	}
	if c.state.Load() != serving {
		c.end()
		return
	}
	h := &handed{Conn: c.wire, c: c, unread: c.unread}
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
		c.state.Store(serving)
		return
	}
	var err error
	if c.raw, err = wire.SyscallConn(); err != nil {
		return
	}
	// Without the option the answers are the same, only slower.
	_ = c.raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsentMost)
	})
	c.limit(firstRequest)
	_ = c.raw.Read(c.readable) // how it ended is the state
}

func (c *conn) limit(d time.Duration) { c.until.Store(c.l.now.Load() + int64(d)) }

// readable answers every request that has come; false when there is none left and
// the connection is to be waited for.
func (c *conn) readable(fd uintptr) (over bool) {
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
		case !c.answerThese(fd, b.in[:n], b.out[:0]):
			return true
		}
		c.limit(nextRequest)
		if !c.state.CompareAndSwap(answering, waiting) || c.l.isOver() {
			return true
		}
	}
}

// answerThese answers the requests that were read; false when the connection has
// ended or is the http.Server's.
func (c *conn) answerThese(fd uintptr, requests, out []byte) bool {
	for len(requests) > 0 {
		var res *Response
		r, plain := parse(requests)
		if plain && !c.l.refused.Load() {
			res = c.l.answer(r.target)
		}
		if res == nil {
			c.unread = bytes.Clone(requests)
			c.state.CompareAndSwap(answering, serving)
			return false
		}
		c.limit(WriteLimit(len(res.body)))
		if c.send(fd, res, r.ifNoneMatch, out) != nil {
			return false
		}
		requests = requests[r.size:]
	}
	return true
}

// send sends one answer, its header from out.
func (c *conn) send(fd uintptr, res *Response, ifNoneMatch, out []byte) error {
	out, whole := res.appendHead(out, ifNoneMatch, *c.l.date.Load())
	var rest []byte
	if whole {
		n := min(len(res.body), cap(out)-len(out))
		out, rest = append(out, res.body[:n]...), res.body[n:]
	}
	out, err := writeSome(fd, out)
	if err != 0 && err != syscall.EAGAIN {
		return err
	}
	if len(out) > 0 {
		if err := c.writeAll(out); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		return c.writeAll(rest)
	}
	return nil
}

// writeAll waits for the reader where it has to.
func (c *conn) writeAll(b []byte) error {
	var failed syscall.Errno
	err := c.raw.Write(func(fd uintptr) (over bool) {
		b, failed = writeSome(fd, b)
		return failed != syscall.EAGAIN
	})
	if err == nil && failed != 0 {
		return failed
	}
	return err
}

// writeSome writes what the kernel takes at once, and returns the rest, with EAGAIN
// where there is one.
func writeSome(fd uintptr, b []byte) ([]byte, syscall.Errno) {
	for len(b) > 0 {
		n, err := write(fd, b)
		switch {
		case err == syscall.EINTR:
		case err != 0:
			return b, err
		default:
			b = b[n:]
		}
	}
	return nil, 0
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
	if (s == waiting || s == answering) && now.UnixNano() > c.until.Load() && c.state.CompareAndSwap(s, ended) {
		c.wake()
	}
}

// wake lets the connection's goroutine see that it has ended.
func (c *conn) wake() { _ = c.wire.SetDeadline(time.Unix(1, 0)) } // an error: it is closed

// handed is a connection as the http.Server has it, with what was read already.
type handed struct {
	net.Conn
	c      *conn
	unread []byte
	closed sync.Once
}

var _ io.ReaderFrom = (*handed)(nil)

func (h *handed) Read(b []byte) (int, error) {
	if len(h.unread) == 0 {
		return h.Conn.Read(b)
	}
	n := copy(b, h.unread)
	if h.unread = h.unread[n:]; len(h.unread) == 0 {
		h.unread = nil
	}
	return n, nil
}

// ReadFrom lets the kernel copy a file, where the connection can.
func (h *handed) ReadFrom(r io.Reader) (int64, error) { return io.Copy(h.Conn, r) }

func (h *handed) Close() error {
	err := h.Conn.Close()
	h.closed.Do(func() { h.c.l.gone(h.c) })
	return err
}
