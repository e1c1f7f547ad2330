package viewer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
)

// journal keeps the lines of a log.
type journal struct {
	mu    sync.Mutex
	lines []event.Line // guarded by mu
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, event.ParseLine(b, time.Now()))
	return len(b), nil
}

// said are the viewer's words, from the time since on.
func (j *journal) said(t *testing.T, since time.Time) (list []event.Viewing) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, l := range j.lines {
		e, ok, err := event.EventOf(l)
		if err != nil {
			t.Fatal(err)
		}
		if v, is := e.(event.Viewing); ok && is && !l.Time.Before(since) {
			list = append(list, v)
		}
	}
	return list
}

// warned are the warnings' messages, each once.
func (j *journal) warned() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var list []string
	for _, l := range j.lines {
		if l.Level == event.LevelWarn && !slices.Contains(list, l.Message) {
			list = append(list, l.Message)
		}
	}
	return list
}

// origin answers GET /signals with what it is given; nil is an origin that knows
// nothing.
type origin struct{ names atomic.Pointer[[]string] }

func (o *origin) name(list ...string) { o.names.Store(&list) }

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	list := o.names.Load()
	if r.URL.Path != "/signals" || list == nil {
		service.WriteError(w, http.StatusServiceUnavailable, "nothing is known yet")
		return
	}
	service.WriteJSON(w, http.StatusOK, append([]string{}, *list...))
}

// platform is a viewer in front of stations, in a bubble.
type platform struct {
	*Service
	journal journal
	origin  origin
	wire    *wire
	kit     service.Kit
}

// inPlatform runs a viewer with those settings while during runs.
func inPlatform(t *testing.T, env service.Environment, proxy http.Handler, during func(*testing.T, *platform)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{wire: newWire()}
		e := service.Environment{"PROXY_URL": "http://proxy", "ORIGIN_URL": "http://origin", "PACKAGERS": "http://packager1,http://packager2"}
		for k, v := range env {
			e[k] = v
		}
		c, err := ConfigFromEnv(e)
		if err != nil {
			t.Fatal(err)
		}
		p.kit = service.NewKit("viewer", service.Common{LogFormat: "json", LogLevel: "info"}, e, &p.journal)
		if p.Service, err = newService(c, p.kit, p.wire.client); err != nil {
			t.Fatal(err)
		}
		defer p.wire.serve("origin", &p.origin)()
		defer p.wire.serve("proxy", proxy)()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		during(t, p)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: got %v, want a clean end", err)
		}
	})
}

func TestTheViewerPlaysWhatTheOriginNames(t *testing.T) {
	s := newStation()
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
		time.Sleep(3 * time.Second)
		if ok, reason := p.Ready(); ok || !strings.Contains(reason, "no signal is known: http://origin: status 503") {
			t.Errorf("ready: got %t, %q, want not yet: the origin does not answer", ok, reason)
		}
		p.origin.name()
		time.Sleep(3 * time.Second)
		if ok, reason := p.Ready(); ok || reason != "there is no signal yet" {
			t.Errorf("ready: got %t, %q, want not yet: no signal", ok, reason)
		}
		p.origin.name("live01", "live02", "../etc", strings.Repeat("x", 65))
		time.Sleep(5 * time.Second)
		if ok, reason := p.Ready(); !ok {
			t.Errorf("ready: got %q, want it to be", reason)
		}
		since := time.Now()
		time.Sleep(10 * time.Second)
		words := map[string]int{}
		for _, v := range p.journal.said(t, since) {
			words[v.Signal]++
			if v.State != event.ViewPlaying || v.BufferMS <= 0 || v.LatencyMS <= 0 || v.MSN < 110 || v.Packager != "http://packager" ||
				v.PlaylistAgeMS < 0 || v.PlaylistAgeMS > 1000 ||
				v.BitrateBPS <= 0 || v.Stalls+v.Violations+v.FailedRequests != 0 {
				t.Errorf("got %+v, want one that plays well", v)
			}
		}
		if words["live01"] < 10 || words["live02"] < 10 || len(words) != 2 {
			t.Errorf("got words %v in 10 s, want one a second of each", words)
		}
		if got := p.journal.warned(); !slices.Equal(got, []string{"the origin does not answer, the signals known go on"}) {
			t.Errorf("got the warnings %q, want that of the origin alone", got)
		}
	})
}

func TestTheViewerSaysAtOnceWhichPackagerThePlaylistComesFrom(t *testing.T) {
	s := newStation()
	s.onRequest = func(w http.ResponseWriter, _ *http.Request, msn int64) bool {
		if msn < 0 && s.newest() >= 115 {
			w.Header().Set("X-Packager", "http://second")
		}
		return false
	}
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
		p.origin.name("live01")
		time.Sleep(20 * time.Second)
		was := ""
		for _, v := range p.journal.said(t, time.Time{}) {
			if v.Packager == "http://second" && was == "http://packager" && v.PlaylistAgeMS > 2*look.Milliseconds() {
				t.Errorf("got %+v, want the word as soon as the playlist comes from another one", v)
			}
			was = v.Packager
		}
		if was != "http://second" {
			t.Errorf("got the last word of a playlist from %q", was)
		}
	})
}

func TestTheViewerSaysAtOnceThatThePictureStands(t *testing.T) {
	s := newStation()
	s.onRequest = func(http.ResponseWriter, *http.Request, int64) bool {
		if s.newest() >= 120 && s.newest() < 131 {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
		p.origin.name("live01")
		time.Sleep(24 * time.Second)
		if ok, reason := p.Ready(); ok || !strings.Contains(reason, "live01 is stalled since ") || !strings.Contains(reason, "EOF") {
			t.Errorf("ready: got %t, %q, want that it stands still and why", ok, reason)
		}
		time.Sleep(16 * time.Second)
		if ok, reason := p.Ready(); !ok {
			t.Errorf("ready: got %q, want it to be", reason)
		}
		var states []event.ViewState
		var last event.Viewing
		for _, v := range p.journal.said(t, time.Time{}) {
			if n := len(states); n == 0 || states[n-1] != v.State {
				states = append(states, v.State)
				if v.State == event.ViewStalled && (v.StalledForMS > 150 || v.StalledForMS != v.StalledMS || v.Stalls != 1) {
					t.Errorf("got %+v, want the word as soon as the picture stands", v)
				}
			}
			last = v
		}
		if states[0] == event.ViewStarting { // a player may be faster than its first word
			states = states[1:]
		}
		if want := []event.ViewState{event.ViewPlaying, event.ViewStalled, event.ViewPlaying}; !slices.Equal(states, want) {
			t.Errorf("got the states %v, want %v", states, want)
		}
		if last.Stalls != 1 || last.StalledMS == 0 || last.LongestStallMS != last.StalledMS || last.StalledForMS != 0 || last.FailedRequests == 0 {
			t.Errorf("got the last word %+v, want one stall that is over", last)
		}
		if got := p.journal.warned(); !slices.Contains(got, "the picture stood still") || !slices.Contains(got, "a request failed") {
			t.Errorf("got the warnings %q, want those of failure and stall", got)
		}
	})
}

func TestTheViewerGoesOnWithoutTheOrigin(t *testing.T) {
	s := newStation()
	inPlatform(t, service.Environment{"VIEWER_FORGET": "5s"}, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
		p.origin.name("live01")
		time.Sleep(5 * time.Second)
		p.origin.names.Store(nil)
		time.Sleep(time.Minute)
		if ok, reason := p.Ready(); !ok {
			t.Errorf("origin away: got %q, want it to play", reason)
		}
		p.origin.name()
		time.Sleep(time.Minute)
		if ok, reason := p.Ready(); !ok {
			t.Errorf("origin names nothing: got %q, want it to play as long as it does", reason)
		}
	})
}

func TestTheViewerForgetsWhatIsGone(t *testing.T) {
	s := newStation()
	gone := false
	var mu sync.Mutex
	s.onRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		mu.Lock()
		defer mu.Unlock()
		if gone {
			http.NotFound(w, r)
		}
		return gone
	}
	inPlatform(t, service.Environment{"VIEWER_FORGET": "5s", "VIEWER_SIGNALS": "fixed"}, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
		p.origin.name("live01")
		time.Sleep(5 * time.Second)
		mu.Lock()
		gone = true
		mu.Unlock()
		p.origin.name()
		time.Sleep(4 * time.Second)
		if got := len(p.statuses()); got != 2 {
			t.Errorf("got %d players, want both still", got)
		}
		time.Sleep(20 * time.Second)
		if list := p.statuses(); len(list) != 1 || list[0].Name != "fixed" {
			t.Errorf("got %+v, want the one that is always played", list)
		}
		quiet := time.Now()
		time.Sleep(3 * time.Second)
		for _, v := range p.journal.said(t, quiet) {
			if v.Signal != "fixed" {
				t.Errorf("got a word on %s, want none", v.Signal)
			}
		}
	})
}

func TestASupervisorIsToldThatThereIsNothingToPlay(t *testing.T) {
	inPlatform(t, nil, newStation(), func(t *testing.T, p *platform) {
		time.Sleep(16 * time.Second)
		p.journal.mu.Lock()
		defer p.journal.mu.Unlock()
		n := 0
		for _, l := range p.journal.lines {
			if e, ok, _ := event.EventOf(l); ok && e == (event.Progress{Stage: "waiting for a signal", Percent: -1}) {
				n++
			}
		}
		if n != 4 {
			t.Errorf("got %d signs of progress in 16 s, want 4", n)
		}
	})
}

func TestTheViewerComparesWithThePackagers(t *testing.T) {
	front := newStation()
	front.onBody = change(120, flip)
	behind := newStation()
	inPlatform(t, nil, front, func(t *testing.T, p *platform) {
		front.began = time.Now()
		behind.began = front.began
		defer p.wire.serve("packager1", behind)()
		defer p.wire.serve("packager2", behind)()
		p.origin.name("live01")
		time.Sleep(40 * time.Second)
		st := p.statuses()[0]
		if st.Violated != 1 || st.Broken(RuleBytes) != 1 {
			t.Errorf("got %+v, want the flipped byte and nothing else", st)
		}
		if got := behind.requests(".m4s"); len(got) > 4*4 {
			t.Errorf("got %d requests at the packagers in 40 s: %v", len(got), got)
		}
	})
}

func TestMetrics(t *testing.T) {
	s := newStation()
	s.onRequest = at(110, func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) })
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
		p.origin.name("live01")
		time.Sleep(20 * time.Second)
		w := httptest.NewRecorder()
		service.Handler(p.Service, p.kit).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		for _, want := range []string{
			`viewer_playing{signal="live01"} 1`, `viewer_failed_requests_total{signal="live01"} 1`,
			`viewer_violations_total{rule="download",signal="live01"} 1`, `viewer_violations_total{rule="sequence",signal="live01"} 0`,
			`viewer_stalls_total{signal="live01"} 0`, `viewer_buffer_seconds{signal="live01"} `,
		} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("got no %s", want)
			}
		}
	})
}

func TestConfigFromEnv(t *testing.T) {
	for _, c := range []struct {
		name string
		env  service.Environment
		bad  []string
	}{
		{"nothing set", nil, nil},
		{"a proxy alone", service.Environment{"ORIGIN_URL": "none", "VIEWER_SIGNALS": "live01,live02"}, nil},
		{"a proxy alone and nothing to play", service.Environment{"ORIGIN_URL": "none"}, []string{"VIEWER_SIGNALS"}},
		{"everything bad", service.Environment{"PROXY_URL": "http://a,http://b", "VIEWER_SIGNALS": "a/b", "VIEWER_FORGET": "-1s"},
			[]string{"PROXY_URL", "VIEWER_SIGNALS", "VIEWER_FORGET"}},
		{"no durations and no URLs", service.Environment{"PROXY_URL": "proxy", "VIEWER_FORGET": "soon"}, []string{"PROXY_URL", "VIEWER_FORGET"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ConfigFromEnv(c.env)
			var bad []string
			var config *service.ConfigError
			if errors.As(err, &config) {
				for _, p := range config.Problems {
					bad = append(bad, p.Variable)
				}
			}
			slices.Sort(bad)
			slices.Sort(c.bad)
			if diff := cmp.Diff(c.bad, bad); diff != "" {
				t.Errorf("bad variables: want (-), got (+):\n%s", diff)
			}
		})
	}
	c, err := ConfigFromEnv(service.Environment{"PROXY_PORT": "18002"})
	if err != nil || c.ProxyURL.String() != "http://localhost:18002" {
		t.Errorf("got %s, %v, want the proxy's port on localhost", c.ProxyURL, err)
	}
}

func TestRoster(t *testing.T) {
	now := time.Now()
	idle := func(string) bool { return false }
	playing := func(string) bool { return true }
	for _, c := range []struct {
		name string
		do   func(*roster)
		want []string
	}{
		{"what is fixed is there from the start", func(*roster) {}, []string{"fixed"}},
		{"what is named is there", func(r *roster) { r.heard([]string{"b", "a"}, idle, now) }, []string{"a", "b", "fixed"}},
		{"names that are none are not", func(r *roster) { r.heard([]string{"../a", ""}, idle, now) }, []string{"fixed"}},
		{"not named for a while", func(r *roster) {
			r.heard([]string{"a"}, idle, now)
			r.heard(nil, idle, now.Add(1*time.Second))
			r.heard(nil, idle, now.Add(10*time.Second))
		}, []string{"a", "fixed"}},
		{"not named for long", func(r *roster) {
			r.heard([]string{"a"}, idle, now)
			r.heard(nil, idle, now.Add(1*time.Second))
			r.heard(nil, idle, now.Add(11*time.Second))
		}, []string{"fixed"}},
		{"not named for long, but it plays", func(r *roster) {
			r.heard([]string{"a"}, idle, now)
			r.heard(nil, playing, now.Add(1*time.Second))
			r.heard(nil, playing, now.Add(60*time.Second))
			r.heard(nil, idle, now.Add(65*time.Second))
		}, []string{"a", "fixed"}},
		{"not named, then nobody answers", func(r *roster) {
			r.heard([]string{"a"}, idle, now)
			r.heard(nil, idle, now.Add(1*time.Second))
			r.away()
			r.heard(nil, idle, now.Add(60*time.Second))
		}, []string{"a", "fixed"}},
		{"not named, then named again", func(r *roster) {
			r.heard([]string{"a"}, idle, now)
			r.heard(nil, idle, now.Add(1*time.Second))
			r.heard([]string{"a"}, idle, now.Add(9*time.Second))
			r.heard(nil, idle, now.Add(12*time.Second))
		}, []string{"a", "fixed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoster([]string{"fixed"}, 10*time.Second)
			c.do(r)
			if diff := cmp.Diff(c.want, r.names()); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
	r := newRoster(nil, time.Minute)
	var many []string
	for i := range 2 * maxSignals {
		b, _ := json.Marshal(i)
		many = append(many, string(b))
	}
	if r.heard(many, idle, now); len(r.names()) != maxSignals {
		t.Errorf("got %d signals of %d, want %d at most", len(r.names()), len(many), maxSignals)
	}
}
