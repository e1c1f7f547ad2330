package proxy

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/fakenet"
)

// fieldFront starts what stands in front of the packagers of a field case: the proxy,
// or the plain one that is its control. settings are those of a proxy's environment.
type fieldFront func(t *testing.T, w *fakenet.Net, settings service.Environment, packagers ...string) (handler http.Handler, stop func())

// startField starts the proxy on the wire, with the settings of an environment. It is
// the one place of the field cases that knows how a Service is given its dialer.
func startField(t *testing.T, w *fakenet.Net, settings service.Environment, packagers ...string) (handler http.Handler, stop func()) {
	e := service.Environment{"ORIGIN_URL": "none", "HOME": t.TempDir(), "STATE_PATH": t.TempDir(), "RUN_PATH": t.TempDir()}
	for i, p := range packagers {
		packagers[i] = "http://" + p
	}
	e["PACKAGERS"] = strings.Join(packagers, ",")
	for name, value := range settings {
		e[name] = value
	}
	config, err := ConfigFromEnv(e)
	if err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	kit := service.NewKit("proxy", service.Common{LogFormat: "text", LogLevel: "info"}, e, &lockedWriter{w: log})
	s, err := newService(config, kit, w.Dial)
	if err != nil {
		t.Fatal(err)
	}
	handler = service.Handler(s, kit)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	return handler, func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: got %v, want a clean end", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("Run does not end")
		}
	}
}

// fieldPlain is a plain reverse proxy with a backup, as nginx is one: it passes bytes
// on, from the first packager as long as that one can be reached.
type fieldPlain struct {
	transport *http.Transport
	packagers []string

	mu     sync.Mutex
	failed time.Time // when the first could not be reached; guarded by mu
}

// fieldRest is how long the control leaves a packager alone that it could not reach.
const fieldRest = 2 * time.Second

func startFieldControl(_ *testing.T, w *fakenet.Net, _ service.Environment, packagers ...string) (http.Handler, func()) {
	p := &fieldPlain{packagers: packagers, transport: &http.Transport{DialContext: w.Dial, MaxIdleConnsPerHost: 8, DisableCompression: true}}
	return p, p.transport.CloseIdleConnections
}

func (p *fieldPlain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for i, host := range p.packagers {
		p.mu.Lock()
		resting := i == 0 && !p.failed.IsZero() && time.Since(p.failed) < fieldRest
		p.mu.Unlock()
		if resting {
			continue
		}
		out := r.Clone(r.Context())
		out.RequestURI, out.URL.Scheme, out.URL.Host, out.Host = "", "http", host, "packagers"
		for _, name := range []string{"Connection", "Keep-Alive", "Te", "Transfer-Encoding", "Upgrade"} {
			out.Header.Del(name)
		}
		res, err := p.transport.RoundTrip(out)
		if err != nil {
			if r.Context().Err() != nil {
				return
			}
			p.mu.Lock()
			if i == 0 {
				p.failed = time.Now()
			}
			p.mu.Unlock()
			continue
		}
		p.pass(w, res)
		return
	}
	http.Error(w, "bad gateway", http.StatusBadGateway)
}

// pass passes an answer on as it comes, and breaks off where it does.
func (p *fieldPlain) pass(w http.ResponseWriter, res *http.Response) {
	defer res.Body.Close()
	for name, values := range res.Header {
		if name != "Connection" {
			w.Header()[name] = values
		}
	}
	if res.Header.Get("Content-Type") == "" {
		w.Header()["Content-Type"] = nil // net/http is not to guess one
	}
	w.WriteHeader(res.StatusCode)
	buffer := make([]byte, 32<<10)
	for {
		n, err := res.Body.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return // the player has gone
			}
			if err == nil && res.ContentLength < 0 {
				_ = http.NewResponseController(w).Flush() // whoever has gone is noticed by Write
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// fieldSpoil is the control with a fault: change has each request before it is passed on,
// and answer what is written for it.
func fieldSpoil(change func(*http.Request), answer func(r *http.Request, body []byte) []byte) fieldFront {
	return func(t *testing.T, w *fakenet.Net, e service.Environment, packagers ...string) (http.Handler, func()) {
		plain, stop := startFieldControl(t, w, e, packagers...)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if change != nil {
				change(r)
			}
			if answer == nil {
				plain.ServeHTTP(w, r)
				return
			}
			kept := &fieldKept{header: http.Header{}}
			plain.ServeHTTP(kept, r)
			body := kept.body.Bytes()
			if kept.status == http.StatusOK {
				body = answer(r, body)
				kept.header.Del("Content-Length")
			}
			for name, values := range kept.header {
				w.Header()[name] = values
			}
			w.WriteHeader(kept.status)
			_, _ = w.Write(body) // whoever has gone misses nothing
		}), stop
	}
}

// fieldKept keeps an answer instead of sending it.
type fieldKept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *fieldKept) Header() http.Header         { return k.header }
func (k *fieldKept) WriteHeader(status int)      { k.status = status }
func (k *fieldKept) Write(b []byte) (int, error) { return k.body.Write(b) }

// fieldFaults are fronts that do what a proxy must not, each with cases that must fail
// through it.
func fieldFaults() map[string]struct {
	front fieldFront
	cases []string
} {
	type fault = struct {
		front fieldFront
		cases []string
	}
	var mu sync.Mutex
	media := map[string][]byte{}
	byName := func(r *http.Request, body []byte) []byte {
		if !strings.HasSuffix(r.URL.Path, ".ts") || r.Header.Get("Range") != "" {
			return body
		}
		mu.Lock()
		defer mu.Unlock()
		if old, ok := media[r.URL.Path]; ok {
			return old
		}
		media[r.URL.Path] = body
		return body
	}
	without := func(pattern string) func(*http.Request, []byte) []byte {
		p := regexp.MustCompile(pattern)
		return func(_ *http.Request, body []byte) []byte {
			if !bytes.HasPrefix(body, []byte("#EXTM3U")) {
				return body
			}
			return p.ReplaceAll(body, nil)
		}
	}
	return map[string]fault{
		"drops the query": {fieldSpoil(func(r *http.Request) { r.URL.RawQuery = "" }, nil),
			[]string{"01 query catch up", "01 query rendition", "01 query token", "01 query variant", "A signed query", "A segments told apart by the query alone"}},
		"cleans paths": {fieldSpoil(func(r *http.Request) { r.URL.RawPath = "" }, nil), []string{"03 encoded slash"}},
		"keeps media by name": {fieldSpoil(nil, byName),
			[]string{"06 cyclic names", "C cyclic names over a restart from zero"}},
		"drops what is no segment": {fieldSpoil(nil, without(`(?m)^#EXT-X-(DATERANGE|CUE|PLAYLIST-TYPE|SERVER|PART|PRELOAD).*\n`)),
			[]string{"09 cue out first look", "09 daterange at head", "09 daterange behind last", "09 daterange open", "09 daterange updated", "10 event", "D low latency"}},
		"drops keys": {fieldSpoil(nil, without(`(?m)^#EXT-X-KEY.*\n`)), []string{"08 own keys slow", "08 vod encrypted", "C keys change each third segment"}},
		"drops ranges": {fieldSpoil(func(r *http.Request) { r.Header.Del("Range") }, nil),
			[]string{"07 growing file", "C implied offsets"}},
		"drops headers": {fieldSpoil(func(r *http.Request) {
			for _, name := range []string{"X-Auth-Token", "Referer", "User-Agent", "If-Modified-Since"} {
				r.Header.Del(name)
			}
		}, nil), []string{"A own header of a player", "A referer", "A user agent", "F validators of a recording"}},
		"drops cookies": {fieldSpoil(func(r *http.Request) { r.Header.Del("Cookie") }, nil), []string{"A cookies are each player's own"}},
		"marks each segment as a discontinuity": {fieldSpoil(nil, func(_ *http.Request, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte("#EXTINF"), []byte("#EXT-X-DISCONTINUITY\n#EXTINF"))
		}), []string{"14 token per answer", "14 token per interval"}},
	}
}
