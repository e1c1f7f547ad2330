package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/procs"
	"livestream-tui/services/kit/event"
)

// newStage is a platform whose processes become what run says, with a real HTTP
// server as its proxy.
func newStage(t *testing.T, run func(l *Local)) *Local {
	t.Helper()
	var changes atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/live01/playlist.m3u8" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprintf(w, "#EXTM3U\n#EXTINF:2,\n%d.m4s\n", changes.Add(1))
	}))
	t.Cleanup(proxy.Close)
	var l *Local
	l = platformOf(t, fakeSupervisor{run: func(ctx context.Context) error {
		run(l)
		<-ctx.Done()
		return nil
	}})
	l.now.PlayURL = proxy.URL
	l.poll.reporters = []string{answering(t, map[string]string{"/ingests": `[]`, "/packagers": `[{"signal":"live01","packagers":[]}]`})}
	l.poll.origins = []string{answering(t, map[string]string{"/live/live01/packagers": `{"signal":"live01","active":"http://localhost:8080","packagers":[]}`})}
	return l
}

func everyReady(l *Local) {
	for _, p := range l.Snapshot().Processes {
		l.onStatus(Status{Name: p.Name, State: procs.Starting, Incarnation: 1, PID: 7})
		l.onStatus(Status{Name: p.Name, State: procs.Ready, Incarnation: 1, PID: 7})
	}
	l.onLine("viewer", []byte(`{"@level":"info","@message":"playing","event":"viewing","signal":"live01","state":"playing","msn":1}`))
}

func TestHeadlessSaysOnAirAndEndsAfterItsTime(t *testing.T) {
	s := newStage(t, everyReady)
	var out strings.Builder
	if err := Headless(t.Context(), s, HeadlessOptions{Out: &out, For: 50 * time.Millisecond}); err != nil {
		t.Errorf("got %v, want a good end", err)
	}
	for _, want := range []string{"[INFO]  proxy: ready (pid 7)\n", "[INFO]  platform: on air: " + s.now.PlayURL + "/live01/playlist.m3u8\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
	}
}

func TestHeadlessWritesJSONThatReadsBack(t *testing.T) {
	s := newStage(t, everyReady)
	var out strings.Builder
	if err := Headless(t.Context(), s, HeadlessOptions{Out: &out, JSON: true, For: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	ready, onAir := 0, false
	for line := range strings.Lines(out.String()) {
		var e Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if e.Status != nil && e.Status.State == procs.Ready {
			ready++
		}
		onAir = onAir || e.Log != nil && strings.HasPrefix(e.Log.Message, "on air: ")
	}
	if want := len(s.Snapshot().Processes); ready != want || !onAir {
		t.Errorf("got %d ready and on air %t, want %d and true:\n%s", ready, onAir, want, out.String())
	}
}

func TestHeadlessGivesUpWithAProcessThatNeverBecameReady(t *testing.T) {
	s := newStage(t, func(l *Local) {
		l.onStatus(Status{Name: "origin", State: procs.Failed, Reason: "exit status 78: bad configuration"})
	})
	var out strings.Builder
	err := Headless(t.Context(), s, HeadlessOptions{Out: &out})
	var outcome *Outcome
	if !errors.As(err, &outcome) || !outcome.NeverReady || !strings.Contains(err.Error(), "origin never became ready: exit status 78") {
		t.Errorf("got %#v, want an outcome that names origin and why", err)
	}
}

func TestHeadlessEndsWellWhenItIsToldTo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	s := newStage(t, func(l *Local) { cancel() })
	var out strings.Builder
	if err := Headless(ctx, s, HeadlessOptions{Out: &out}); err != nil {
		t.Errorf("got %v, want a good end", err)
	}
}

func TestOffAirIsToldAndDecidesTheEnd(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.Local)
	var out strings.Builder
	l := platformOf(t, fakeSupervisor{})
	l.now.PlayURL = "http://p"
	h := &headless{platform: l, printer: printer{out: &out}, startup: newStartup(l.Snapshot().Processes), duration: time.Minute}
	for _, p := range l.Snapshot().Processes {
		h.event(statusEvent(p.Name, procs.Ready))
	}
	a := newAir()
	at := func(d time.Duration, err error) {
		body := fmt.Appendf(nil, "#EXTM3U\n#EXTINF:2,\n%s\n", d)
		light := a.judge("live01", "http://p/live01/playlist.m3u8", body, err, now.Add(d))
		h.looked(OnAir{State: light.State, Reason: light.Reason, Signals: []SignalAir{light}}, now.Add(d))
	}

	at(0, nil)
	at(10*time.Second, errors.New("status 503"))
	at(10500*time.Millisecond, nil)
	at(20*time.Second, errors.New("connection refused"))
	for d := 20 * time.Second; d <= 50*time.Second; d += 250 * time.Millisecond {
		at(d, errors.New("connection refused"))
	}
	for what, times := range map[string]int{
		"on air: http://p/live01": 1, "[ERROR] platform: off air: live01 since 00:00:10.000: http://p/live01/playlist.m3u8: status 503": 1,
		"[INFO]  platform: on air again: live01 after 500ms, off air from 00:00:10.000\n":       1,
		"off air: live01 since 00:00:20.000: http://p/live01/playlist.m3u8: connection refused": 1,
		"off air: live01 since 00:00:20.000, 10s by now: ":                                      1, "off air: live01 since 00:00:20.000, 20s by now: ": 1, "off air: live01 since 00:00:20.000": 4,
	} {
		if got := strings.Count(out.String(), what); got != times {
			t.Errorf("output has %q %d times, want %d:\n%s", what, got, times, out.String())
		}
	}
	if ended, err := h.tick(now.Add(59 * time.Second)); ended || err != nil {
		t.Errorf("before its time: got ended %t, %v, want to go on", ended, err)
	}
	ended, err := h.tick(now.Add(time.Minute))
	var outcome *Outcome
	if !ended || !errors.As(err, &outcome) || outcome.NeverReady || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("at the end: got ended %t, %v, want off air with its reason", ended, err)
	}
	at(61*time.Second, nil)
	if ended, err := h.tick(now.Add(62 * time.Second)); !ended || err != nil {
		t.Errorf("on air at the end: got ended %t, %v, want a good end", ended, err)
	}
}

func TestEveryProcessReadyButNothingOnAirIsGivenUp(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var out strings.Builder
	l := platformOf(t, fakeSupervisor{})
	h := &headless{platform: l, printer: printer{out: &out}, startup: newStartup(l.Snapshot().Processes)}
	for _, p := range l.Snapshot().Processes {
		h.event(statusEvent(p.Name, procs.Ready))
	}
	h.looked(OnAir{State: AirStarting, Reason: "no signal yet"}, now)
	for _, c := range []struct {
		at    time.Duration
		ended bool
	}{{0, false}, {29 * time.Second, false}, {30 * time.Second, true}} {
		if ended, _ := h.tick(now.Add(c.at)); ended != c.ended {
			t.Errorf("after %s: got ended %t, want %t", c.at, ended, c.ended)
		}
	}
	if got := strings.Count(out.String(), "not on air yet: no signal yet"); got != 1 {
		t.Errorf("the reason is told %d times, want once:\n%s", got, out.String())
	}
}

func TestTextOfEventsIsCleanAndOnOneLine(t *testing.T) {
	var out strings.Builder
	p := printer{out: &out}
	p.event(Event{Process: "worker", Log: &event.Line{Level: event.LevelWarn, Message: "bad\x1b[2Jfilm\nnext", Fields: []event.Field{{Key: "signal", Value: "live01"}}}})
	p.event(Event{Process: "proxy", Dropped: 3, Failover: &event.Failover{Signal: "live01", From: "http://a", Cause: "a refused", MSNBefore: 1, MSNAfter: 2, GapMS: -1}})
	p.event(Event{Process: "proxy", Serving: &event.Serving{Playlist: "/a.m3u8", Mode: "passed through", Reason: "low\nlatency", Degraded: true}})
	p.event(Event{Process: "proxy", Serving: &event.Serving{Playlist: "/a.m3u8", Mode: "merged"}})
	got := out.String()
	for _, want := range []string{
		"[WARN]  proxy: /a.m3u8 is passed through: low latency; a failover shows\n", "[INFO]  proxy: /a.m3u8 is merged again\n",
		"[WARN]  worker: badfilm next signal=live01\n", "[WARN]  platform: 3 events were missed here\n",
		"[WARN]  proxy: failover of live01 from http://a to none: a refused (msn 1 to 2, none waiting, 0 requests saved)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("output lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") || strings.Count(got, "\n") != 5 {
		t.Errorf("got %q, want five lines without an escape", got)
	}
}

func TestHeadlessTellsTheLightOfEachSignal(t *testing.T) {
	var out strings.Builder
	l := platformOf(t, fakeSupervisor{})
	l.now.PlayURL = "http://p"
	h := &headless{platform: l, printer: printer{out: &out}, startup: newStartup(l.Snapshot().Processes), duration: time.Minute}
	for _, p := range l.Snapshot().Processes {
		h.event(statusEvent(p.Name, procs.Ready))
	}
	at := func(d time.Duration, lights ...SignalAir) {
		o := OnAir{State: AirOn, Signals: lights}
		for _, l := range lights {
			if l.Due && l.State != AirOn {
				o.State, o.Reason = l.State, l.Reason
			}
		}
		h.aired(o, noon.Add(d))
	}
	light := func(signal string, state AirState) SignalAir {
		return SignalAir{Signal: signal, State: state, Reason: map[bool]string{true: signal + " is silent"}[state == AirUnknown], Due: state != AirEnded}
	}
	at(0, light("live01", AirStarting), light("live02", AirStarting))
	at(time.Second, light("live01", AirOn), light("live02", AirStarting))
	if h.onAirAt != noon.Add(time.Second) {
		t.Errorf("got on air at %s, want it with the first signal: the others are not waited for", h.onAirAt)
	}
	at(2*time.Second, light("live01", AirOn), light("live02", AirOn))
	for d := 3 * time.Second; d < 100*time.Second; d += 250 * time.Millisecond {
		at(d, light("live01", AirUnknown), light("live02", AirOn))
	}
	at(100*time.Second, light("live01", AirOn), light("live02", AirEnded))
	at(101*time.Second, light("live01", AirOn), light("live02", AirEnded))
	for d := range 60 {
		again := noon.Add(time.Duration(d) * time.Second)
		h.event(Event{Time: again, Process: "worker", Film: &event.Film{File: "a.mp4", Signal: "a", State: event.FilmRefused, Reason: "moov atom not found"}})
		h.event(Event{Time: again, Process: "worker", Film: &event.Film{File: "a.mp4", Signal: "a", State: event.FilmWaiting, Reason: "it is to be made"}})
	}
	h.event(Event{Time: noon, Process: "worker", Film: &event.Film{File: "live01.mp4", Signal: "live01", State: event.FilmAired}})
	for what, times := range map[string]int{
		"[INFO]  platform: on air: http://p/live01/playlist.m3u8\n": 1, "[INFO]  platform: on air: http://p/live02/playlist.m3u8\n": 1,
		"[WARN]  platform: unknown: live01: live01 is silent\n": 2, "[INFO]  platform: unknown: live01: live01 is silent (no more)\n": 1,
		"[INFO]  platform: ended: live02\n": 1, "[WARN]  worker: a.mp4 is refused: moov atom not found\n": 1, "[INFO]  worker: a.mp4 is waiting: it is to be made\n": 1, "[INFO]  worker: live01.mp4 is aired as live01\n": 1,
	} {
		if got := strings.Count(out.String(), what); got != times {
			t.Errorf("output has %q %d times, want %d:\n%s", what, got, times, out.String())
		}
	}
	if ended, err := h.tick(noon.Add(2 * time.Minute)); !ended || err != nil {
		t.Errorf("at the end: got ended %t, %v, want a good end", ended, err)
	}
}
