package cmcd

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/proxy/metrics"
)

const playlist = "/live01/playlist.m3u8"

// newAudience is an audience of a signal that is followed: live01.
func newAudience() (*Audience, *prometheus.Registry) {
	reg := prometheus.NewRegistry()
	return New(Options{Metrics: metrics.NewAudience(reg), Playlist: func(signal string) string {
		if signal == "live01" {
			return playlist
		}
		return ""
	}}), reg
}

func (a *Audience) hears(text string) { a.Hear(playlist, nil, [][]byte{[]byte(text)}) }

// valueOfMetric is the sum of the series of a metric, of a histogram its count.
func valueOfMetric(t *testing.T, a *Audience, reg *prometheus.Registry, name string, labels ...string) (sum float64) {
	t.Helper()
	a.sweep(time.Now())
	all, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range all {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			has := ""
			for _, l := range m.GetLabel() {
				has += l.GetName() + "=" + l.GetValue() + " "
			}
			if len(labels) > 0 && !strings.Contains(has, labels[0]+" ") {
				continue
			}
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

func TestSessionsAreCountedToThePlayer(t *testing.T) {
	a, reg := newAudience()
	const players, reports = 10_000, 3
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := g; i < players; i += 4 {
				for n := range reports {
					a.Hear(playlist, fmt.Appendf(nil, "bl%%3D%d%%2Cbr%%3D3000%%2Csid%%3D%%22%d%%22", 1000*n, i), nil)
				}
			}
		})
	}
	all.Wait()
	s := a.Shown()
	if s.Sessions != players || len(s.Renditions) != 1 || s.Renditions[0] != (event.Audience{Signal: "live01", Rendition: "playlist", Sessions: players, StartMS: -1, BufferMS: 2000, LatencyMS: -1, BitrateBPS: 3e6, ThroughputBPS: -1}) {
		t.Errorf("got %+v", s)
	}
	for name, want := range map[string]float64{"proxy_player_sessions": players, "proxy_player_sessions_begun_total": players, "proxy_cmcd_reports_total": players * reports, "proxy_player_buffer_seconds": players} {
		if got := valueOfMetric(t, a, reg, name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestPlayersThatAreSilentHaveLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, reg := newAudience()
		go a.Run(t.Context())
		a.hears(`sid="a"`)
		time.Sleep(20 * time.Second)
		a.hears(`sid="b"`)
		time.Sleep(15 * time.Second)
		if s := a.Shown(); s.Sessions != 1 || valueOfMetric(t, a, reg, "proxy_player_sessions") != 1 {
			t.Errorf("got %+v, want b alone", s)
		}
		time.Sleep(11 * time.Minute)
		if s := a.Shown(); s.Sessions != 0 || len(a.renditions) != 0 {
			t.Errorf("got %+v and %d renditions, want none", s, len(a.renditions))
		}
	})
}

func TestSessionsAndRenditionsAreBounded(t *testing.T) {
	a, reg := newAudience()
	for i := range 2 * sessionsMost {
		a.hears(fmt.Sprintf("sid=\"%d\"", i))
	}
	if n := a.Shown().Sessions; n > sessionsMost || n < 10_000 {
		t.Errorf("got %d sessions, want 10000 to %d", n, sessionsMost)
	}
	if a.hears(fmt.Sprintf("sid=\"%d\"", 2*sessionsMost-1)); valueOfMetric(t, a, reg, "proxy_player_sessions_begun_total") != 2*sessionsMost {
		t.Error("the newest session was forgotten")
	}
	for i := range 2 * renditionsMost {
		a.Hear(fmt.Sprintf("/live/%d.m3u8", i), nil, [][]byte{[]byte(`sid="x"`)})
	}
	if n := len(a.renditions); n != renditionsMost {
		t.Errorf("got %d renditions, want %d", n, renditionsMost)
	}
}

func TestStarts(t *testing.T) {
	for _, c := range []struct {
		name    string
		reports []string // a second apart
		want    float64  // starts measured
		took    string   // the bucket that it is in
	}{
		{"version 1", []string{"su", "su", "bl=1", "su", "bl=1"}, 1, "2"},
		{"version 2", []string{"su", "msd=400", "bl=1"}, 1, "0.5"},
		{"it was playing before", []string{"bl=1", "su", "bl=1"}, 0, ""},
		{"it never starts", []string{"su", "su"}, 0, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, reg := newAudience()
			for _, r := range c.reports {
				a.hears(r + `,sid="a"`)
				time.Sleep(time.Second)
			}
			if got := valueOfMetric(t, a, reg, "proxy_player_start_seconds"); got != c.want {
				t.Errorf("%s: got %v starts, want %v", c.name, got, c.want)
			}
		})
	}
}

func TestStalls(t *testing.T) {
	for _, c := range []struct {
		name    string
		reports []string
		want    int
	}{
		{"none", []string{"bl=1", "bl=2"}, 0},
		{"one for each request that says so", []string{"bs", "bl=1", "bs"}, 2},
		{"one for each time that the state changes to it", []string{"sta=p", "sta=r", "sta=r", "sta=p", "sta=r"}, 2},
		{"told twice, by the state and with a request", []string{"sta=p", "e=ps,sta=r", "bs", "sta=p", "bs"}, 1},
	} {
		a, reg := newAudience()
		for _, r := range c.reports {
			a.hears(r + `,sid="a"`)
		}
		got := a.Shown().Renditions[0]
		if got.Stalls != c.want || got.Stalled != min(c.want, 1) || valueOfMetric(t, a, reg, "proxy_player_stalls_total") != float64(c.want) {
			t.Errorf("%s: got %+v, want %d", c.name, got, c.want)
		}
	}
}

// A session is where its pictures are, whatever it requests beside.
func TestASessionMovesWithItsRendition(t *testing.T) {
	a, reg := newAudience()
	hear := func(key, text string) { a.Hear(key, nil, [][]byte{[]byte(text + `,sid="a"`)}) }
	hear("/live/720p/index.m3u8?token=secret", "ot=v")
	hear("/live/audio/index.m3u8", "ot=a")
	if s := a.Shown(); s.Sessions != 1 || s.Renditions[0].Rendition != "720p/index" || s.Renditions[0].Signal != "live" {
		t.Errorf("got %+v, want it at 720p/index", s)
	}
	hear("/live/1080p/index.m3u8?token=other", "ot=v")
	if s := a.Shown(); s.Sessions != 1 || s.Renditions[0].Rendition != "1080p/index" {
		t.Errorf("got %+v, want it at 1080p/index", s)
	}
	if got := valueOfMetric(t, a, reg, "proxy_player_sessions", "rendition=720p/index"); got != 0 {
		t.Errorf("got %v sessions where it was, want 0", got)
	}
	hear("/live/1080p/index.m3u8?token=third", "ot=v")
	a.Hear("/live/1080p/index.m3u8?token=fourth", nil, [][]byte{[]byte(`sid="b"`)})
	if s := a.Shown(); len(s.Renditions) != 1 || s.Renditions[0].Sessions != 2 {
		t.Errorf("got %+v, want two sessions of one rendition, whatever their tokens", s)
	}
	if got := valueOfMetric(t, a, reg, "proxy_player_sessions"); got != 2 {
		t.Errorf("got %v sessions, want 2", got)
	}
}

func TestReportsThatDoNotCountAreCounted(t *testing.T) {
	a, reg := newAudience()
	a.Hear(playlist, []byte("br%3"), nil)
	a.Hear(playlist, []byte{}, nil)
	a.hears("bl=x")
	a.hears("bl=1")
	for result, want := range map[string]float64{"malformed": 3, "no_session": 1, "counted": 0} {
		if got := valueOfMetric(t, a, reg, "proxy_cmcd_reports_total", "result="+result); got != want {
			t.Errorf("%s: got %v, want %v", result, got, want)
		}
	}
}

func TestEvents(t *testing.T) {
	for _, c := range []struct {
		name, body               string
		status                   int
		sessions, stalls         int
		counted, malformed, lost float64
	}{
		{"an object", `{"v":2,"sid":"a","cid":"live01","e":"ps","sta":"p","ltc":2500,"bl":[3000],"msd":800,"x":null}`, 204, 1, 0, 1, 0, 0},
		{"an array", `[{"sid":"a","cid":"live01","sta":"p"},{"sid":"a","sta":"r"},{"sid":"b","cid":"live01","bs":true}]`, 204, 2, 2, 3, 0, 0},
		{"one object a line", "{\"sid\":\"a\",\"cid\":\"live01\"}\n{\"sid\":\"b\",\"cid\":\"live01\"}\n", 204, 2, 0, 2, 0, 0},
		{"keys and values", "sid=\"a\",cid=\"live01\",e=ps,sta=r\nsid=\"b\",cid=\"live01\"\r\n", 204, 2, 1, 2, 0, 0},
		{"the end of a session", `[{"sid":"a","cid":"live01","sta":"p"},{"sid":"a","sta":"q"}]`, 204, 0, 0, 2, 0, 0},
		{"of nothing that is followed", `{"sid":"a","cid":"other"}`, 204, 0, 0, 0, 0, 1},
		{"one of three cannot be read", `[{"sid":"a","cid":"live01"},{"sid":7},[]]`, 204, 1, 0, 1, 2, 0},
		{"no JSON", `{"sid":`, 400, 0, 0, 0, 1, 0},
		{"nothing", ``, 400, 0, 0, 0, 1, 0},
		{"too many", "[" + strings.Repeat(`{"sid":"a","cid":"live01"},`, eventsMost) + `{"sid":"b"}]`, 400, 1, 0, eventsMost, 1, 0},
		{"too many lines", strings.Repeat("sid=\"a\",cid=\"live01\"\n", eventsMost+1), 400, 1, 0, eventsMost, 1, 0},
		{"too large", strings.Repeat(" ", bodyMost+1), 413, 0, 0, 0, 0, 0},
	} {
		a, reg := newAudience()
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, Path, strings.NewReader(c.body)))
		s := a.Shown()
		stalls := 0
		for _, r := range s.Renditions {
			stalls += r.Stalls
		}
		if w.Code != c.status || s.Sessions != c.sessions || stalls != c.stalls {
			t.Errorf("%s: got %d, %+v, want %d, %d sessions and %d stalls", c.name, w.Code, s, c.status, c.sessions, c.stalls)
		}
		for result, want := range map[string]float64{"counted": c.counted, "malformed": c.malformed, "unknown_stream": c.lost} {
			if got := valueOfMetric(t, a, reg, "proxy_cmcd_reports_total", "result="+result); got != want {
				t.Errorf("%s: %s: got %v, want %v", c.name, result, got, want)
			}
		}
	}
}

// The script of any page may send events.
func TestEventsFromOtherSites(t *testing.T) {
	a, _ := newAudience()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodOptions, Path, nil)
	r.Header.Set("Origin", "http://other.example")
	r.Header.Set("Access-Control-Request-Headers", "content-type")
	a.ServeHTTP(w, r)
	if h := w.Header(); w.Code != 204 || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") || h.Get("Access-Control-Allow-Origin") != "http://other.example" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}

func BenchmarkHear(b *testing.B) {
	a, _ := newAudience()
	said := []byte(`bl%3D21300%2Cbr%3D3200%2Ccid%3D%22live01%22%2Cd%3D2000%2Cmtp%3D48100%2Cot%3Dv%2Csf%3Dh%2Csid%3D%226e2fb550-c457-11e9-bb97-0800200c9a66%22%2Cst%3Dl%2Ctb%3D6000`)
	b.ReportAllocs()
	for b.Loop() {
		a.Hear(playlist, said, nil)
	}
}
