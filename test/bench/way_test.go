//go:build linux

package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"livestream-tui/test/harness"
)

// way is how long segments took for one part of their way, in milliseconds.
type way struct {
	Signals  int     `json:"signals"`
	Part     string  `json:"part"`
	Segments int     `json:"segments"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Most     float64 `json:"most_ms"`
}

// TestBenchTheSegmentsWay follows each segment from the worker's rename of its file
// to the playlists of the packagers and of the proxy, while the viewer plays: then
// the proxy lists a segment once it holds the whole of it.
func TestBenchTheSegmentsWay(t *testing.T) {
	benching(t)
	var all []way
	for _, load := range []struct{ signals, rounds int }{{1, 50}, {4, 25}} {
		t.Run(fmt.Sprintf("%d signals", load.signals), func(t *testing.T) {
			all = append(all, segmentsWay(t, load.signals, load.rounds)...)
		})
	}
	var b strings.Builder
	b.WriteString("From the rename of a segment's file (its ctime, which the kernel's clock tick may put up to 4 ms too early) to the answer of a blocking reload, with two packagers and the viewer playing.\n\n")
	b.WriteString("| signals | way | segments | p50 ms | p99 ms | most ms |\n|---|---|---|---|---|---|\n")
	for _, w := range all {
		fmt.Fprintf(&b, "| %d | %s | %d | %.1f | %.1f | %.1f |\n", w.Signals, w.Part, w.Segments, w.P50, w.P99, w.Most)
	}
	addToReport(t, "A segment's way", b.String(), all)
}

func segmentsWay(t *testing.T, signals, rounds int) []way {
	t.Helper()
	env := harness.Settings(t)
	films(t, env["INPUT_STREAM_PATH"], signals)
	p := harness.Launch(t, env)
	p.AwaitOnAir(harness.Every...)
	w := &waymarks{written: map[mark]time.Time{}, packager: map[mark]time.Time{}, proxy: map[mark]time.Time{}}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close()
	for n := range signals {
		signal := fmt.Sprintf("live%02d", n+1)
		if err := watcher.Add(filepath.Join(env["OUTPUT_STREAM_PATH"], signal)); err != nil {
			t.Fatal(err)
		}
		for _, port := range []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT"} {
			work.Go(func() { w.reload(ctx, p.Base(port), signal, w.packager) })
		}
		work.Go(func() { w.reload(ctx, p.Base("PROXY_PORT"), signal, w.proxy) })
	}
	work.Go(func() {
		for e := range watcher.Events {
			w.event(e)
		}
	})
	p.Await(time.Duration(rounds+10)*3*time.Second, "segments", func() error {
		if n := w.whole(); n < signals*rounds {
			return fmt.Errorf("%d have come", n)
		}
		return nil
	})
	cancel()
	if err := watcher.Close(); err != nil {
		t.Fatal(err)
	}
	work.Wait()
	parts := map[string][]float64{}
	for m, written := range w.written {
		listed, shown := w.packager[m], w.proxy[m]
		if listed.IsZero() || shown.IsZero() {
			continue
		}
		for part, took := range map[string]time.Duration{
			"rename to a packager's playlist": listed.Sub(written), "packager's to the proxy's": shown.Sub(listed), "rename to the proxy's playlist": shown.Sub(written),
		} {
			parts[part] = append(parts[part], float64(took.Microseconds())/1000)
		}
	}
	var list []way
	for _, part := range []string{"rename to a packager's playlist", "packager's to the proxy's", "rename to the proxy's playlist"} {
		ms := parts[part]
		list = append(list, way{signals, part, len(ms), quantile(ms, 0.5), quantile(ms, 0.99), slices.Max(ms)})
	}
	return list
}

// films links the first film in the folder until there are n.
func films(t *testing.T, folder string, n int) {
	t.Helper()
	first := filepath.Join(folder, "live01.mp4")
	for i := 2; i <= n; i++ {
		if err := os.Link(first, filepath.Join(folder, fmt.Sprintf("live%02d.mp4", i))); err != nil {
			t.Fatal(err)
		}
	}
}

// mark is one segment of one signal.
type mark struct {
	signal string
	msn    int64
}

// waymarks are the times at which segments reached each place. Safe for concurrent use.
type waymarks struct {
	mu                       sync.Mutex
	written, packager, proxy map[mark]time.Time // guarded by mu
}

// event notes a new segment in the worker's folder.
func (w *waymarks) event(e fsnotify.Event) {
	digits, isSegment := strings.CutSuffix(filepath.Base(e.Name), ".m4s")
	msn, err := strconv.ParseInt(digits, 10, 64)
	if !e.Has(fsnotify.Create) || !isSegment || err != nil {
		return // a file that is being written, or removed
	}
	info, err := os.Stat(e.Name)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written[mark{filepath.Base(filepath.Dir(e.Name)), msn}] = time.Unix(info.Sys().(*syscall.Stat_t).Ctim.Unix())
}

// reload asks for one media sequence number after the other, and notes when each is
// first listed.
func (w *waymarks) reload(ctx context.Context, base, signal string, at map[mark]time.Time) {
	address, query := base+"/"+signal+"/playlist.m3u8", ""
	for ctx.Err() == nil {
		list, err := harness.Playlist(address + query)
		now := time.Now()
		if err != nil {
			query = ""
			time.Sleep(10 * time.Millisecond) // it is not there yet, or the reload took too long
			continue
		}
		if m := (mark{signal, list.LastMSN()}); query != "" {
			w.mu.Lock()
			if at[m].IsZero() {
				at[m] = now
			}
			w.mu.Unlock()
		}
		query = "?_HLS_msn=" + strconv.FormatInt(list.NextMSN(), 10)
	}
}

// whole is how many segments have gone all the way.
func (w *waymarks) whole() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for m := range w.proxy {
		if !w.written[m].IsZero() && !w.packager[m].IsZero() {
			n++
		}
	}
	return n
}
