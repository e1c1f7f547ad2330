package fastpath

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	segment = 300 << 10
	big     = 16 << 20 // more than the kernel takes
)

func TestPlainRequestsAreAnsweredAndOthersAreTheServers(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send(plainGET("/small") + plainGET("/large"))
	res, body := p.answer()
	if date, err := http.ParseTime(res.Header.Get("Date")); body != "small" || res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/plain" || err != nil || time.Since(date) > time.Minute {
		t.Errorf("got %v and %q", res, body)
	}
	if res, body = p.answer(); len(body) != big || res.ContentLength != big {
		t.Errorf("got %d bytes of %d, want %d", len(body), res.ContentLength, big)
	}
	p.send(plainGET("/small", `If-None-Match: "s"`))
	if res, body = p.answer(); res.StatusCode != http.StatusNotModified || body != "" || res.Header.Get("Etag") != `"s"` || res.Header.Get("Content-Type") != "" {
		t.Errorf("who has it: got %v and %q", res, body)
	}
	p.send(plainGET("/small", `If-None-Match: "other"`))
	if res, body = p.answer(); res.StatusCode != 200 || body != "small" {
		t.Errorf("who has another: got %v and %q", res, body)
	}
	if n := s.byServer.Load(); n != 0 {
		t.Errorf("the server answered %d, want none", n)
	}
	p.send(plainGET("/small", "Range: bytes=0-"))
	if res, body = p.answer(); res.StatusCode != http.StatusPartialContent || body != "small" || res.Header.Get("Content-Range") != "bytes 0-4/5" || res.ContentLength != 5 || res.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("the range of all: got %v and %q", res, body)
	}
	p.send(plainGET("/small", "Range: bytes=0-", `If-None-Match: "s"`))
	if res, body = p.answer(); res.StatusCode != http.StatusNotModified || body != "" || res.Header.Get("Content-Range") != "" {
		t.Errorf("the range of all of what it has: got %v and %q", res, body)
	}
	p.send(plainGET("/nothing", "Range: bytes=0-"))
	if res, body = p.answer(); res.StatusCode != 200 || body != "" {
		t.Errorf("the range of nothing: got %v and %q", res, body)
	}
	if n := s.byServer.Load(); n != 0 {
		t.Errorf("the server answered %d, want none", n)
	}
	// One that is plain, one that is not, in one piece with the next one's beginning.
	p.send(plainGET("/small") + "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody" + "GET /sm")
	if _, body = p.answer(); body != "small" {
		t.Errorf("got %q", body)
	}
	if _, body = p.answer(); body != "POST /post body" {
		t.Errorf("got %q", body)
	}
	p.send("all HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, body = p.answer(); body != "GET /small " {
		t.Errorf("got %q: where one was the server's, all are", body)
	}
}

func TestARequestInPiecesIsTheServers(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send("GET /small HTTP/1.1\r\nHo")
	await(t, "the connection is the server's", func() bool {
		for _, c := range s.l.list() {
			return c.state.Load() == resting
		}
		return false
	})
	p.send("st: x\r\n\r\n")
	if _, body := p.answer(); body != "GET /small " {
		t.Errorf("got %q", body)
	}
}

func TestAClosedConnectionLeavesNothing(t *testing.T) {
	s := serveAll(t, listen(t))
	for _, text := range []string{"", plainGET("/small"), plainGET("/large"), plainGET("/other"), "GET"} {
		p := s.dial()
		p.send(text)
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	half := s.dial() // says that nothing comes any more, and reads on
	half.send(plainGET("/small"))
	if err := half.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(half.in); err != nil || !strings.HasSuffix(string(b), "small") {
		t.Errorf("got %q, %v", b, err)
	}
	await(t, "no connection is left", func() bool { return len(s.l.list()) == 0 })
}

// TestAClientReadsTheServersRefusal: the http.Server ends its side before it closes the
// connection, so that the client reads the refusal.
func TestAClientReadsTheServersRefusal(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send(plainGET("/small", "A: "+strings.Repeat("x", 6<<10)))
	b, err := io.ReadAll(p.in)
	if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 431 ") {
		t.Errorf("got %q, %v, want 431 and the end", b, err)
	}
}

func TestBytesThatTheServerHasReadAreNotKept(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send(plainGET("/other"))
	p.answer()
	for _, c := range s.l.list() {
		if c.unread != nil {
			t.Errorf("%d bytes are kept as long as the connection", len(c.unread))
		}
	}
}

// What the kernel holds comes to its reader although the process is killed.
func TestASegmentIsTheKernelsAtOnceForASlowReader(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send(plainGET("/small"))
	p.answer()
	p.send(plainGET("/segment"))
	if _, err := p.in.Peek(1); err != nil {
		t.Fatal(err)
	}
	await(t, "nothing is left to send, though little is read", func() bool {
		list := s.l.list()
		return len(list) == 1 && list[0].state.Load() == waiting
	})
	if _, body := p.answer(); len(body) != segment {
		t.Errorf("got %d bytes, want %d", len(body), segment)
	}
}

func BenchmarkAnswer(b *testing.B) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	res := NewResponse(http.Header{"Etag": {`"s"`}}, make([]byte, 500))
	l := Listen(inner, func([]byte) *Response { return res }, func(error) {})
	go l.Accept() //nolint:errcheck // nothing is left to it
	c, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	in, ask := make([]byte, 4096), []byte(plainGET("/small"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(ask); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Read(in); err != nil {
			b.Fatal(err)
		}
	}
	_ = c.Close()
	_ = l.Close()
	l.Break()
}
