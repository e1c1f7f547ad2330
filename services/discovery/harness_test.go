package discovery

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

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

// reporter keeps the last report.
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

// state is the last reported state of the n-th packager for a signal.
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

// platform is what surrounds a discovery that is being run.
type platform struct {
	t         *testing.T
	output    string
	packagers [2]*packager
	log       *servicetest.Log
	s         *Service
	err       chan error
	cancel    context.CancelFunc
}

// run starts a discovery; reporters are the REPORTER_URL.
func run(t *testing.T, patience time.Duration, reporters ...string) *platform {
	t.Helper()
	p := &platform{t: t, output: filepath.Join(t.TempDir(), "output"), log: &servicetest.Log{}, err: make(chan error, 1)}
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
	case <-time.After(servicetest.Patience):
		p.t.Fatal("Run does not return")
		return nil
	}
}

// unused is a URL without a listener.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}
