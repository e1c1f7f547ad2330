package fastpath

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	number "math/big"
	"net"
	"net/http"
	"testing"
	"time"
)

// secret is what a server with TLS has and its clients trust.
func secret(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: number.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"h2", "http/1.1"},
			DynamicRecordSizingDisabled: true, MinVersion: tls.VersionTLS12,
		},
		&tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// dialSecure connects with TLS.
func (s *served) dialSecure(client *tls.Config) *peer {
	s.t.Helper()
	plain := s.dial()
	c := tls.Client(plain.Conn, client)
	if err := c.Handshake(); err != nil {
		s.t.Fatal(err)
	}
	return &peer{c, s.t, bufio.NewReader(c)}
}

func TestOneAddressAnswersWithAndWithoutTLS(t *testing.T) {
	server, trust := secret(t)
	s := serveAll(t, listen(t), func(l *Listener) { l.Secure(server, nil) })
	for name, p := range map[string]*peer{"plain": s.dial(), "TLS": s.dialSecure(trust)} {
		for range 2 {
			p.send(plainGET("/small"))
			if res, body := p.answer(); res.StatusCode != http.StatusOK || body != "small" {
				t.Errorf("%s: got %d, %q, want the small one", name, res.StatusCode, body)
			}
		}
		p.send(plainGET("/large"))
		if res, body := p.answer(); res.StatusCode != http.StatusOK || body != string(bytes.Repeat([]byte("x"), big)) {
			t.Errorf("%s: got %d, %d bytes, want %d", name, res.StatusCode, len(body), big)
		}
		if n := s.byServer.Load(); n != 0 {
			t.Errorf("%s: the http.Server answered %d requests, want none", name, n)
		}
		p.send(plainGET("/small") + plainGET("/other") + plainGET("/small"))
		for _, want := range []string{"small", "GET /other ", "GET /small "} {
			if _, body := p.answer(); body != want {
				t.Errorf("%s: got %q, want %q", name, body, want)
			}
		}
		s.byServer.Store(0)
	}
}

func TestTLSWithHTTP2(t *testing.T) {
	server, trust := secret(t)
	s := serveAll(t, listen(t), func(l *Listener) { l.Secure(server, nil) })
	transport := &http.Transport{TLSClientConfig: trust.Clone(), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	for range 3 {
		res, err := client.Get("https://" + s.l.Addr().String() + "/small")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.ProtoMajor != 2 || res.TLS == nil || string(body) != "GET /small " {
			t.Fatalf("got %s, %q, %v, want HTTP/2", res.Proto, body, err)
		}
	}
	await(t, "the connection is idle", func() bool {
		list := s.l.list()
		return len(list) == 1 && list[0].isIdle()
	})
	s.l.Refuse()
	if !s.l.list()[0].evict() {
		t.Error("an idle connection with HTTP/2 cannot be evicted")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.l.Wait(ctx); err != nil {
		t.Error(err)
	}
}

func TestWithoutPlainOnlyTLSIsAnswered(t *testing.T) {
	server, trust := secret(t)
	s := serveAll(t, listen(t), func(l *Listener) { l.Secure(server, func(net.Conn) bool { return false }) })
	p := s.dial()
	p.send(plainGET("/small"))
	if _, body := p.answer(); body != "GET /small " {
		t.Errorf("plain: got %q, want the http.Server's answer", body)
	}
	p = s.dialSecure(trust)
	p.send(plainGET("/small"))
	if _, body := p.answer(); body != "small" {
		t.Errorf("TLS: got %q, want the small one", body)
	}
}

func TestABrokenHandshakeEndsItsConnection(t *testing.T) {
	server, _ := secret(t)
	s := serveAll(t, listen(t), func(l *Listener) { l.Secure(server, nil) })
	p := s.dial()
	p.send("\x16\x03\x01\x00\x04nope") // a message of 7 MB
	if b, err := io.ReadAll(p); err != nil || bytes.Contains(b, []byte("HTTP")) {
		t.Errorf("got %q, %v, want at most an alert", b, err)
	}
	await(t, "it is gone", func() bool { return len(s.l.list()) == 0 })
	if n := s.begun.Load(); n != 0 {
		t.Errorf("the http.Server got %d requests, want none", n)
	}
	idle, stalled := s.dial(), s.dial()
	stalled.send("\x16\x03\x01")
	await(t, "both are there", func() bool { return len(s.l.list()) == 2 })
	await(t, "the handshake has begun", func() bool { return s.stateOf(stalled) == answering })
	for _, c := range s.l.list() {
		c.endLate(time.Now().Add(firstRequest + time.Minute))
	}
	for name, p := range map[string]*peer{"idle": idle, "in its handshake": stalled} {
		if _, err := io.ReadAll(p); err != nil {
			t.Errorf("%s: got %v, want the end", name, err)
		}
	}
}

func TestStateOfTLS(t *testing.T) {
	server, trust := secret(t)
	l := Listen(listen(t), func([]byte) *Response { return nil }, func(error) {})
	l.Secure(server, nil)
	states := make(chan bool, 1)
	s := &http.Server{ReadHeaderTimeout: time.Minute, ConnContext: func(ctx context.Context, c net.Conn) context.Context {
		states <- StateOf(c) != nil
		return ctx
	}, Handler: http.NotFoundHandler()}
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); l.Break(); <-served })
	for _, is := range []bool{false, true} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if is {
			c = tls.Client(c, trust)
		}
		if _, err := io.WriteString(c, plainGET("/")); err != nil {
			t.Fatal(err)
		}
		if got := <-states; got != is {
			t.Errorf("TLS: got %t, want %t", got, is)
		}
	}
}

func TestCookiesAreAnsweredWhereTheyAreKnown(t *testing.T) {
	mine := NewResponse(http.Header{}, []byte("mine"))
	for name, want := range map[string]string{"known": "mine", "unknown": "GET /small "} {
		s := serveAll(t, listen(t), func(l *Listener) {
			if name == "known" {
				l.AnswerCookies(func(target, cookie []byte) *Response {
					if string(target) == "/small" && string(cookie) == "a=1" {
						return mine
					}
					return nil
				})
			}
		})
		p := s.dial()
		p.send(plainGET("/small", "Cookie: a=1"))
		if _, body := p.answer(); body != want {
			t.Errorf("%s: got %q, want %q", name, body, want)
		}
		p.send(plainGET("/small", "Cookie: a=1", "Origin: http://site"))
		if _, body := p.answer(); body != "GET /small " {
			t.Errorf("%s, from a page of a site: got %q, want the http.Server's answer", name, body)
		}
		p = s.dial()
		p.send(plainGET("/small", "Cookie: b=1"))
		if _, body := p.answer(); body != "GET /small " {
			t.Errorf("%s, another: got %q, want the http.Server's answer", name, body)
		}
	}
}
