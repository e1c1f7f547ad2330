package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/test/harness"
)

// audience is a number of readers that ask the proxy all the time. Each keeps a
// connection of its own open as long as the proxy allows, as players do.
type audience struct {
	t        *testing.T
	base     string
	stop     func()
	requests atomic.Int64
	// kills counts the kills of the proxy, and once more when the proxy is back: a transfer
	// during which it changes, or while it is odd, may break off.
	kills atomic.Int64

	mu     sync.Mutex
	broken int      // transfers that broke off and were whole at the next try; guarded by mu
	faults []string // what must not happen, but did; guarded by mu
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

// pause is the time between two requests of a reader, in which it plays.
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

// ask repeats a request until the answer is whole. The first answer must be, unless the
// proxy is being killed: then what it was sending breaks off.
func (a *audience) ask(ctx context.Context, client *http.Client, path string) []byte {
	began := time.Now()
	for tries := 1; ; tries++ {
		kills := a.kills.Load() // before it is asked
		status, body, connections, err := a.once(ctx, client, path)
		deadly := kills%2 == 1 || a.kills.Load() != kills
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
			// The client asked again by itself; not every player would.
			a.fault("%s: its connection was closed under it", path)
		}
		a.requests.Add(1)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.worst = max(a.worst, time.Since(began))
		if tries > 1 || connections > 1 { // repeated by us, or by the client
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
func (a *audience) more(p *harness.Platform, n int64) {
	a.t.Helper()
	to := a.requests.Load() + n
	p.Await(20*time.Second, fmt.Sprintf("%d more answers", n), func() error {
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
