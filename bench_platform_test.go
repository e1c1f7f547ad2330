//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"livestream-tui/procs/control"
	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/hls/m3u8"
)

// What the platform itself costs: `make bench`. These report figures and assert
// nothing. CPU is what /proc says of a process, in percent of one core.

// benching skips a benchmark unless it was asked for.
func benching(t *testing.T) {
	t.Helper()
	if os.Getenv("BENCH") == "" {
		t.Skip("a benchmark: make bench runs it")
	}
}

// quantile of a list that is not empty, such as 0.99.
func quantile(list []float64, q float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[min(int(q*float64(len(list))), len(list)-1)]
}

// way is how long segments took on one part of their way, in milliseconds.
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
	env := settings(t)
	films(t, env["INPUT_STREAM_PATH"], signals)
	p := launch(t, env)
	p.awaitOnAir(everyProcess...)
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
			work.Go(func() { w.reload(ctx, p.base(port), signal, w.packager) })
		}
		work.Go(func() { w.reload(ctx, p.base("PROXY_PORT"), signal, w.proxy) })
	}
	work.Go(func() {
		for e := range watcher.Events {
			w.event(e)
		}
	})
	p.await(time.Duration(rounds+10)*3*time.Second, "segments", func() error {
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

// films makes as many films of the first one in the folder as there are to be.
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

// waymarks are when segments were where. Safe for concurrent use.
type waymarks struct {
	mu                       sync.Mutex
	written, packager, proxy map[mark]time.Time // guarded by mu
}

// event takes what happened in the worker's folder.
func (w *waymarks) event(e fsnotify.Event) {
	digits, isSegment := strings.CutSuffix(filepath.Base(e.Name), ".m4s")
	msn, err := strconv.ParseInt(digits, 10, 64)
	if !e.Has(fsnotify.Create) || !isSegment || err != nil {
		return // what is being written, and what goes
	}
	info, err := os.Stat(e.Name)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written[mark{filepath.Base(filepath.Dir(e.Name)), msn}] = time.Unix(info.Sys().(*syscall.Stat_t).Ctim.Unix())
}

// reload asks for one number after the other and notes when it is first listed.
func (w *waymarks) reload(ctx context.Context, base, signal string, at map[mark]time.Time) {
	address, query := base+"/"+signal+"/playlist.m3u8", ""
	for ctx.Err() == nil {
		list, err := playlist(address + query)
		now := time.Now()
		if err != nil {
			query = ""
			time.Sleep(10 * time.Millisecond) // it was not there yet, or the reload took too long
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

// fake is a packager like ours without a worker: it publishes many signals, whose
// segments are due at the same time, and holds requests for the next ones.
type fake struct {
	media  []byte
	digest string

	mu   sync.Mutex
	list m3u8.MediaPlaylist // guarded by mu
	body []byte             // guarded by mu
	next chan struct{}      // closed when there is a newer list; guarded by mu
}

const (
	fakeSegment = 2 * time.Second
	fakeWindow  = 10
)

func newFake(size int) *fake {
	packet := bytes.Repeat([]byte{0xff}, 188)
	packet[0], packet[1], packet[2], packet[3] = 0x47, 0x1f, 0xff, 0x10 // a null packet
	f := &fake{media: bytes.Repeat(packet, max(1, size/188)), next: make(chan struct{})}
	sum := sha256.Sum256(f.media)
	f.digest = "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	f.list = m3u8.MediaPlaylist{
		Version: 7, TargetDuration: 2, IndependentSegments: true, MediaSequence: time.Now().Unix()/2 - fakeWindow,
		ServerControl: &m3u8.ServerControl{CanBlockReload: true, HoldBack: 3 * fakeSegment},
	}
	for range fakeWindow {
		f.add()
	}
	return f
}

func (f *fake) add() {
	f.mu.Lock()
	defer f.mu.Unlock()
	msn := f.list.NextMSN()
	f.list.Segments = append(slices.Clip(f.list.Segments), m3u8.Segment{
		URI: strconv.FormatInt(msn, 10) + ".ts", Duration: fakeSegment, ProgramDateTime: time.Unix(2*msn, 0).UTC(),
	})
	if over := len(f.list.Segments) - fakeWindow; over > 0 {
		f.list.Segments, f.list.MediaSequence = f.list.Segments[over:], f.list.MediaSequence+int64(over)
	}
	f.body = f.list.Encode()
	close(f.next)
	f.next = make(chan struct{})
}

// run publishes until ctx is cancelled.
func (f *fake) run(ctx context.Context) {
	for {
		now := time.Now()
		select {
		case <-ctx.Done():
			return
		case <-time.After(now.Truncate(fakeSegment).Add(fakeSegment).Sub(now)):
			f.add()
		}
	}
}

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if strings.HasSuffix(r.URL.Path, ".ts") {
		h.Set("Content-Type", "video/mp2t")
		h.Set("Etag", `"`+filepath.Base(r.URL.Path)+`"`)
		h.Set("Repr-Digest", f.digest)
		h.Set("Content-Length", strconv.Itoa(len(f.media)))
		_, _ = w.Write(f.media) // the proxy has gone: the benchmark is over
		return
	}
	wanted, err := strconv.ParseInt(r.URL.Query().Get("_HLS_msn"), 10, 64)
	if err != nil {
		wanted = -1
	}
	for {
		f.mu.Lock()
		body, last, next := f.body, f.list.LastMSN(), f.next
		f.mu.Unlock()
		if wanted <= last {
			h.Set("Content-Type", "application/vnd.apple.mpegurl")
			h.Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body) // as above
			return
		}
		select {
		case <-next:
		case <-r.Context().Done():
			return
		}
	}
}

// following is what it costs a proxy to follow.
type following struct {
	Packagers int     `json:"packagers"`
	Signals   int     `json:"signals"`
	Played    bool    `json:"played"` // the segments are fetched too
	Bytes     int     `json:"segment_bytes"`
	CPU       float64 `json:"cpu_percent"`
	RSS       float64 `json:"rss_mb"`
}

// TestBenchFollowing counts what a proxy uses that follows so many signals on so
// many packagers, where nobody plays them and where players do: then it fetches
// every segment as well.
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
	port := freePorts(t, 1)[0]
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	cmd := command(t, map[string]string{
		"PACKAGERS": strings.Join(packagers, ","), "ORIGIN_URL": "none", "PROXY_PORT": strconv.Itoa(port), "STATE_PATH": root,
		"CACHE_PATH": root, "RUN_PATH": filepath.Join(root, "run"), "LOG_LEVEL": "error", "PROXY_IDLE": "1h",
	}, "proxy")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()         //nolint:errcheck // by the signal
	defer cmd.Process.Kill() //nolint:errcheck // nobody else waits for it
	play := func() error {
		for n := range c.Signals {
			list, err := playlist(fmt.Sprintf("%s/signal%d/playlist.m3u8", base, n))
			if err == nil && c.Played {
				_, _, err = get(fmt.Sprintf("%s/signal%d/%s", base, n, list.Segments[len(list.Segments)-1].URI))
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

// rest is what one process uses while nothing happens but the stream.
type rest struct {
	Process string  `json:"process"`
	CPU     float64 `json:"cpu_percent"`
	RSS     float64 `json:"rss_mb"`
}

const restTime = 30 * time.Second

// TestBenchAtRest counts what the supervisor and what it supervises use while one
// small signal plays, headless and with the dashboard.
func TestBenchAtRest(t *testing.T) {
	benching(t)
	var all []rest
	t.Run("headless", func(t *testing.T) {
		p := launch(t, settings(t))
		p.awaitOnAir(everyProcess...)
		pids := map[string][]int{"supervisor, headless": {p.cmd.Process.Pid}, "guardian": nil}
		for _, name := range everyProcess {
			pids[name] = []int{p.status(name).PID}
		}
		for _, pid := range childrenOf(t, p.cmd.Process.Pid) {
			if name := commandLine(pid); strings.Contains(name, "guardian") {
				pids["guardian"] = []int{pid}
			}
		}
		pids["worker's FFmpeg"] = childrenOf(t, p.status("worker").PID)
		all = append(all, atRest(pids)...)
	})
	t.Run("dashboard", func(t *testing.T) {
		path, err := binary()
		if err != nil {
			t.Fatal(err)
		}
		s := openShell(t, settings(t), path)
		s.start()
		s.await(60*time.Second, `ON AIR`)
		all = append(all, atRest(map[string][]int{"supervisor, with the dashboard": {s.pid()}})...)
		s.press("q", "y")
		s.awaitEnd(0)
	})
	var b strings.Builder
	fmt.Fprintf(&b, "CPU over %s in percent of a core, while one signal of 320x180 plays.\n\n| process | CPU %% | RSS MB |\n|---|---|---|\n", restTime)
	for _, r := range all {
		fmt.Fprintf(&b, "| %s | %.2f | %.0f |\n", r.Process, r.CPU, r.RSS)
	}
	addToReport(t, "At rest", b.String(), all)
}

func commandLine(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // empty: it has gone
	return string(b)
}

// atRest counts for restTime.
func atRest(pids map[string][]int) []rest {
	time.Sleep(5 * time.Second) // the start is over
	before, began := map[string]time.Duration{}, time.Now()
	for name, list := range pids {
		before[name] = cpuOf(list)
	}
	time.Sleep(restTime)
	var all []rest
	for name, list := range pids {
		all = append(all, rest{name, 100 * (cpuOf(list) - before[name]).Seconds() / time.Since(began).Seconds(), rssOf(list)})
	}
	slices.SortFunc(all, func(a, b rest) int { return strings.Compare(a.Process, b.Process) })
	return all
}

// rise is one start of the platform: how long until what, in milliseconds.
type rise struct {
	OnAir float64            `json:"on_air_ms"`
	Ready map[string]float64 `json:"ready_ms"`
}

const starts = 5

// TestBenchStartToOnAir starts the platform with its mezzanine made, as a second
// start finds it, and an empty output folder, and asks the proxy until it gives a
// playlist with an init section and a newest segment that are whole.
func TestBenchStartToOnAir(t *testing.T) {
	benching(t)
	env := settings(t)
	var all []rise
	for n := range starts + 1 {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			if err := os.RemoveAll(env["OUTPUT_STREAM_PATH"]); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(env["STATE_PATH"]); err != nil {
				t.Fatal(err)
			}
			if r := start(t, env); n > 0 { // the first one makes the mezzanine
				all = append(all, r)
			}
		})
	}
	column := func(of func(rise) float64) []float64 {
		var list []float64
		for _, r := range all {
			list = append(list, of(r))
		}
		return list
	}
	onAir := column(func(r rise) float64 { return r.OnAir })
	var b strings.Builder
	fmt.Fprintf(&b, "From the exec to the first playlist at the proxy whose segments can be decoded; the film is cached, the output folder empty; %d starts.\n\n", starts)
	b.WriteString("| | median ms | least | most |\n|---|---|---|---|\n")
	row := func(name string, list []float64) {
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.0f |\n", name, median(list), slices.Min(list), slices.Max(list))
	}
	row("on air", onAir)
	for _, name := range everyProcess {
		row(name+" ready", column(func(r rise) float64 { return r.Ready[name] }))
	}
	addToReport(t, "Start to on air", b.String(), all)
}

func start(t *testing.T, env map[string]string) rise {
	t.Helper()
	if _, err := binary(); err != nil { // built before it is timed
		t.Fatal(err)
	}
	began := time.Now()
	p := launch(t, env)
	r := rise{Ready: map[string]float64{}}
	var first []byte
	for deadline := began.Add(90 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var err error
		if first, err = decodable(p.playlistURL()); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	r.OnAir = float64(time.Since(began).Microseconds()) / 1000
	p.awaitOnAir(everyProcess...)
	for _, line := range p.logged() {
		var e control.Event
		if json.Unmarshal([]byte(line), &e) != nil || e.Status == nil || e.Status.State.String() != "ready" || r.Ready[e.Process] > 0 {
			continue
		}
		r.Ready[e.Process] = float64(e.Time.Sub(began).Microseconds()) / 1000
	}
	ffmpeg := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", "-", "-f", "null", "-")
	ffmpeg.Stdin = bytes.NewReader(first)
	if out, err := ffmpeg.CombinedOutput(); err != nil {
		t.Errorf("what was on air cannot be decoded: %v\n%s", err, out)
	}
	return r
}

// decodable returns the newest segment of a playlist behind its init section.
func decodable(address string) ([]byte, error) {
	list, err := playlist(address)
	if err != nil {
		return nil, err
	}
	if len(list.Segments) == 0 || list.Segments[len(list.Segments)-1].Map == nil {
		return nil, errors.New("it lists nothing")
	}
	newest := list.Segments[len(list.Segments)-1]
	folder := strings.TrimSuffix(address, "playlist.m3u8")
	status, init, err := get(folder + newest.Map.URI)
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("init: status %d: %w", status, err)
	}
	status, segment, err := get(folder + newest.URI)
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("segment: status %d: %w", status, err)
	}
	return append(init, segment...), errors.Join(fmp4.CheckInit(init), func() error { _, err := fmp4.CheckSegment(segment); return err }())
}
