package discovery

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

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
		case <-time.After(servicetest.Patience):
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
	t.Parallel()
	var f reporter
	server := httptest.NewUnstartedServer(&f)
	address := server.Listener.Addr().String()
	server.Start()
	p := run(t, 50*time.Millisecond, "http://"+address)
	servicetest.Await(t, "a first report", func() bool { return f.reports() > 0 })
	server.Close()
	const gone, back = "the reporter accepts no report, still trying", "the reporter accepts reports"
	servicetest.Await(t, "the absence is noticed", func() bool { return p.log.Count(gone) > 0 })
	servicetest.Await(t, "tries beyond the patience", func() bool { return testutil.ToFloat64(p.s.reports.WithLabelValues("failed")) >= 2 })
	if ok, reason := p.s.Ready(); !ok {
		t.Errorf("not ready: %s; want ready once it has reported", reason)
	}
	if got := p.log.Count(gone); got != 1 {
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
	servicetest.Await(t, "reports again", func() bool { return f.reports() > before })
	servicetest.Await(t, "its return is said", func() bool { return p.log.Count(back) == 2 })
	p.cancel()
	if err := p.ended(); err != nil {
		t.Errorf("Run: got %v, want a clean end", err)
	}
}

func TestEveryReporterIsTold(t *testing.T) {
	t.Parallel()
	var f, g reporter
	one, two := httptest.NewServer(&f), httptest.NewServer(&g)
	t.Cleanup(one.Close)
	t.Cleanup(two.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // its backlog accepts
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	p := run(t, servicetest.Patience, unused(t), "http://"+silent.Addr().String(), one.URL, two.URL)
	p.ingest("live01")
	for name, r := range map[string]*reporter{"one": &f, "two": &g} {
		servicetest.Await(t, name+" knows both packagers", func() bool { return r.state("live01", 0) == report.Up && r.state("live01", 1) == report.Up })
	}
	servicetest.Await(t, "the others to be named", func() bool { return p.log.Count("a reporter accepts no report, the others do") == 2 })
	if got := p.log.Count("the reporter accepts no report, still trying"); got != 0 {
		t.Errorf("got %d lines that no reporter takes reports", got)
	}
	one.Close()
	before := g.reports()
	servicetest.Await(t, "the other to be told more", func() bool { return g.reports() > before+1 })
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
