package upstream_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/upstream"
)

// network is servers with names on a wire, and an Upstream for the first of them.
func network(t *testing.T, o upstream.Options, base string, hosts map[string]http.HandlerFunc) (*fakenet.Net, *upstream.Upstream, func()) {
	t.Helper()
	n := fakenet.NewNet()
	var kills []func()
	for name, h := range hosts {
		kills = append(kills, n.Serve(name, h))
	}
	o.Dial = n.Dial
	u := upstream.New(base, o)
	return n, u, func() {
		u.Close()
		for _, kill := range kills {
			kill()
		}
	}
}

const aPlaylist = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"

func TestLoadFollowsRedirects(t *testing.T) {
	follow := func(host string) bool { return host == "cdn" }
	for _, c := range []struct {
		name, base, target string
		follow             func(string) bool
		server1            http.HandlerFunc
		host, found, body  string
		err                string
	}{
		{"none", "http://server1", "/a?t=1", nil, fakenet.Echo, "", "/a?t=1", "server1/a?t=1 c=1 me", ""},
		{"none, of a name that is written oddly", "http://server1", "/a%2fb//c%20d", nil, fakenet.Echo, "", "/a%2fb//c%20d", "server1/a%2fb//c%20d c=1 me", ""},
		{"none, of a name that is not escaped", "http://server1", "/ä|b", nil, fakenet.Echo, "", "/ä|b", "server1/%C3%A4%7Cb c=1 me", ""},
		{"below a path", "http://server1/deep/", "/a", nil, fakenet.Echo, "", "/a", "server1/deep/a c=1 me", ""},
		{"within the host", "http://server1", "/a", nil, fakenet.Once(fakenet.Leads(302, "/b/c?session=2"), fakenet.Echo), "", "/b/c?session=2", "server1/b/c?session=2 c=1 me", ""},
		{"within the host, named", "http://server1:80", "/a", nil, fakenet.Once(fakenet.Leads(308, "http://SERVER1/b"), fakenet.Echo), "", "/b", "SERVER1/b c=1 me", ""},
		{"relative", "http://server1", "/a/b", nil, fakenet.Once(fakenet.Leads(307, "c?d"), fakenet.Echo), "", "/a/c?d", "server1/a/c?d c=1 me", ""},
		{"within a base with a path", "http://server1/deep", "/a", nil, fakenet.Once(fakenet.Leads(301, "/deep/b"), fakenet.Echo), "", "/b", "server1/deep/b c=1 me", ""},
		{"out of a base with a path", "http://server1/deep", "/a", nil, fakenet.Once(fakenet.Leads(301, "/other/b"), fakenet.Echo), "http://server1", "/other/b", "server1/other/b c=1 me", ""},
		{"to a host that is allowed, which learns no secrets", "http://server1", "/a", follow, fakenet.Leads(303, "http://cdn/x?y"), "http://cdn", "/x?y", "cdn/x?y  ", ""},
		{"to a host that is not", "http://server1", "/a", follow, fakenet.Leads(302, "http://other/x"), "", "", "", `status 302 leads to "http://other/x", a host that is not followed`},
		{"to another port", "http://server1", "/a", follow, fakenet.Leads(302, "http://server1:81/x"), "", "", "", `status 302 leads to "http://server1:81/x", a host that is not followed`},
		{"to no web server", "http://server1", "/a", follow, fakenet.Leads(302, "file:///etc/passwd"), "", "", "", `status 302 leads to "file:///etc/passwd", a host that is not followed`},
		{"for ever", "http://server1", "/a", nil, fakenet.Leads(302, "/a"), "", "", "", "more than 5 redirects"},
		{"to nowhere", "http://server1", "/a", nil, fakenet.Says(302, "", "x"), "", "", "", "status 302"},
		{"a choice", "http://server1", "/a", nil, fakenet.Leads(300, "/b"), "", "", "", "status 300"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, u, end := network(t, upstream.Options{Follow: c.follow}, c.base, map[string]http.HandlerFunc{"server1": c.server1, "SERVER1": c.server1, "cdn": fakenet.Echo})
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
				if got := n.Dials("server1:80"); got > 1 {
					t.Errorf("connections: got %d, want one", got)
				}
			})
		})
	}
}

func TestLoadReadsWhatComes(t *testing.T) {
	z := string(fakenet.Gzipped([]byte(aPlaylist)))
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		body  string
		whole bool
		err   string
	}{
		{"with a length", fakenet.Says(200, "", aPlaylist), aPlaylist, true, ""},
		{"in chunks", func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write([]byte(aPlaylist))
		}, aPlaylist, true, ""},
		{"to the end of the connection", fakenet.Raw("HTTP/1.0 200 OK\r\n\r\n" + aPlaylist), aPlaylist, false, ""},
		{"cut off", fakenet.Raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + aPlaylist), "", false, "unexpected EOF"},
		{"gzip that nobody asked for", fakenet.Raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + z), aPlaylist, true, ""},
		{"such gzip, cut off", fakenet.Raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + z[:len(z)-9]), "", false, "unexpected EOF"},
		{"such gzip, of nothing", fakenet.Raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"), "", true, ""},
		{"no gzip at all", fakenet.Raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 32\r\n\r\n" + aPlaylist), "", false, "answered gzip that cannot be read"},
		{"a coding that nobody asked for", fakenet.Raw("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nxx"), "", false, `answered in the coding "br"`},
		{"too much", fakenet.Says(200, "", strings.Repeat("x", 1001)), "", false, "more than 1000 bytes"},
		{"too much in gzip", fakenet.Raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(fakenet.Gzipped(make([]byte, 1<<20)))), "", false, "more than 1000 bytes"},
		{"silence", fakenet.Silent, "", false, "context deadline exceeded"},
		{"headers, then silence", fakenet.Part(10, false, fakenet.Silent), "", false, "context deadline exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, u, end := network(t, upstream.Options{}, "http://server1", map[string]http.HandlerFunc{"server1": c.serve})
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
		_, u, end := network(t, upstream.Options{}, "http://server1", map[string]http.HandlerFunc{"server1": func(w http.ResponseWriter, q *http.Request) {
			if q.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			time.Sleep(30 * time.Millisecond)
			w.Header().Set("Retry-After", "7")
			fakenet.Says(429, "", "slowly")(w, q)
		}})
		defer end()
		_, err := u.Load(t.Context(), "/a", nil, 1000)
		var status *upstream.StatusError
		if !errors.As(err, &status) || status.Status != 429 || status.Header.Get("Retry-After") != "7" || string(status.Body) != "slowly" {
			t.Errorf("got %#v, want the whole 429", err)
		}
		l, err := u.Load(t.Context(), "/a", http.Header{"If-None-Match": {`"x"`}}, 1000)
		if err != nil || !l.NotModified || l.Latency != 0 {
			t.Errorf("got %v, %+v, want that nothing was modified", err, l)
		}
	})
}
