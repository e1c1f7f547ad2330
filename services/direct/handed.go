package direct

import (
	"io"
	"net"
	"sync"
)

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
