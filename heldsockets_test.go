package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/service"
)

// audience are readers who ask the proxy all the time, each over a connection of
// its own that it keeps as long as it may, as players do.
type audience struct {
	t        *testing.T
	base     string
	stop     func()
	requests atomic.Int64
	// deadly: the proxy is being killed, a transfer may break off.
	deadly atomic.Bool

	mu     sync.Mutex
	broken int      // transfers that broke off and came whole when asked for again; guarded by mu
	faults []string // what must not happen; guarded by mu
	worst  time.Duration
}

func newAudience(t *testing.T, base string, n int) *audience {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	a := &audience{t: t, base: base}
	var work sync.WaitGroup
	for range n {
		work.Go(func() { a.read(ctx) })
	}
	a.stop = sync.OnceFunc(func() { cancel(); work.Wait() })
	t.Cleanup(a.stop)
	return a
}

// pause is between two requests of a reader: it plays meanwhile.
const pause = 30 * time.Millisecond

func (a *audience) read(ctx context.Context) {
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	var list *m3u8.MediaPlaylist
	for n := 0; ctx.Err() == nil; n++ {
		path := "/live01/playlist.m3u8"
		if n%4 > 0 && list != nil {
			path = "/live01/" + list.Segments[rand.IntN(len(list.Segments))].URI
		}
		body := a.ask(ctx, client, path)
		if body != nil && strings.HasSuffix(path, ".m3u8") {
			parsed, err := m3u8.ParseMedia(body)
			if err != nil || len(parsed.Segments) == 0 {
				a.fault("%s: %v in %q", path, err, body)
			} else {
				list = parsed
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// ask asks until there is a whole answer, which is at once unless the proxy is
// being killed: then what it was sending breaks off.
func (a *audience) ask(ctx context.Context, client *http.Client, path string) []byte {
	began := time.Now()
	for tries := 1; ; tries++ {
		deadly := a.deadly.Load() // before it is asked
		status, body, connections, err := a.once(ctx, client, path)
		deadly = deadly || a.deadly.Load()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, syscall.ECONNREFUSED):
			a.fault("%s: %v", path, err)
			return nil
		case err != nil && deadly && tries < 20:
			continue
		case err != nil:
			a.fault("%s, try %d: %v", path, tries, err)
			return nil
		case status != http.StatusOK && (status != http.StatusNotFound || strings.HasSuffix(path, ".m3u8")):
			a.fault("%s: status %d %s", path, status, body)
			return nil
		case connections > 1 && !deadly:
			// The client has hidden it; not every player would.
			a.fault("%s: its connection was closed under it", path)
		}
		a.requests.Add(1)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.worst = max(a.worst, time.Since(began))
		if tries > 1 || connections > 1 { // by us, or by the client for us
			a.broken++
		}
		return body
	}
}

func (a *audience) once(ctx context.Context, client *http.Client, path string) (status int, body []byte, connections int, err error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connections++ }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return 0, nil, 0, err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, connections, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, connections, err
}

func (a *audience) fault(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, time.Now().Format("05.000 ")+fmt.Sprintf(format, args...))
}

// more waits for n more answers.
func (a *audience) more(p *platform, n int64) {
	a.t.Helper()
	to := a.requests.Load() + n
	p.await(20*time.Second, fmt.Sprintf("%d more answers", n), func() error {
		if got := a.requests.Load(); got < to {
			return fmt.Errorf("%d are lacking", to-got)
		}
		return nil
	})
}

func (a *audience) check(what string) {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.t.Logf("%s: %d requests, %d broken off by a kill and whole when asked for again, the longest took %s",
		what, a.requests.Load(), a.broken, a.worst.Round(time.Millisecond))
	if len(a.faults) > 0 {
		a.t.Errorf("%s: %d faults, the first of them:\n%s", what, len(a.faults), strings.Join(a.faults[:min(10, len(a.faults))], "\n"))
	}
	a.faults, a.broken, a.worst = nil, 0, 0
}

// says runs livestream-tui ctl and returns what it says.
func (p *platform) says(args ...string) string {
	p.t.Helper()
	out, err := command(p.t, p.env, append([]string{"ctl"}, args...)...).CombinedOutput()
	if err != nil {
		p.dump()
		p.t.Fatalf("ctl %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// killProxy kills it with -9 and returns how long a player who asks at that moment
// waits for an answer of the next incarnation.
func (p *platform) killProxy(a *audience) time.Duration {
	p.t.Helper()
	before := p.status("proxy")
	a.deadly.Store(true)
	defer a.deadly.Store(false)
	began := time.Now()
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	var took time.Duration
	p.await(20*time.Second, "an answer after kill -9", func() error {
		status, _, _, err := a.once(context.Background(), client, "/live01/playlist.m3u8")
		if errors.Is(err, syscall.ECONNREFUSED) {
			p.t.Errorf("refused %s after the kill", time.Since(began))
		}
		if err != nil {
			return err // its connection died with the proxy
		}
		if status != http.StatusOK {
			p.t.Errorf("status %d %s after the kill", status, time.Since(began))
		}
		took = time.Since(began)
		return nil
	})
	p.await(20*time.Second, "another proxy, ready", func() error {
		if s := p.status("proxy"); s.PID == before.PID || s.State.String() != "ready" {
			return fmt.Errorf("pid %d, %s %s", s.PID, s.State, s.Reason)
		}
		return nil
	})
	return took
}

func TestHeldSocketsKilledAndRestartedUnderReaders(t *testing.T) {
	env := settings(t)
	env["HANDOVER_TIMEOUT"] = "3s" // some connections idle on, and the test is to be short
	p := launch(t, env)
	p.awaitOnAir(everyProcess...)
	a := newAudience(t, p.base("PROXY_PORT"), 20)
	a.more(p, 100)

	for range 2 {
		before := p.status("proxy")
		p.says("restart", "proxy")
		p.await(20*time.Second, "the old proxy has finished", func() error {
			if s := p.status("proxy"); s.PID == before.PID || s.State.String() != "ready" || s.Draining != 0 {
				return fmt.Errorf("pid %d, %s %s", s.PID, s.State, s.Reason)
			}
			return nil
		})
		a.more(p, 100)
	}
	a.check("two restarts of the proxy")

	var waits []time.Duration
	kills := 3
	if soaking() {
		kills = 20
	}
	for range kills {
		waits = append(waits, p.killProxy(a))
		a.more(p, 100)
		if soaking() { // else each death in a row waits longer
			time.Sleep(11 * time.Second)
		}
	}
	a.check("kill -9 of the proxy")
	slices.Sort(waits)
	t.Logf("from kill -9 to an answer: median %s of %v", waits[len(waits)/2], waits)

	for _, name := range []string{"origin", "reporter"} {
		p.says("restart", name)
	}
	a.more(p, 100)
	a.check("restarts of origin and reporter")
}

func TestHeldSocketsUpgradeUnderReaders(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	env := settings(t)
	own := env["RUN_PATH"] + "-binary" // that this test may replace
	copyFile(t, path, own)
	if err := os.Chmod(own, 0o755); err != nil {
		t.Fatal(err)
	}
	p := launchBinary(t, own, env)
	p.awaitOnAir(everyProcess...)
	a := newAudience(t, p.base("PROXY_PORT"), 20)
	a.more(p, 100)

	upgrade := func(how string, ask func()) {
		before := map[string]int{}
		for _, name := range everyProcess {
			before[name] = p.status(name).PID
		}
		copyFile(t, path, own+".new")
		if err := errors.Join(os.Chmod(own+".new", 0o755), os.Rename(own+".new", own)); err != nil {
			t.Fatal(err)
		}
		ask()
		p.await(60*time.Second, "every process from the binary on disk", func() error {
			for _, name := range everyProcess {
				s := p.status(name)
				exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", s.PID))
				if s.PID == before[name] || s.State.String() != "ready" || err == nil && exe != own {
					return fmt.Errorf("%s: pid %d runs %s, %s %s", name, s.PID, exe, s.State, s.Reason)
				}
			}
			return nil
		})
		a.more(p, 100)
		a.check(how)
	}
	upgrade("ctl upgrade", func() {
		if got := p.says("upgrade"); !strings.HasPrefix(got, "upgraded 8 processes to livestream-tui ") {
			t.Errorf("ctl upgrade: got %s", got)
		} else {
			t.Log(got)
		}
	})
	upgrade("USR2", func() { p.signal(syscall.SIGUSR2) })
	for _, line := range p.logged() {
		if strings.Contains(line, `"off air`) || strings.Contains(line, `"outage":`) {
			t.Errorf("the viewer or the look at the playlist noticed: %s", line)
		}
	}
}

// A hand-over must have ended before the supervisor kills the one that finishes.
func TestAHandOverIsOverBeforeItsGrace(t *testing.T) {
	c, err := service.CommonFromEnv(service.Environment{})
	if err != nil {
		t.Fatal(err)
	}
	const grace = 15 * time.Second // procs.Spec.FinishGrace
	if c.Handover > grace-2*time.Second {
		t.Errorf("HANDOVER_TIMEOUT is %s by default, the grace %s", c.Handover, grace)
	}
}
