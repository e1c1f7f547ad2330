package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
)

// patienceOfTests bounds every wait of a test; none is a measure of anything.
const patienceOfTests = 20 * time.Second

// await asks until it is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for deadline := time.Now().Add(patienceOfTests); !so(); <-pace.C {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// packager serves a playlist that grows with the clock, while it is not broken.
type packager struct {
	broken atomic.Bool
	ended  atomic.Bool // its playlists say that nothing follows
	asked  atomic.Int64
	has    atomic.Pointer[[]string] // what it answers to GET /signals; nil: it has no such route
}

func (p *packager) have(signals ...string) { p.has.Store(&signals) }

func (p *packager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	if has := p.has.Load(); has != nil && r.URL.Path == "/signals" && !p.broken.Load() {
		service.WriteJSON(w, http.StatusOK, *has)
		return
	}
	if p.broken.Load() || !strings.HasSuffix(r.URL.Path, "/playlist.m3u8") {
		http.Error(w, "broken", http.StatusInternalServerError)
		return
	}
	const length = 10
	list := m3u8.MediaPlaylist{Version: 7, TargetDuration: 2, MediaSequence: time.Now().Unix()/2 - length, EndList: p.ended.Load()}
	for i := range int64(length) {
		n := list.MediaSequence + i
		list.Segments = append(list.Segments, m3u8.Segment{URI: fmt.Sprint(n, ".m4s"), Duration: 2 * time.Second, ProgramDateTime: time.Unix(2*n, 0).UTC()})
	}
	_, _ = w.Write(list.Encode())
}

// reporter notes what it is told.
type reporter struct {
	mu     sync.Mutex
	last   report.IngestReport
	count  int
	refuse string
}

func (f *reporter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var in report.IngestReport
	switch {
	case f.refuse != "":
		service.WriteError(w, http.StatusBadRequest, f.refuse)
	case r.Method != http.MethodPost || r.URL.Path != "/ingests":
		service.WriteError(w, http.StatusNotFound, "no such route")
	case service.ReadPost(w, r, nil, &in):
		f.last = in
		f.count++
		w.WriteHeader(http.StatusNoContent)
	}
}

// state is what was told last of the n-th packager for a signal.
func (f *reporter) state(signal string, n int) report.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.last.Signals {
		if s.Signal == signal && len(s.Packagers) == 2 {
			return s.Packagers[n].State
		}
	}
	return report.Unknown
}

func (f *reporter) signals() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := []string{}
	for _, s := range f.last.Signals {
		names = append(names, s.Signal)
	}
	return names
}

func (f *reporter) reports() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}

// log collects what is logged.
type log struct {
	mu    sync.Mutex
	lines []event.Line
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, event.ParseLine(b, time.Time{}))
	return len(b), nil
}

// count is how often a message was logged.
func (l *log) count(message string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.lines {
		if line.Message == message {
			n++
		}
	}
	return n
}

// platform is what surrounds a discovery that is being run.
type platform struct {
	t         *testing.T
	output    string
	packagers [2]*packager
	log       *log
	s         *Service
	err       chan error
	cancel    context.CancelFunc
}

// run starts a discovery; reporters are the REPORTER_URL.
func run(t *testing.T, patience time.Duration, reporters ...string) *platform {
	t.Helper()
	p := &platform{t: t, output: filepath.Join(t.TempDir(), "output"), log: &log{}, err: make(chan error, 1)}
	var urls []string
	for i := range p.packagers {
		p.packagers[i] = &packager{}
		server := httptest.NewServer(p.packagers[i])
		t.Cleanup(server.Close)
		urls = append(urls, server.URL)
	}
	e := service.Environment{
		"HOME": t.TempDir(), "OUTPUT_STREAM_PATH": p.output, "REPORTER_PATIENCE": patience.String(),
		"PACKAGERS": strings.Join(urls, ","), "REPORTER_URL": strings.Join(reporters, ","),
	}
	c, err := ConfigFromEnv(e)
	if err != nil {
		t.Fatal(err)
	}
	p.s, err = New(c, service.NewKit("discovery", service.Common{LogFormat: "json", LogLevel: "info"}, e, p.log))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.cancel = cancel
	go func() { p.err <- p.s.Run(ctx) }()
	t.Cleanup(cancel)
	return p
}

// ingest puts a signal on disk.
func (p *platform) ingest(signal string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Join(p.output, signal), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.output, signal, media.PlaylistName), nil, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// ended is what Run returned.
func (p *platform) ended() error {
	p.t.Helper()
	select {
	case err := <-p.err:
		return err
	case <-time.After(patienceOfTests):
		p.t.Fatal("Run does not return")
		return nil
	}
}

// unused is a URL that nobody listens at.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestDiscoveryFollowsDiskAndPackagers(t *testing.T) {
	var f reporter
	server := httptest.NewServer(&f)
	t.Cleanup(server.Close)
	p := run(t, patienceOfTests, server.URL)
	await(t, "a report of nothing", func() bool { return f.reports() > 0 })
	// The reporter counts a report before discovery has its answer.
	await(t, "readiness after a report", func() bool {
		ok, _ := p.s.Ready()
		return ok
	})

	p.ingest("live01")
	await(t, "both packagers up", func() bool { return f.state("live01", 0) == report.Up && f.state("live01", 1) == report.Up })
	if got := p.log.count("Registered signal 'live01' as ingest source"); got != 1 {
		t.Errorf("registered: got %d lines, want 1", got)
	}

	p.packagers[0].broken.Store(true)
	await(t, "the broken one is down", func() bool { return f.state("live01", 0) == report.Down && f.state("live01", 1) == report.Up })
	p.packagers[0].broken.Store(false)
	await(t, "it is up again", func() bool { return f.state("live01", 0) == report.Up })
	if p.log.count("packager is down") == 0 || p.log.count("packager is up") < 3 {
		t.Error("the changes of state are not in the log")
	}

	p.ingest("live02")
	await(t, "the second signal", func() bool { return slices.Equal(f.signals(), []string{"live01", "live02"}) })
	if err := os.RemoveAll(filepath.Join(p.output, "live01")); err != nil {
		t.Fatal(err)
	}
	await(t, "the first signal is gone", func() bool { return slices.Equal(f.signals(), []string{"live02"}) })
	if got := p.log.count("Signal 'live01' is no ingest source any more: it has no playlist on disk, and no packager has it"); got != 1 {
		t.Errorf("gone: got %d lines, want 1", got)
	}

	p.cancel()
	if err := p.ended(); err != nil {
		t.Errorf("Run: got %v, want a clean end", err)
	}
}

func TestAChangeIsReportedBeforeItsTurn(t *testing.T) {
	s, err := New(Config{Topology: service.Topology{Packagers: service.URLs{one, two}}}, service.NewKit("discovery", service.Common{}, service.Environment{}, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	s.board.follow([]string{"live01"})
	next := make(chan report.IngestReport)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		defer close(next)
		for {
			r, err := s.nextReport(ctx, time.Hour) // its turn never comes
			if err != nil {
				return
			}
			next <- r
		}
	}()
	note := func(r result) {
		s.mu.Lock()
		s.board.add("live01", 0, r)
		s.mu.Unlock()
		select {
		case s.observed <- struct{}{}:
		default: // a wake waits already, as in watch
		}
	}
	got := func() report.State {
		select {
		case r := <-next:
			return r.Signals[0].Packagers[0].State
		case <-time.After(patienceOfTests):
			t.Fatal("no report")
			return report.Unknown
		}
	}
	now := time.Now()
	note(result{At: now, Playlist: good(0, 7, "7").Playlist})
	if state := got(); state != report.Up {
		t.Errorf("after a playlist: got %s, want up", state)
	}
	note(result{At: now, Playlist: good(0, 8, "8").Playlist}) // no change: no report
	for range 3 {
		note(result{At: now, Err: "connection refused"})
	}
	for got() != report.Down {
	}
	cancel()
	for range next { // until the goroutine has ended
	}
}

func TestDiscoveryGivesUpOnAReporterThatIsNotThere(t *testing.T) {
	url := unused(t)
	p := run(t, 300*time.Millisecond, url)
	want := "reporter " + url + " did not answer for 300ms: connection refused; start it or set REPORTER_URL"
	if err := p.ended(); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if ok, reason := p.s.Ready(); ok || !strings.Contains(reason, "connection refused") {
		t.Errorf("ready: got %t, %q, want not, for the reason", ok, reason)
	}
}

func TestDiscoveryGivesUpOnAReporterThatRefuses(t *testing.T) {
	f := reporter{refuse: `packager "http://a": allowed are those in PACKAGERS`}
	server := httptest.NewServer(&f)
	t.Cleanup(server.Close)
	p := run(t, 300*time.Millisecond, server.URL)
	want := "reporter " + server.URL + " refused every report for 300ms: status 400: " + f.refuse + "; give both the same PACKAGERS or set REPORTER_URL"
	if err := p.ended(); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestDiscoveryOutlivesTheReportersAbsence(t *testing.T) {
	var f reporter
	server := httptest.NewUnstartedServer(&f)
	address := server.Listener.Addr().String()
	server.Start()
	p := run(t, 50*time.Millisecond, "http://"+address)
	await(t, "a first report", func() bool { return f.reports() > 0 })
	server.Close()
	const gone, back = "the reporter takes no report, trying on", "the reporter takes reports"
	await(t, "the absence is noticed", func() bool { return p.log.count(gone) > 0 })
	await(t, "tries beyond the patience", func() bool { return testutil.ToFloat64(p.s.reports.WithLabelValues("failed")) >= 2 })
	if ok, reason := p.s.Ready(); !ok {
		t.Errorf("not ready: %s; want ready once it has reported", reason)
	}
	if got := p.log.count(gone); got != 1 {
		t.Errorf("the absence: got %d lines, want 1", got)
	}
	before := f.reports()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("the port was taken meanwhile: %v", err)
	}
	again := &http.Server{Handler: &f}
	t.Cleanup(func() { again.Close() })
	go again.Serve(l)
	await(t, "reports again", func() bool { return f.reports() > before })
	await(t, "its return is said", func() bool { return p.log.count(back) == 2 })
	p.cancel()
	if err := p.ended(); err != nil {
		t.Errorf("Run: got %v, want a clean end", err)
	}
}

func TestEveryReporterIsTold(t *testing.T) {
	var f, g reporter
	one, two := httptest.NewServer(&f), httptest.NewServer(&g)
	t.Cleanup(one.Close)
	t.Cleanup(two.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // its backlog accepts
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	p := run(t, patienceOfTests, unused(t), "http://"+silent.Addr().String(), one.URL, two.URL)
	p.ingest("live01")
	for name, r := range map[string]*reporter{"one": &f, "two": &g} {
		await(t, name+" knows both packagers", func() bool { return r.state("live01", 0) == report.Up && r.state("live01", 1) == report.Up })
	}
	await(t, "the others to be named", func() bool { return p.log.count("a reporter takes no report, the others are told") == 2 })
	if got := p.log.count("the reporter takes no report, trying on"); got != 0 {
		t.Errorf("got %d lines that nobody takes reports", got)
	}
	one.Close()
	before := g.reports()
	await(t, "the other to be told more", func() bool { return g.reports() > before+1 })
}

func TestWithoutAFolderThePackagersTellWhichSignalsThereAre(t *testing.T) {
	var f reporter
	server := httptest.NewServer(&f)
	t.Cleanup(server.Close)
	p := run(t, patienceOfTests, server.URL)
	p.packagers[1].have("live02", "../x", "live01")
	await(t, "what one has", func() bool { return slices.Equal(f.signals(), []string{"live01", "live02"}) })
	p.packagers[0].have("live03")
	p.ingest("live04")
	want := []string{"live01", "live02", "live03", "live04"}
	await(t, "the union", func() bool { return slices.Equal(f.signals(), want) })
	// One that does not answer has not lost what it has.
	p.packagers[1].broken.Store(true)
	await(t, "it is down", func() bool { return f.state("live01", 1) == report.Down })
	if got := f.signals(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	p.packagers[1].broken.Store(false)
	p.packagers[1].have("live02")
	await(t, "what nobody has to go", func() bool { return slices.Equal(f.signals(), []string{"live02", "live03", "live04"}) })
}

func TestASignalThatEndedIsNoSourceAnyMore(t *testing.T) {
	var f reporter
	server := httptest.NewServer(&f)
	t.Cleanup(server.Close)
	p := run(t, patienceOfTests, server.URL)
	put := func(signal string, text []byte) {
		t.Helper()
		p.ingest(signal)
		path := filepath.Join(p.output, signal, media.PlaylistName)
		if err := errors.Join(os.WriteFile(path+".new", text, 0o644), os.Rename(path+".new", path)); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	if err := os.MkdirAll(p.output, 0o755); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(t.TempDir(), "live03")
	if err := errors.Join(os.Mkdir(left, 0o755), os.WriteFile(filepath.Join(left, media.PlaylistName), listed(100, now, time.Hour, false), 0o644),
		os.Rename(left, filepath.Join(p.output, "live03"))); err != nil { // seen at once with all that it has
		t.Fatal(err)
	}
	put("live01", listed(100, now, 0, false))
	put("live02", listed(100, now, 0, false))
	await(t, "two signals", func() bool { return slices.Equal(f.signals(), []string{"live01", "live02"}) })
	put("live01", listed(100, now, 0, true))
	await(t, "the one that ended to go", func() bool { return slices.Equal(f.signals(), []string{"live02"}) })
	// As the packagers say, where nothing is on disk.
	p.packagers[0].have("live04")
	p.packagers[1].have("live04")
	await(t, "another", func() bool { return slices.Equal(f.signals(), []string{"live02", "live04"}) })
	p.packagers[0].ended.Store(true)
	p.packagers[0].have()
	p.packagers[1].broken.Store(true)
	await(t, "it to go as well, though one packager cannot say so", func() bool { return slices.Equal(f.signals(), []string{"live02"}) })
	put("live03", listed(101, now, 0, false))
	await(t, "what an earlier run left to come once it is added to", func() bool { return slices.Equal(f.signals(), []string{"live02", "live03"}) })
	for message, want := range map[string]int{
		"Signal 'live01' is no ingest source any more: it has ended":                                       1,
		"Signal 'live04' is no ingest source any more: it has ended":                                       1,
		"Signal 'live03' is no ingest source: an earlier run left it, and nobody adds to it":               1,
		"Registered signal 'live03' as ingest source":                                                      1,
		"Signal 'live01' is no ingest source any more: it has no playlist on disk, and no packager has it": 0,
	} {
		if got := p.log.count(message); got != want {
			t.Errorf("%q: got %d lines, want %d", message, got, want)
		}
	}
}

func TestAReportIsWhatTheContractSays(t *testing.T) {
	b := newBoard([]string{one, two})
	b.follow([]string{"live01"})
	b.add("live01", 0, good(1, 7, "7"))
	b.add("live01", 0, good(2, 8, "8"))
	r, _ := b.judge(at(2))
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"signals":[{"signal":"live01","packagers":[{"packager":"http://localhost:8080","state":"up","msn":8,"part":-1,"age_ms":0,"latency_ms":3}]}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if empty, err := json.Marshal(first(newBoard(nil).judge(at(0)))); err != nil || string(empty) != `{"signals":[]}` {
		t.Errorf("nothing ingested: got %s, %v, want an empty list", empty, err)
	}
}

func first(r report.IngestReport, _ []change) report.IngestReport { return r }

func TestConfigFromEnv(t *testing.T) {
	c, err := ConfigFromEnv(service.Environment{"HOME": "/h"})
	if err != nil || c.Patience != 10*time.Second || c.Paths.Output != "output" {
		t.Errorf("defaults: got %+v, %v", c, err)
	}
	_, err = ConfigFromEnv(service.Environment{"HOME": "/h", "REPORTER_PATIENCE": "0s", "PACKAGERS": "x"})
	for _, want := range []string{`REPORTER_PATIENCE="0s"`, `PACKAGERS="x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}
