package fastpath

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// serverConn is a connection as the http.Server has it, beginning with the bytes that
// were read already. A write on it is given up when the reader takes nothing, so that no
// answer lasts for ever. A deadline that the handler sets replaces that limit until
// the answer is over.
type serverConn struct {
	net.Conn
	c       *conn
	unread  []byte
	framing framing
	refusal string      // the rest of it, when the request is refused
	limited atomic.Bool // the handler has set a deadline
	closed  sync.Once
}

var _ io.ReaderFrom = (*serverConn)(nil)

func (h *serverConn) Read(b []byte) (int, error) {
	for len(b) > 0 {
		if h.refusal != "" {
			n := copy(b, h.refusal)
			h.refusal = h.refusal[n:]
			return n, nil
		}
		n, err := h.readWire(b)
		if err != nil {
			return 0, err // a connection returns no bytes with an error
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

func (h *serverConn) readWire(b []byte) (int, error) {
	if len(h.unread) == 0 {
		return h.Conn.Read(b)
	}
	n := copy(b, h.unread)
	if h.unread = h.unread[n:]; len(h.unread) == 0 {
		h.unread = nil
	}
	return n, nil
}

func (h *serverConn) Write(b []byte) (int, error) {
	h.limit(len(b))
	return h.Conn.Write(b)
}

// limit gives the reader time for n more bytes, and the connection its share of the
// kernel's memory, so that a client that requests and never reads cannot fill it.
func (h *serverConn) limit(n int) {
	h.limitUnsent()
	if !h.limited.Load() {
		_ = h.Conn.SetWriteDeadline(time.Now().Add(WriteLimit(n))) // the write reports an error
	}
}

func (h *serverConn) limitUnsent() {
	n := h.c.l.unsent.Load()
	if h.c.unsent == n {
		return
	}
	if wire, ok := h.Conn.(syscall.Conn); ok {
		if raw, err := wire.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { h.c.limitUnsent(fd, n) }) // the write reports an error
		}
	}
}

// SetWriteDeadline sets the handler's own deadline; the zero time, which the
// http.Server sets after each answer, ends it.
func (h *serverConn) SetWriteDeadline(t time.Time) error {
	h.limited.Store(!t.IsZero())
	return h.Conn.SetWriteDeadline(t)
}

// SetDeadline sets both deadlines, the one for writing like SetWriteDeadline.
func (h *serverConn) SetDeadline(t time.Time) error {
	h.limited.Store(!t.IsZero())
	return h.Conn.SetDeadline(t)
}

// pieceMost is how much of a file is sent under one limit.
const pieceMost = 256 << 10

// ReadFrom lets the kernel copy a file when the connection can.
func (h *serverConn) ReadFrom(r io.Reader) (sent int64, err error) {
	all, limited := r.(*io.LimitedReader) // the kernel copies from under one LimitedReader, not from under two
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

// CloseWrite ends the sending side when the connection can. The http.Server needs it so
// that a client reads why its request is refused.
func (h *serverConn) CloseWrite() error {
	if c, ok := h.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

func (h *serverConn) Close() error {
	err := h.Conn.Close()
	h.closed.Do(func() { h.c.l.gone(h.c) })
	return err
}
