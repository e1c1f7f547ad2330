package metrics

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
)

// deadline is how long a test waits for something that must happen.
const deadline = 30 * time.Second

// fixed is a platform with a snapshot and events that tests choose.
type fixed struct {
	platform.Platform
	now    platform.Snapshot
	events chan platform.Event
}

func (f fixed) Snapshot(context.Context) (platform.Snapshot, error) { return f.now, nil }

func (f fixed) Subscribe(context.Context) (platform.Snapshot, <-chan platform.Event, error) {
	return f.now, f.events, nil
}

// socketOf serves a handler on a unix socket and returns its path.
func socketOf(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "lt-") // a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	path := filepath.Join(folder, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	s.Start()
	t.Cleanup(s.Close)
	return path
}

// serving is a service's own handler of metrics.
func serving(register func(prometheus.Registerer)) http.HandlerFunc {
	r := prometheus.NewRegistry()
	register(r)
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP
}

func processAt(name, service, socket string, state platform.State) platform.Process {
	return platform.Process{Service: service, Status: platform.Status{Name: name, State: state, Socket: socket, CPU: 50, RSS: 7, Restarts: 2}}
}

// whole is a snapshot in which every metric has a sample.
func whole(processes ...platform.Process) platform.Snapshot {
	return platform.Snapshot{
		At: began, Started: began, Layout: "default", Processes: processes,
		OnAir: platform.OnAir{State: platform.AirOffSoon, Signals: []platform.SignalAir{{
			Signal: "live01", State: platform.AirOffSoon, Due: true, Until: at(8), LastSegment: began, Cause: platform.NoWorker,
		}}},
		Packagers: []platform.Packager{{Signal: "live01", Name: "server1", Usable: true, Active: true}, {Signal: "live01", Name: "server2"}},
		Films:     []platform.FilmAt{{Film: event.Film{File: "live01.mp4", Signal: "live01", State: event.FilmAired}}},
		LiveSignals: []signals.Status{{Name: "stage", Source: "main", Inputs: []signals.InputStatus{{
			Name: "main", State: signals.Good, OnAir: true, Bitrate: 3e6, FPS: 25, KeyFrameInterval: 2, SkewMS: 12, RTTMS: 20, Lost: 3, Retransmitted: 4,
		}, {Name: "backup", State: signals.Lost}}}},
		Disks: []platform.Disk{{Folder: "STATE_PATH", FreeBytes: 5, SizeBytes: 10, Low: true}},
	}
}

// scrape returns the text at /metrics of a platform.
func scrape(t *testing.T, p platform.Platform, limit time.Duration, most int64) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(newCollector(p, "v1"))
	g := &gatherer{platform: p, own: registry, time: limit, most: most}
	r := httptest.NewRecorder()
	promhttp.HandlerFor(g, promhttp.HandlerOpts{}).ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if r.Code != http.StatusOK {
		t.Fatalf("status %d: %s", r.Code, r.Body)
	}
	return r.Body.String()
}

// wantLines fails the test for each line that a text lacks, and for each that it must not
// have.
func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	has := strings.Split(text, "\n")
	for _, line := range lines {
		unwanted, not := strings.CutPrefix(line, "!")
		switch {
		case not && slices.ContainsFunc(has, func(l string) bool { return strings.Contains(l, unwanted) }):
			t.Errorf("there is a line with %s", unwanted)
		case !not && !slices.Contains(has, line):
			t.Errorf("there is no line %s", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestEveryServiceIsGatheredUnderItsName(t *testing.T) {
	requests := func(n float64) http.HandlerFunc {
		return serving(func(r prometheus.Registerer) {
			c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "packager_requests_total", Help: "Requests."}, []string{"class", "process"})
			r.MustRegister(c)
			c.WithLabelValues("2xx", "its own").Add(n)
		})
	}
	other := serving(func(r prometheus.Registerer) {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "packager_requests_total", Help: "Of another type."})
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "wait_seconds", Help: "Waits.", Buckets: []float64{1}})
		r.MustRegister(g, h)
		h.Observe(.5)
	})
	text := scrape(t, fixed{now: whole(
		processAt("server1", "server1", socketOf(t, requests(3)), platform.Ready),
		processAt("server2", "packager", socketOf(t, requests(4)), platform.Degraded),
		processAt("other", "proxy", socketOf(t, other), platform.Running),
	)}, deadline, answerMost)
	wantLines(t, text,
		`packager_requests_total{class="2xx",exported_process="its own",process="server1",service="server1"} 3`,
		`packager_requests_total{class="2xx",exported_process="its own",process="server2",service="packager"} 4`,
		`!packager_requests_total{process="other"`,
		`wait_seconds_bucket{process="other",service="proxy",le="1"} 1`,
		`platform_scrape_up{process="server1",service="server1"} 1`,
		`platform_scrape_up{process="other",service="proxy"} 1`,
		`platform_process_state{process="server2",service="packager",state="degraded"} 1`,
		`platform_process_cpu_ratio{process="server2",service="packager"} 0.5`,
		`platform_signal_usable_packagers{signal="live01"} 1`, `platform_signal_packagers{signal="live01"} 2`,
		`platform_signal_off_air_in_seconds{signal="live01"} 8`, `platform_signal_lacks{cause="no worker",signal="live01"} 1`,
		`platform_signal_outages_total{signal="live01"} 0`, `platform_films{state="aired"} 1`, `platform_on_air{state="off air soon"} 1`,
	)
}

func TestAServiceThatAnswersBadlyIsLeftOut(t *testing.T) {
	big := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		for i := range 10_000 {
			_, _ = fmt.Fprintf(w, "big_total{n=\"%d\"} 1\n", i)
		}
	}
	fine := serving(func(r prometheus.Registerer) {
		r.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "fine", Help: "Fine."}))
	})
	asked := func(http.ResponseWriter, *http.Request) { t.Error("a process that does not run was asked") }
	text := scrape(t, fixed{now: whole(
		processAt("hangs", "origin", socketOf(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), platform.Ready),
		processAt("big", "origin", socketOf(t, big), platform.Ready),
		processAt("garbage", "origin", socketOf(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>{") }), platform.Ready),
		processAt("fails", "origin", socketOf(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }), platform.Ready),
		processAt("gone", "origin", "/nowhere/socket", platform.Ready),
		processAt("starting", "origin", socketOf(t, asked), platform.Starting),
		processAt("fine", "origin", socketOf(t, fine), platform.Ready),
	)}, 2*time.Second, 64<<10)
	var want []string
	for _, name := range []string{"hangs", "big", "garbage", "fails", "gone", "starting"} {
		want = append(want, `platform_scrape_up{process="`+name+`",service="origin"} 0`)
	}
	wantLines(t, text, append(want, "!big_total", `fine{process="fine",service="origin"} 0`, `platform_scrape_up{process="fine",service="origin"} 1`)...)
}

func TestEveryMetricHasASampleAndAGoodName(t *testing.T) {
	registry := prometheus.NewRegistry()
	c := newCollector(fixed{now: whole(processAt("server1", "server1", "", platform.Ready))}, "v1")
	c.counts.take(shown(1, "backup", "main", "returned"))
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Metrics() {
		if !slices.ContainsFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == m.Name }) {
			t.Errorf("%s has no sample", m.Name)
		}
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestMetricsAreServedUntilTheEnd(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := fixed{now: whole(), events: make(chan platform.Event)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Serve(ctx, p, Options{Listener: l, Version: "v1", Log: hclog.NewNullLogger()})
	}()
	p.events <- begins("viewer", -10)
	p.events <- platform.Event{} // so that the first one has been counted
	res, err := http.Get("http://" + l.Addr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(b), `platform_info{layout="default",version="v1"} 1`, `platform_signal_off_air_seconds_total{signal="live01"} 10`,
		`go_info{process="platform",service="platform",version="`+runtime.Version()+`"} 1`)
	close(p.events)
	cancel()
	select {
	case <-done:
	case <-time.After(deadline):
		t.Fatal("it does not end")
	}
}
