package fastpath

import (
	"bytes"
	"crypto/tls"
	"net"
)

// handshake begins a connection with TLS (RFC 8446, 5.1), and no request.
const handshake = 0x16

// Secure answers connections that begin with TLS as well, on the same address. HTTP/2 and
// whatever has no Response is left to the http.Server. plain reports whether Answer may
// answer a connection without TLS; false leaves its requests to the http.Server. A nil
// plain means that it may answer all of them. Call it before Accept.
func (l *Listener) Secure(config *tls.Config, plain func(net.Conn) bool) {
	l.secure, l.plain = config, plain
}

// StateOf returns the state of TLS on a connection that Accept has returned; nil when it
// has none.
func StateOf(accepted net.Conn) *tls.ConnectionState {
	if h, ok := accepted.(*serverConn); ok {
		accepted = h.Conn
	}
	if t, ok := accepted.(*tls.Conn); ok {
		s := t.ConnectionState()
		return &s
	}
	return nil
}

// isSecure reports whether a connection begins with TLS.
func (c *conn) isSecure(begin []byte) bool {
	return begin[0] == handshake && c.l.secure != nil && !c.asked.Load()
}

// serveSecure serves a connection whose first bytes, in unread, begin TLS.
func (c *conn) serveSecure() {
	encrypted := &serverConn{Conn: c.wire, c: c, unread: c.unread, framing: framing{at: notFollowed}}
	c.unread = nil
	t := tls.Server(encrypted, c.l.secure)
	if t.Handshake() != nil { // endLate ends it when it takes too long
		_ = encrypted.Close() // the client was told why
		return
	}
	switch t.ConnectionState().NegotiatedProtocol {
	case "", "http/1.1":
		c.answerSecure(t)
	case "h2":
		if c.state.CompareAndSwap(answering, serving) {
			c.pass(t)
			return
		}
	}
	if c.state.Load() != serving {
		_ = t.Close() // everything is sent or lost by now
		return
	}
	h := &serverConn{Conn: t, c: c, unread: c.unread, framing: framing{empty: c.empty}}
	c.unread = nil // c lasts as long as the connection
	c.pass(h)
}

// pass leaves a connection to the http.Server.
func (c *conn) pass(h net.Conn) {
	select {
	case c.l.toServer <- h:
	case <-c.l.over:
		_ = h.Close() // the server does not get it
	}
}

// answerSecure answers until the connection has ended or passes to the http.Server.
func (c *conn) answerSecure(t *tls.Conn) {
	c.limit(firstRequest)
	if !c.state.CompareAndSwap(answering, waiting) || c.l.isOver() {
		return
	}
	for c.answerOnce(t) && c.answered() {
	}
}

// answerOnce waits for requests and answers those that have arrived; false when the
// connection is over. The buffers are taken only once there is something to read.
func (c *conn) answerOnce(t *tls.Conn) bool {
	var first [1]byte
	if n, err := t.Read(first[:]); n == 0 || err != nil || !c.state.CompareAndSwap(waiting, answering) {
		return false
	}
	b := pool.Get().(*buffers)
	defer pool.Put(b)
	b.in[0] = first[0]
	n, err := t.Read(b.in[1:])
	if err != nil {
		return false
	}
	for requests := c.skipEmpty(b.in[:1+n]); len(requests) > 0; requests = c.skipEmpty(requests) {
		res, r := c.lookUp(requests, b)
		if res == nil {
			c.unread = bytes.Clone(requests)
			return true
		}
		c.beginAnswer(res)
		if !sendSecure(t, res, r, b.out[:0], *c.l.date.Load()) {
			return false
		}
		requests = requests[r.size:]
	}
	return true
}

// sendSecure sends one answer, its header from out; false when the connection is lost.
func sendSecure(t *tls.Conn, res *Response, r request, out []byte, date string) bool {
	out, whole := res.appendHead(out, r, date)
	var rest []byte
	if whole {
		n := min(len(res.body), cap(out)-len(out))
		out, rest = append(out, res.body[:n]...), res.body[n:]
	}
	if _, err := t.Write(out); err != nil {
		return false
	}
	if len(rest) == 0 {
		return true
	}
	_, err := t.Write(rest)
	return err == nil
}
