package viewer

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

func TestTheViewerPlaysWhatTheOriginNames(t *testing.T) {
	s := stationtest.New()
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
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
		if got := p.journal.warned(); !slices.Equal(got, []string{"the origin does not answer, the known signals stay"}) {
			t.Errorf("got the warnings %q, want that of the origin alone", got)
		}
	})
}

func TestTheViewerSaysAtOnceWhichPackagerThePlaylistComesFrom(t *testing.T) {
	s := stationtest.New()
	s.OnRequest = func(w http.ResponseWriter, _ *http.Request, msn int64) bool {
		if msn < 0 && s.Newest() >= 115 {
			w.Header().Set("X-Packager", "http://second")
		}
		return false
	}
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
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
	s := stationtest.New()
	s.OnRequest = func(http.ResponseWriter, *http.Request, int64) bool {
		if s.Newest() >= 120 && s.Newest() < 131 {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
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
	s := stationtest.New()
	inPlatform(t, service.Environment{"VIEWER_FORGET": "5s"}, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
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
	s := stationtest.New()
	gone := false
	var mu sync.Mutex
	s.OnRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		mu.Lock()
		defer mu.Unlock()
		if gone {
			http.NotFound(w, r)
		}
		return gone
	}
	inPlatform(t, service.Environment{"VIEWER_FORGET": "5s", "VIEWER_SIGNALS": "fixed"}, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
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
	inPlatform(t, nil, stationtest.New(), func(t *testing.T, p *platform) {
		time.Sleep(16 * time.Second)
		n := 0
		for _, l := range p.journal.Lines() {
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
	front := stationtest.New()
	front.OnBody = stationtest.Change(120, stationtest.Flip)
	behind := stationtest.New()
	inPlatform(t, nil, front, func(t *testing.T, p *platform) {
		front.Began = time.Now()
		behind.Began = front.Began
		defer p.wire.Serve("packager1", behind)()
		defer p.wire.Serve("packager2", behind)()
		p.origin.name("live01")
		time.Sleep(40 * time.Second)
		st := p.statuses()[0]
		if st.Violated != 1 || st.Broken(rules.SameBytes) != 1 {
			t.Errorf("got %+v, want the flipped byte and nothing else", st)
		}
		if got := behind.Requests(".m4s"); len(got) > 4*4 {
			t.Errorf("got %d requests at the packagers in 40 s: %v", len(got), got)
		}
	})
}

func TestMetrics(t *testing.T) {
	s := stationtest.New()
	s.OnRequest = stationtest.At(110, func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) })
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
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
