//go:build linux

package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
	"livestream-tui/test/harness"
)

// The load of TestBenchUnderLoad; the environment sets other figures.
const (
	loadSignals = 100    // LOAD_SIGNALS
	loadLines   = 50_000 // LOAD_LINES, a second
	loadSeconds = 30     // LOAD_SECONDS, of each load
	loadPresses = 40
	loadAlone   = "LOAD_RUN_PATH" // measures a platform that runs already, and starts none
)

// loaded is what one dashboard, or the supervisor, does under load.
type loaded struct {
	Process string  `json:"process"`
	CPU     float64 `json:"cpu_percent"`
	RSS     float64 `json:"rss_mb"`
	// Lines is how many lines of log a second the supervisor took, LostKBS how many kB a
	// second it never saw.
	Lines   float64 `json:"lines_s,omitempty"`
	LostKBS float64 `json:"lost_kb_s,omitempty"`
	// The time from a key to the changed screen.
	MedianMS float64 `json:"key_median_ms,omitempty"`
	P99MS    float64 `json:"key_p99_ms,omitempty"`
	WorstMS  float64 `json:"key_worst_ms,omitempty"`
	// Missed is how many keys changed nothing within a second.
	Missed int `json:"keys_missed,omitempty"`
	// WrittenKBS is how much is written to the terminal, in kB a second.
	WrittenKBS float64 `json:"written_kb_s,omitempty"`
}

// TestBenchUnderLoad measures the supervisor, and six dashboards that are attached to it, with
// 100 signals and a flood of log. The platform is real and has one film. What discovery and
// the viewer say of the other signals is a stand-in's: a hundred films need the machine's
// cores for themselves. LOAD_RUN_PATH names the RUN_PATH of a platform with real ones to measure
// instead. The flood is lines that the test appends to the log files of the services, as they
// do themselves. Everything shares the machine's cores, the test included.
func TestBenchUnderLoad(t *testing.T) {
	benching(t)
	signals, lines := setting("LOAD_SIGNALS", loadSignals), setting("LOAD_LINES", loadLines)
	lasts := time.Duration(setting("LOAD_SECONDS", loadSeconds)) * time.Second
	run, env := os.Getenv(loadAlone), os.Environ()
	if run == "" {
		run = launchStandIn(t, signals)
	}
	env = append(env, "RUN_PATH="+run)
	remote, err := api.Dial(t.Context(), platform.SocketPath(run))
	if err != nil {
		t.Fatal(err)
	}
	defer remote.Close()
	if !harness.Within(10*time.Minute, func() bool {
		s, _ := remote.Snapshot(t.Context())
		on, _ := s.OnAir.Count()
		return on >= signals
	}) {
		s, _ := remote.Snapshot(t.Context())
		on, due := s.OnAir.Count()
		t.Fatalf("got %d of %d signals on air, want %d", on, due, signals)
	}
	var text strings.Builder
	all := map[string][]loaded{}
	fmt.Fprintf(&text, "%d signals, %s each; the keys go to one dashboard after the other. CPU is in percent of a core.\n", signals, lasts)
	for _, c := range []struct {
		name       string
		dashboards int
		lines      int
	}{
		{"no dashboard, no flood", 0, 0},
		{"six dashboards, no flood", 6, 0},
		{fmt.Sprintf("no dashboard, %d lines of log a second", lines), 0, lines},
		{fmt.Sprintf("six dashboards, %d lines of log a second", lines), 6, lines},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, wrote := underLoad(t, remote, env, c.dashboards, c.lines, lasts)
			all[c.name] = list
			average, _ := os.ReadFile("/proc/loadavg") // without it the figures stand alone
			fmt.Fprintf(&text, "\n%s: load average %.4s on %d cores, %.0f lines of log a second were written, the supervisor took %.0f and lost %.0f kB a second\n\n| process | CPU %% | RSS MB | key ms, median | p99 | worst | missed | kB/s to the terminal |\n|---|---|---|---|---|---|---|---|\n", c.name, average, runtime.NumCPU(), wrote, list[0].Lines, list[0].LostKBS)
			for _, l := range list {
				fmt.Fprintf(&text, "| %s | %.1f | %.0f | %.1f | %.1f | %.1f | %d | %.1f |\n", l.Process, l.CPU, l.RSS, l.MedianMS, l.P99MS, l.WorstMS, l.Missed, l.WrittenKBS)
			}
		})
	}
	addToReport(t, "Under load", text.String(), all)
}

// underLoad measures the supervisor and dashboards, while lines are written to the log.
func underLoad(t *testing.T, remote *api.Remote, env []string, dashboards, lines int, lasts time.Duration) (list []loaded, wrote float64) {
	s, err := remote.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var screens []*terminal
	for i := range dashboards {
		w, h := 120, 36
		if i == 0 {
			w, h = 200, 60
		}
		screens = append(screens, openDashboard(t, w, h, env))
	}
	flooding, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	var count int64
	work.Go(func() { count = flood(flooding, s, lines) })
	defer work.Wait()
	defer stop()
	await(t.Context(), 5*time.Second) // all that begins has begun
	first, err := remote.Snapshot(t.Context())
	supervisor := cpuOf([]int{s.PID})
	before, sent, began := make([]time.Duration, dashboards), make([]int64, dashboards), time.Now()
	for i, x := range screens {
		before[i], sent[i] = cpuOf([]int{x.pid()}), x.written()
	}
	keys := make([][]float64, dashboards)
	missed := make([]int, dashboards)
	if dashboards == 0 {
		await(t.Context(), lasts)
	}
	for n := 0; time.Since(began) < lasts && dashboards > 0; n++ {
		i := n % dashboards
		key, mark := "3", "LOGS"
		if n/dashboards%2 == 1 {
			key, mark = "1", "SERVICES"
		}
		took, changed := screens[i].press(key, mark, time.Second)
		keys[i] = append(keys[i], float64(took.Microseconds())/1000)
		if !changed {
			missed[i]++
		}
		await(t.Context(), lasts/time.Duration(loadPresses*dashboards)*3/4)
	}
	took := time.Since(began).Seconds()
	var all []float64
	for _, list := range keys {
		all = append(all, list...)
	}
	used := cpuOf([]int{s.PID}) - supervisor
	last, err2 := remote.Snapshot(t.Context())
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	list = append(list, loaded{
		Process: "supervisor", CPU: 100 * used.Seconds() / took, RSS: rssOf([]int{s.PID}),
		Lines: float64(last.LogSeq-first.LogSeq) / took, LostKBS: float64(lostOf(last)-lostOf(first)) / 1000 / took,
	})
	for i, x := range screens {
		l := loaded{Process: fmt.Sprintf("dashboard %d", i+1), CPU: 100 * (cpuOf([]int{x.pid()}) - before[i]).Seconds() / took, RSS: rssOf([]int{x.pid()})}
		l.MedianMS, l.P99MS, l.WorstMS, l.Missed = median(keys[i]), quantile(keys[i], 0.99), quantile(keys[i], 1), missed[i]
		l.WrittenKBS = float64(x.written()-sent[i]) / 1000 / took
		list = append(list, l)
	}
	if len(all) > 0 {
		list = append(list, loaded{Process: fmt.Sprintf("all %d keys", len(all)), MedianMS: median(all), P99MS: quantile(all, 0.99), WorstMS: quantile(all, 1)})
	}
	stop()
	work.Wait()
	return list, float64(count) / time.Since(began.Add(-5*time.Second)).Seconds()
}

// openDashboard attaches a dashboard of w by h cells, and returns once it takes keys.
func openDashboard(t *testing.T, w, h int, env []string) *terminal {
	x := openTerminal(t, w, h, env, harness.Binary(t), "attach")
	// A key that comes before the dashboard is there is lost.
	if !harness.Within(time.Minute, func() bool {
		x.press("1", "SERVICES", time.Second)
		_, on := x.press("3", "LOGS", time.Second)
		return on
	}) {
		t.Fatal("no dashboard within a minute")
	}
	x.press("1", "SERVICES", 10*time.Second)
	return x
}

// lostOf is how many bytes of log were lost.
func lostOf(s platform.Snapshot) (lost int64) {
	for _, p := range s.Processes {
		lost += p.LogLost
	}
	return lost
}

// flood appends lines to the log files of all services until ctx is cancelled, that many a
// second in sum, and returns how many.
func flood(ctx context.Context, s platform.Snapshot, lines int) (count int64) {
	const period = 20 * time.Millisecond
	if lines == 0 {
		return 0
	}
	var files []*os.File
	for _, p := range s.Processes {
		f, err := os.OpenFile(filepath.Join(s.LogFolder, p.Name+".log"), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			continue
		}
		defer f.Close()
		files = append(files, f)
	}
	each := max(1, lines*int(period/time.Millisecond)/1000/len(files))
	tick := time.NewTicker(period)
	defer tick.Stop()
	var block []byte
	for {
		select {
		case <-ctx.Done():
			return count
		case now := <-tick.C:
			block = block[:0]
			for range each {
				block = fmt.Appendf(block, `{"@level":"info","@message":"segment served","@module":"flood","@timestamp":%q,"bytes":18230,"path":"/live%02d/segment.%d.m4s","status":200}`+"\n",
					now.Format("2006-01-02T15:04:05.000000Z07:00"), count%100, count)
				count++
			}
			count += int64((len(files) - 1) * each)
			for _, f := range files {
				_, _ = f.Write(block) // the disk may be full: the count of lines says less then
			}
		}
	}
}

// await lets a time pass; a cancelled ctx ends it.
func await(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// setting is a figure of the environment, or else the usual one.
func setting(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return usual
}
