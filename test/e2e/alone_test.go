package e2e

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// The proxy alone, in front of two plain static file servers that know nothing of
// us: MPEG-TS, other names, validators of their own.

// alone is a proxy in front of a station, and players of it.
type alone struct {
	*station
	url     string // of the playlist at the proxy
	players *harness.Players
}

// startAlone starts the proxy and has n players play.
func startAlone(t *testing.T, s *station, n int) *alone {
	t.Helper()
	state := t.TempDir()
	port := strconv.Itoa(harness.Ports(t, 1)[0])
	proxy := harness.Command(t, map[string]string{
		"PACKAGERS": s.servers[0].base() + "," + s.servers[1].base(), "ORIGIN_URL": "none",
		"PROXY_PORT": port, "STATE_PATH": state, "CACHE_PATH": state,
	}, "proxy")
	proxy.Stderr = os.Stderr
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = proxy.Process.Signal(syscall.SIGTERM) // it may have ended
		if err := proxy.Wait(); err != nil {
			t.Errorf("proxy: %v", err)
		}
	})
	a := &alone{station: s, url: "http://127.0.0.1:" + port + "/show/index.m3u8"}
	harness.Await(t, time.Minute, "six segments", func() error {
		list, err := harness.Playlist(a.url)
		if err == nil && len(list.Segments) < 6 {
			err = fmt.Errorf("%d segments", len(list.Segments))
		}
		return err
	})
	a.players = harness.Gather(t, a.url, n, nil)
	return a
}

// awaitNotBy waits until the proxy serves from another server, and then for three
// segments more.
func (a *alone) awaitNotBy(server *nginx) {
	a.t.Helper()
	harness.Await(a.t, 20*time.Second, "served by another", func() error {
		by, err := harness.Serving(a.url)
		if err == nil && by == server.base() {
			err = errors.New("it is " + by)
		}
		return err
	})
	newest := a.players.MSN()
	harness.Await(a.t, 20*time.Second, "three segments more", func() error {
		if got := a.players.MSN(); got < newest+3 {
			return fmt.Errorf("msn %d, was %d", got, newest)
		}
		return nil
	})
}

// active is the server that the proxy serves from.
func (a *alone) active() *nginx {
	a.t.Helper()
	by, err := harness.Serving(a.url)
	if err != nil {
		a.t.Fatal(err)
	}
	if other := a.servers[1]; by == other.base() {
		return other
	}
	return a.servers[0]
}

func TestTheProxyAloneBeforeTwoStaticServers(t *testing.T) {
	harness.Parallel(t)
	a := startAlone(t, startStation(t), 12)
	for _, f := range []struct {
		name         string
		begin, ended func(*nginx)
	}{
		{"killed", (*nginx).kill, (*nginx).start},
		{"stopped", func(n *nginx) { n.signal(syscall.SIGSTOP) }, func(n *nginx) { n.signal(syscall.SIGCONT) }},
		{"a page instead of the playlist", (*nginx).misconfigure, (*nginx).configure},
	} {
		for range 2 { // each server in turn
			active := a.active()
			t.Logf("%s: %s", f.name, active.base())
			f.begin(active)
			a.awaitNotBy(active)
			f.ended(active)
			harness.Await(t, 20*time.Second, "it is up again", func() error {
				_, err := harness.Playlist(active.base() + "/show/index.m3u8")
				return err
			})
			a.awaitNotBy(active)
		}
	}
	t.Log("stale: the second server's folder stands still")
	a.stale <- true
	a.awaitNotBy(a.servers[1])
	a.stale <- false
	harness.WantClean(t, a.players.Leave())
}
