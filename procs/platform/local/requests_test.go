package local

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
)

// proxyAt serves a proxy's metrics on a socket; body is what it answers.
func proxyAt(t *testing.T, body *atomic.Value) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "req") // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) }) // a temporary folder: no harm if it stays
	path := filepath.Join(folder, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" || r.URL.Query().Get("name[]") != requestsMetric {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(body.Load().(string))) // a client that has gone has failed already
	})}
	go func() { _ = s.Serve(l) }() // it ends with the test
	t.Cleanup(func() { _ = s.Close() })
	return path
}

func TestTheRequestsOfAProxyAreCountedBetweenTwoLooks(t *testing.T) {
	var body atomic.Value
	socket, other := proxyAt(t, &body), proxyAt(t, &body)
	of := func(state procs.State, socket string) platform.Snapshot {
		return platform.Snapshot{Processes: []platform.Process{
			{Role: layouts.Packager, Status: platform.Status{Name: "server1", State: procs.Ready, Socket: socket}},
			{Role: layouts.Proxy, Status: platform.Status{Name: "proxy", State: state, Socket: socket}},
		}}
	}
	r := newRequests()
	for _, c := range []struct {
		name   string
		s      platform.Snapshot
		answer string
		more   float64 // requests since the last look; negative: no point
	}{
		{"the first look", of(procs.Ready, socket), "proxy_requests_total{kind=\"media\"} 100\n", -1},
		{"more of several kinds", of(procs.Ready, socket), "# HELP x\nproxy_requests_total{kind=\"media\"} 150\nproxy_requests_total{kind=\"playlist\"} 10\nproxy_requests_total_other 9\n", 60},
		{"none", of(procs.Ready, socket), "proxy_requests_total{kind=\"media\"} 160\n", 0},
		{"another incarnation", of(procs.Ready, other), "proxy_requests_total 200\n", -1},
		{"which counts on", of(procs.Ready, other), "proxy_requests_total 205\n", 5},
		{"it counts from zero", of(procs.Ready, other), "proxy_requests_total 3\n", -1},
		{"no metrics", of(procs.Ready, other), "proxy_requests_total many\n", -1},
		{"after a gap", of(procs.Ready, other), "proxy_requests_total 9\n", -1},
		{"it is stopped", of(procs.Exited, ""), "", -1},
	} {
		body.Store(c.answer)
		was := r.last["proxy"]
		list := r.rates(t.Context(), c.s)
		if c.more < 0 {
			if len(list) != 0 {
				t.Errorf("%s: got %v, want no point", c.name, list)
			}
			continue
		}
		took := r.last["proxy"].at.Sub(was.at).Seconds()
		if len(list) != 1 || list[0] != (series.Point{Kind: series.Requests, Of: "proxy", Value: c.more / took}) {
			t.Errorf("%s: got %v, want %v requests in %v s", c.name, list, c.more, took)
		}
	}
}
