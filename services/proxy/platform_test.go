package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/cluster"
	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/events"
	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/hint"
)

// inBubble runs a test on a platform, in fake time.
func inBubble(t *testing.T, packagers int, test func(t *testing.T, p *platform), changes ...func(*platform)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := onAir(t, packagers, changes...)
		defer p.end()
		test(t, p)
	})
}

// expect asks and compares the status; it returns how long the answer took.
func (p *platform) expect(path string, status int, headers ...string) time.Duration {
	p.t.Helper()
	began := time.Now()
	if w := p.get(path, headers...); w.Code != status {
		p.t.Errorf("%s %v: got status %d %s, want %d", path, headers, w.Code, w.Body, status)
	}
	return time.Since(began)
}

// player puts the proxy on the wire and returns a client of it.
func (p *platform) player() (*http.Client, func()) {
	kill := p.wire.Serve("proxy", p.handler)
	transport := &http.Transport{DialContext: p.wire.Dial}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		kill()
	}
}

// everyPackager changes what each packager answers.
func (p *platform) everyPackager(answers func(w http.ResponseWriter, r *http.Request) bool) {
	for _, one := range p.packagers {
		one.change(func(o *packager) { o.answers = answers })
	}
}

// leaveAfter asks for a path and leaves after a while, or with the answer.
func (p *platform) leaveAfter(wait time.Duration, path string) (w *httptest.ResponseRecorder) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	w = httptest.NewRecorder()
	defer func() {
		if recover() != nil {
			w.Code = 0
		}
	}()
	p.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx))
	return w
}

// platform is a proxy in front of fake packagers, in a bubble.
type platform struct {
	t         *testing.T
	wire      *fakenet.Net
	enc       *encoder
	packagers []*packager
	config    Config
	log       *bytes.Buffer
	metrics   service.Registry
	service   *Service
	handler   http.Handler
	cancel    context.CancelFunc
	ended     chan error
	views     []*viewing
	bus       *airwaves // nil without a cluster
}

// onAir starts packagers and a proxy in front of them. It must be called in a bubble;
// the test ends with p.end.
func onAir(t *testing.T, packagers int, changes ...func(*platform)) *platform {
	t.Helper()
	p := &platform{t: t, wire: fakenet.NewNet(), enc: &encoder{began: time.Now(), first: 100}}
	p.config = Config{CacheBytes: 1 << 30, Streams: 1000, Idle: time.Minute, Paths: service.Paths{State: t.TempDir()}}
	for i := range packagers {
		one := &packager{t: t, enc: p.enc, name: fmt.Sprintf("server%d", i+1), wire: p.wire, window: 6, block: true}
		p.packagers = append(p.packagers, one)
		p.config.Packagers = append(p.config.Packagers, one.url())
	}
	for _, change := range changes {
		change(p)
	}
	for _, one := range p.packagers {
		one.start()
	}
	p.startProxy()
	return p
}

func (p *platform) startProxy() {
	p.t.Helper()
	p.log = &bytes.Buffer{}
	kit := service.NewKit("proxy", service.Common{LogFormat: "text", LogLevel: "debug"}, nil, &lockedWriter{w: p.log})
	kit.Log.SetLevel(hclog.Debug)
	p.metrics = kit.Metrics
	s, err := newService(p.config, kit, p.wire.Dial)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.bus != nil {
		s.hints = hint.New(hint.Options{
			Packagers: p.config.Packagers, Take: s.streams.Hint, Log: kit.Log, Metrics: prometheus.NewRegistry(),
			Connect: func() (cluster.Bus, func(), error) { return p.bus, func() {}, nil },
		})
	}
	router := mux.NewRouter().SkipClean(true)
	s.AdminRoutes(router)
	s.Routes(router)
	p.service, p.handler, p.ended = s, router, make(chan error, 1)
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(context.Background())
	go func() { p.ended <- s.Run(ctx) }()
}

func (p *platform) stopProxy() {
	p.t.Helper()
	p.cancel()
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("Run: got %v, want a clean end", err)
		}
	case <-time.After(30 * time.Second):
		p.t.Error("Run does not end")
	}
}

func (p *platform) end() {
	for _, v := range p.views {
		v.leave()
	}
	p.stopProxy()
	for _, one := range p.packagers {
		one.die()
	}
	if p.t.Failed() {
		p.t.Logf("the proxy's log:\n%s", p.log)
	}
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (w *lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.w.Write(b)
}

// get asks the proxy as a player does; headers come in pairs.
func (p *platform) get(path string, headers ...string) *httptest.ResponseRecorder {
	return p.ask(http.MethodGet, path, headers...)
}

func (p *platform) ask(method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if e := recover(); e != nil {
				w.Code = 0 // the connection was broken off
			}
		}()
		p.handler.ServeHTTP(w, r)
	}()
	return w
}

const live = "/live01/playlist.m3u8"

// stream is the proxy's live playlist; nil while it is not followed.
func (p *platform) stream() *follow.Playlist { return p.service.streams.Find(live) }

// verdicts are the proxy's verdicts on the packagers.
func (p *platform) verdicts() []health.Verdict { return p.stream().Verdicts() }

// failovers are those that the proxy has announced.
func (p *platform) failovers() []events.Entry {
	p.t.Helper()
	var list, failovers []events.Entry
	if err := json.Unmarshal(p.get("/events").Body.Bytes(), &list); err != nil {
		p.t.Fatal(err)
	}
	for _, e := range list {
		if e.Failover != nil {
			failovers = append(failovers, e)
		}
	}
	return failovers
}

// await waits until is reports true, for so long at most.
func (p *platform) await(most time.Duration, what string, is func() bool) {
	p.t.Helper()
	for end := time.Now().Add(most); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s: not within %s", what, most)
		}
	}
}

const (
	one = "http://server1"
	two = "http://server2"
)

// withMP4 makes the packagers serve fMP4.
func withMP4(p *platform) {
	for _, one := range p.packagers {
		one.mp4 = true
	}
}

// withPolling makes the packagers answer at once, so that the proxy has to poll them.
func withPolling(p *platform) {
	for _, one := range p.packagers {
		one.block = false
	}
}
