package fastpath

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// handed is a connection as the http.Server has it, with what was read already. A
// write on it is given up when the reader takes nothing of it: whoever answers, and
// whatever, nobody holds an answer for ever. Where the handler has set a deadline of
// its own, that one holds until the answer is over.
type handed struct {
	net.Conn
	c       *conn
	unread  []byte
	framing framing
	refusal string      // what is left of it, when the request is refused
	limited atomic.Bool // by the handler
	closed  sync.Once
}

var _ io.ReaderFrom = (*handed)(nil)

func (h *handed) Read(b []byte) (int, error) {
	for len(b) > 0 {
		if h.refusal != "" {
			n := copy(b, h.refusal)
			h.refusal = h.refusal[n:]
			return n, nil
		}
		n, err := h.readWire(b)
		if err != nil {
			return 0, err // a connection has no bytes with it
		}
		n, refused := h.framing.pass(b[:n])
		if refused {
			h.refusal = refusal
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, nil
}

func (h *handed) readWire(b []byte) (int, error) {
	if len(h.unread) == 0 {
		return h.Conn.Read(b)
	}
	n := copy(b, h.unread)
	if h.unread = h.unread[n:]; len(h.unread) == 0 {
		h.unread = nil
	}
	return n, nil
}

func (h *handed) Write(b []byte) (int, error) {
	h.limit(len(b))
	return h.Conn.Write(b)
}

// limit gives the reader time for n bytes more, and of the kernel's memory what each
// connection may have: who asks and never reads is waited for before that is full of
// answers.
func (h *handed) limit(n int) {
	h.limitUnsent()
	if !h.limited.Load() {
		_ = h.Conn.SetWriteDeadline(time.Now().Add(WriteLimit(n))) // an error: the write tells
	}
}

func (h *handed) limitUnsent() {
	n := h.c.l.unsent.Load()
	if h.c.unsent == n {
		return
	}
	if wire, ok := h.Conn.(syscall.Conn); ok {
		if raw, err := wire.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { h.c.limitUnsent(fd, n) }) // an error: the write tells
		}
	}
}

// SetWriteDeadline is the handler's, and with the zero time the end of it: the
// http.Server sets that after each answer.
func (h *handed) SetWriteDeadline(t time.Time) error {
	h.limited.Store(!t.IsZero())
	return h.Conn.SetWriteDeadline(t)
}

// SetDeadline is both deadlines at once.
func (h *handed) SetDeadline(t time.Time) error {
	h.limited.Store(!t.IsZero())
	return h.Conn.SetDeadline(t)
}

// pieceMost is how much of a file is sent on one limit.
const pieceMost = 256 << 10

// ReadFrom lets the kernel copy a file, where the connection can.
func (h *handed) ReadFrom(r io.Reader) (sent int64, err error) {
	all, limited := r.(*io.LimitedReader) // the kernel is for what stands behind one of them, not two
	for {
		piece := &io.LimitedReader{R: r, N: pieceMost}
		if limited {
			piece.R, piece.N = all.R, min(all.N, pieceMost)
		}
		h.limit(pieceMost)
		n, err := io.Copy(h.Conn, piece)
		sent += n
		if limited {
			all.N -= n
		}
		if err != nil || n < pieceMost {
			return sent, err
		}
	}
}

// CloseWrite ends what is sent, where the connection can: with it the http.Server
// lets a client read why its request is refused.
func (h *handed) CloseWrite() error {
	if c, ok := h.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

func (h *handed) Close() error {
	err := h.Conn.Close()
	h.closed.Do(func() { h.c.l.gone(h.c) })
	return err
}
