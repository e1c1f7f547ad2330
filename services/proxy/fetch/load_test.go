package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// network is servers with names on a wire, and an Upstream for the first of them.
func network(t *testing.T, o Options, base string, hosts map[string]http.HandlerFunc) (*wire, *Upstream, func()) {
	t.Helper()
	n := newWire()
	var kills []func()
	for name, h := range hosts {
		kills = append(kills, n.serve(name, h))
	}
	o.Dial = n.dial
	u := NewUpstream(base, o)
	return n, u, func() {
		u.Close()
		for _, kill := range kills {
			kill()
		}
	}
}

func zipped(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(b)
	_ = w.Close()
	return z.Bytes()
}

const aPlaylist = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"

func echo(w http.ResponseWriter, q *http.Request) {
	fmt.Fprintf(w, "%s%s %s %s", q.Host, q.URL.RequestURI(), q.Header.Get("Cookie"), q.Header.Get("Authorization"))
}

func TestLoadFollowsRedirects(t *testing.T) {
	follow := func(host string) bool { return host == "cdn" }
	for _, c := range []struct {
		name, base, target string
		follow             func(string) bool
		server1            http.HandlerFunc
		host, found, body  string
		err                string
	}{
		{"none", "http://server1", "/a?t=1", nil, echo, "", "/a?t=1", "server1/a?t=1 c=1 me", ""},
		{"none, of a name that is written oddly", "http://server1", "/a%2fb//c%20d", nil, echo, "", "/a%2fb//c%20d", "server1/a%2fb//c%20d c=1 me", ""},
		{"none, of a name that is not escaped", "http://server1", "/ä|b", nil, echo, "", "/ä|b", "server1/%C3%A4%7Cb c=1 me", ""},
		{"below a path", "http://server1/deep/", "/a", nil, echo, "", "/a", "server1/deep/a c=1 me", ""},
		{"within the host", "http://server1", "/a", nil, once(leads(302, "/b/c?session=2"), echo), "", "/b/c?session=2", "server1/b/c?session=2 c=1 me", ""},
		{"within the host, named", "http://server1:80", "/a", nil, once(leads(308, "http://SERVER1/b"), echo), "", "/b", "SERVER1/b c=1 me", ""},
		{"relative", "http://server1", "/a/b", nil, once(leads(307, "c?d"), echo), "", "/a/c?d", "server1/a/c?d c=1 me", ""},
		{"within a base with a path", "http://server1/deep", "/a", nil, once(leads(301, "/deep/b"), echo), "", "/b", "server1/deep/b c=1 me", ""},
		{"out of a base with a path", "http://server1/deep", "/a", nil, once(leads(301, "/other/b"), echo), "http://server1", "/other/b", "server1/other/b c=1 me", ""},
		{"to a host that is allowed, which learns no secrets", "http://server1", "/a", follow, leads(303, "http://cdn/x?y"), "http://cdn", "/x?y", "cdn/x?y  ", ""},
		{"to a host that is not", "http://server1", "/a", follow, leads(302, "http://other/x"), "", "", "", `status 302 leads to "http://other/x", a host that is not followed`},
		{"to another port", "http://server1", "/a", follow, leads(302, "http://server1:81/x"), "", "", "", `status 302 leads to "http://server1:81/x", a host that is not followed`},
		{"to no web server", "http://server1", "/a", follow, leads(302, "file:///etc/passwd"), "", "", "", `status 302 leads to "file:///etc/passwd", a host that is not followed`},
		{"for ever", "http://server1", "/a", nil, leads(302, "/a"), "", "", "", "more than 5 redirects"},
		{"to nowhere", "http://server1", "/a", nil, says(302, "", "x"), "", "", "", "status 302"},
		{"a choice", "http://server1", "/a", nil, leads(300, "/b"), "", "", "", "status 300"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, u, end := network(t, Options{Follow: c.follow}, c.base, map[string]http.HandlerFunc{"server1": c.server1, "SERVER1": c.server1, "cdn": echo})
				defer end()
				l, err := u.Load(t.Context(), c.target, http.Header{"Cookie": {"c=1"}, "Authorization": {"me"}}, 1000)
				if c.err != "" {
					if err == nil || err.Error() != c.err {
						t.Errorf("got %v, want %s", err, c.err)
					}
					return
				}
				if err != nil || l.Host != c.host || l.Target != c.found || string(l.Body) != c.body || !l.Whole {
					t.Errorf("got %v, %q %q %q, whole %t; want %q %q %q", err, l.Host, l.Target, l.Body, l.Whole, c.host, c.found, c.body)
				}
				if got := n.dialled("server1"); got > 1 {
					t.Errorf("connections: got %d, want one", got)
				}
			})
		})
	}
}

// once answers the first request with one, all others with another handler.
func once(first, then http.HandlerFunc) http.HandlerFunc {
	asked := false
	return func(w http.ResponseWriter, q *http.Request) {
		if asked {
			then(w, q)
			return
		}
		asked = true
		first(w, q)
	}
}

// raw answers with bytes as they are, and closes the connection.
func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, b, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		_, _ = b.WriteString(answer)
		_ = b.Flush()
	}
}

func TestLoadReadsWhatComes(t *testing.T) {
	z := string(zipped([]byte(aPlaylist)))
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		body  string
		whole bool
		err   string
	}{
		{"with a length", says(200, "", aPlaylist), aPlaylist, true, ""},
		{"in chunks", func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write([]byte(aPlaylist))
		}, aPlaylist, true, ""},
		{"to the end of the connection", raw("HTTP/1.0 200 OK\r\n\r\n" + aPlaylist), aPlaylist, false, ""},
		{"cut off", raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + aPlaylist), "", false, "unexpected EOF"},
		{"gzip that nobody asked for", raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + z), aPlaylist, true, ""},
		{"such gzip, cut off", raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + z[:len(z)-9]), "", false, "unexpected EOF"},
		{"such gzip, of nothing", raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"), "", true, ""},
		{"no gzip at all", raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 32\r\n\r\n" + aPlaylist), "", false, "answered gzip that is none"},
		{"a coding that nobody asked for", raw("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nxx"), "", false, `answered in the coding "br"`},
		{"too much", says(200, "", strings.Repeat("x", 1001)), "", false, "more than the 1000 bytes"},
		{"too much in gzip", raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(zipped(make([]byte, 1<<20)))), "", false, "more than the 1000 bytes"},
		{"silence", silent, "", false, "context deadline exceeded"},
		{"headers, then silence", part(10, false, silent), "", false, "context deadline exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, u, end := network(t, Options{}, "http://server1", map[string]http.HandlerFunc{"server1": c.serve})
				defer end()
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				l, err := u.Load(ctx, "/a", nil, 1000)
				if c.err != "" {
					if err == nil || !strings.Contains(err.Error(), c.err) {
						t.Errorf("got %v, want %s", err, c.err)
					}
					return
				}
				if err != nil || string(l.Body) != c.body || l.Whole != c.whole || l.Header.Get("Content-Encoding") != "" {
					t.Errorf("got %v, %q, whole %t, %v; want %q, %t", err, l.Body, l.Whole, l.Header, c.body, c.whole)
				}
			})
		})
	}
}

func TestLoadTellsStatusAndConditions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, u, end := network(t, Options{}, "http://server1", map[string]http.HandlerFunc{"server1": func(w http.ResponseWriter, q *http.Request) {
			if q.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			time.Sleep(30 * time.Millisecond)
			w.Header().Set("Retry-After", "7")
			says(429, "", "slowly")(w, q)
		}})
		defer end()
		_, err := u.Load(t.Context(), "/a", nil, 1000)
		var status *StatusError
		if !errors.As(err, &status) || status.Status != 429 || status.Header.Get("Retry-After") != "7" || string(status.Body) != "slowly" {
			t.Errorf("got %#v, want the whole 429", err)
		}
		l, err := u.Load(t.Context(), "/a", http.Header{"If-None-Match": {`"x"`}}, 1000)
		if err != nil || !l.NotModified || l.Latency != 0 {
			t.Errorf("got %v, %+v, want that nothing was modified", err, l)
		}
	})
}

func TestARefusedAnswerCostsNoConnection(t *testing.T) {
	const times = 20
	big := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		conns int // of 20 requests
	}{
		{"404 with a page", says(404, "text/html", "<html>not here"), 1},
		{"404 with a page of no length", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write([]byte("not here"))
		}, 1},
		{"404 without a body", says(404, "", ""), 1},
		{"a page that is too long", says(404, "", big), times},
		{"a page that does not end", func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(404)
			_ = http.NewResponseController(w).Flush()
			silent(w, q)
		}, times},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, u, end := network(t, Options{}, "http://server1", map[string]http.HandlerFunc{"server1": c.serve})
				defer end()
				began := time.Now()
				for i := range times {
					f := &Fetch{Object: NewObject("/x", time.Now()), Sources: func() []Source { return []Source{{From: u, Target: fmt.Sprintf("/x%d", i)}} }, Rounds: 1, Lane: LanePlayers}
					f.Run(t.Context())
					if _, err := f.Object.Done(); !errors.Is(err, ErrNotFound) {
						t.Fatalf("got %v, want %v", err, ErrNotFound)
					}
				}
				if took := time.Since(began); took > times*2*drainSoon {
					t.Errorf("took %s, want no wait for bodies that are not wanted", took)
				}
				if got := n.dialled("server1"); got != c.conns {
					t.Errorf("connections of %d requests: got %d, want %d", times, got, c.conns)
				}
			})
		})
	}
}
