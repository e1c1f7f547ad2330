//go:build linux

package bench

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// following is what it costs a proxy to follow.
type following struct {
	Packagers int     `json:"packagers"`
	Signals   int     `json:"signals"`
	Played    bool    `json:"played"` // the segments are fetched too
	Bytes     int     `json:"segment_bytes"`
	CPU       float64 `json:"cpu_percent"`
	RSS       float64 `json:"rss_mb"`
}

// TestBenchFollowing measures a proxy that follows some signals on some packagers, with
// players and without. With players it fetches every segment as well.
func TestBenchFollowing(t *testing.T) {
	benching(t)
	var all []following
	for _, c := range []following{
		{Packagers: 1, Signals: 1}, {Packagers: 3, Signals: 1}, {Packagers: 1, Signals: 10}, {Packagers: 3, Signals: 10},
		{Packagers: 1, Signals: 100}, {Packagers: 2, Signals: 100}, {Packagers: 3, Signals: 100},
		{Packagers: 3, Signals: 100, Played: true, Bytes: 1000}, {Packagers: 3, Signals: 100, Played: true, Bytes: 100_000},
	} {
		t.Run(fmt.Sprintf("%d packagers, %d signals, played %t, %d bytes", c.Packagers, c.Signals, c.Played, c.Bytes), func(t *testing.T) {
			c.CPU, c.RSS = follow(t, c)
			t.Logf("%.1f %% of a core, %.0f MB", c.CPU, c.RSS)
			all = append(all, c)
		})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "The proxy's CPU over %s, in percent of a core; the packagers, which hold requests for the next segment as ours do, are not counted.\n\n", followTime)
	b.WriteString("| packagers | signals | | CPU % | RSS MB |\n|---|---|---|---|---|\n")
	for _, c := range all {
		what := "followed"
		if c.Played {
			what = fmt.Sprintf("followed, segments of %d kB fetched", c.Bytes/1000)
		}
		fmt.Fprintf(&b, "| %d | %d | %s | %.1f | %.0f |\n", c.Packagers, c.Signals, what, c.CPU, c.RSS)
	}
	addToReport(t, "Following", b.String(), all)
}

const followTime = 15 * time.Second

func follow(t *testing.T, c following) (cpu, rss float64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	var packagers []string
	for range c.Packagers {
		f := newFake(c.Bytes)
		work.Go(func() { f.run(ctx) })
		server := httptest.NewServer(f)
		defer server.Close()
		defer cancel()
		packagers = append(packagers, server.URL)
	}
	root, err := os.MkdirTemp("", "lt-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root)
	port := harness.Ports(t, 1)[0]
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	cmd := harness.Command(t, map[string]string{
		"PACKAGERS": strings.Join(packagers, ","), "ORIGIN_URL": "none", "PROXY_PORT": strconv.Itoa(port), "STATE_PATH": root,
		"CACHE_PATH": root, "RUN_PATH": filepath.Join(root, "run"), "LOG_LEVEL": "error", "PROXY_IDLE": "1h",
	}, "proxy")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()         //nolint:errcheck // by the signal
	defer cmd.Process.Kill() //nolint:errcheck // it may have ended
	play := func() error {
		for n := range c.Signals {
			list, err := harness.Playlist(fmt.Sprintf("%s/signal%d/playlist.m3u8", base, n))
			if err == nil && c.Played {
				_, _, err = harness.Get(fmt.Sprintf("%s/signal%d/%s", base, n, list.Segments[len(list.Segments)-1].URI))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err := play(); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	time.Sleep(3 * time.Second) // the window has been fetched
	pids := []int{cmd.Process.Pid}
	before, began := cpuOf(pids), time.Now()
	for time.Since(began) < followTime {
		if c.Played { // by one player, every four seconds
			if err := play(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(min(4*time.Second, max(0, followTime-time.Since(began))))
	}
	cpu = 100 * (cpuOf(pids) - before).Seconds() / time.Since(began).Seconds()
	return cpu, rssOf(pids)
}
