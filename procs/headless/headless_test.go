package headless

import (
	"bytes"
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

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/event"
)

// newStage returns a platform whose processes run controls, with a real HTTP server as its
// proxy.
func newStage(t *testing.T, run func(l *local.Local)) *local.Local {
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
	var l *local.Local
	reporter := platformtest.NewServer(t, map[string]string{"/ingests": `[]`, "/packagers": `[{"signal":"live01","packagers":[]}]`})
	origin := platformtest.NewServer(t, map[string]string{"/preferences": `[{"signal":"live01","active":"http://localhost:8080","packagers":[]}]`})
	ends := []preflight.Endpoint{platformtest.EndpointAt(t, "proxy", proxy.URL), platformtest.EndpointAt(t, "reporter", reporter), platformtest.EndpointAt(t, "origin", origin)}
	l = local.NewWithSupervisor(platformtest.DefaultLayout(t), ends, platformtest.Supervisor{OnRun: func(ctx context.Context) error {
		run(l)
		<-ctx.Done()
		return nil
	}})
	return l
}

func everyReady(l *local.Local) {
	for _, p := range l.Now().Processes {
		l.OnStatus(platform.Status{Name: p.Name, State: platform.Starting, Incarnation: 1, PID: 7})
		l.OnStatus(platform.Status{Name: p.Name, State: platform.Ready, Incarnation: 1, PID: 7})
	}
	l.OnLine("viewer", []byte(`{"@level":"info","@message":"playing","event":"viewing","signal":"live01","state":"playing","msn":1}`))
}

func TestHeadlessSaysOnAirAndEndsAfterItsTime(t *testing.T) {
	s := newStage(t, everyReady)
	var out strings.Builder
	if err := Run(t.Context(), s, Options{Out: &out, For: 50 * time.Millisecond}); err != nil {
		t.Errorf("got %v, want a good end", err)
	}
	for _, want := range []string{"[INFO]  proxy: ready (pid 7)\n", "[INFO]  platform: on air: " + s.Now().PlayURL + "/live01/playlist.m3u8\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
	}
}

func TestHeadlessWritesJSONThatReadsBack(t *testing.T) {
	s := newStage(t, everyReady)
	var out strings.Builder
	if err := Run(t.Context(), s, Options{Out: &out, JSON: true, For: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	ready, onAir := 0, false
	for line := range strings.Lines(out.String()) {
		var e platform.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if e.Status() != nil && e.Status().State == platform.Ready {
			ready++
		}
		onAir = onAir || e.Log() != nil && strings.HasPrefix(e.Log().Message, "on air: ")
	}
	if want := len(s.Now().Processes); ready != want || !onAir {
		t.Errorf("got %d ready and on air %t, want %d and true:\n%s", ready, onAir, want, out.String())
	}
}

func TestARunEndsWhenAProcessNeverBecomesReady(t *testing.T) {
	s := newStage(t, func(l *local.Local) {
		l.OnStatus(platform.Status{Name: "origin", State: platform.Failed, Reason: "exit status 78: bad configuration"})
	})
	var out strings.Builder
	err := Run(t.Context(), s, Options{Out: &out})
	var outcome *platform.Outcome
	if !errors.As(err, &outcome) || !outcome.NeverReady || !strings.Contains(err.Error(), "origin never became ready: exit status 78") {
		t.Errorf("got %#v, want an outcome that names origin and why", err)
	}
}

func TestACancelledRunIsNoError(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), platformtest.Deadline)
	defer cancel()
	s := newStage(t, func(l *local.Local) { cancel() })
	var out strings.Builder
	if err := Run(ctx, s, Options{Out: &out}); err != nil {
		t.Errorf("got %v, want a good end", err)
	}
}

func TestOffAirIsWrittenAndDecidesTheEnd(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.Local)
	h, out := readyRun(t, time.Minute)
	m := &model.Model{Publish: h.event, Now: platform.Snapshot{Processes: []platform.Process{{Service: "viewer", Role: layouts.Viewer}}}}
	var off time.Time // since when the viewer has had no media
	var reported time.Time
	at := func(d time.Duration, trouble string) {
		line := event.Line{Time: now.Add(d)}
		o := event.OutageOf("live01", off, line.Time)
		switch {
		case trouble == "" && !off.IsZero():
			o, off = event.EndedOutageOf("live01", off, line.Time), time.Time{}
			m.ApplyLine("viewer", line, o)
		case trouble != "" && (off.IsZero() || line.Time.Sub(reported) >= 10*time.Second):
			if off.IsZero() {
				off = line.Time
				o = event.OutageOf("live01", off, line.Time)
			} else {
				o.Again = true
			}
			o.Reason, reported = trouble, line.Time
			m.ApplyLine("viewer", line, o)
		}
		viewing := event.Viewing{Signal: "live01", State: event.ViewPlaying, Trouble: trouble}
		if trouble != "" {
			viewing.State, viewing.Since = event.ViewStalled, off
		}
		m.ApplyLine("viewer", line, viewing)
		s := m.Now
		s.At = line.Time
		h.aired(onair.Complete(s).OnAir, s.At)
	}

	at(0, "")
	at(10*time.Second, "status 503")
	at(10500*time.Millisecond, "")
	at(20*time.Second, "connection refused")
	for d := 20 * time.Second; d <= 50*time.Second; d += 250 * time.Millisecond {
		at(d, "connection refused")
	}
	for what, times := range map[string]int{
		"on air: http://p/live01": 1, "[ERROR] viewer: off air: live01 since 00:00:10.000: status 503": 1,
		"[INFO]  viewer: on air again: live01 after 500ms, off air from 00:00:10.000\n": 1,
		"off air: live01 since 00:00:20.000: connection refused":                        1,
		"off air: live01 since 00:00:20.000, for 10s so far: ":                          1, "off air: live01 since 00:00:20.000, for 20s so far: ": 1, "off air: live01 since 00:00:20.000": 4,
	} {
		if got := strings.Count(out.String(), what); got != times {
			t.Errorf("output has %q %d times, want %d:\n%s", what, got, times, out.String())
		}
	}
	if ended, err := h.tick(now.Add(59 * time.Second)); ended || err != nil {
		t.Errorf("before its time: got ended %t, %v, want to go on", ended, err)
	}
	ended, err := h.tick(now.Add(time.Minute))
	var outcome *platform.Outcome
	if !ended || !errors.As(err, &outcome) || outcome.NeverReady || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("at the end: got ended %t, %v, want off air with its reason", ended, err)
	}
	at(61*time.Second, "")
	if ended, err := h.tick(now.Add(62 * time.Second)); !ended || err != nil {
		t.Errorf("on air at the end: got ended %t, %v, want a good end", ended, err)
	}
}

func TestARunEndsWhenNothingComesOnAir(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	h, out := readyRun(t, 0)
	h.aired(platform.OnAir{State: platform.AirStarting, Reason: "no signal yet"}, now)
	for _, c := range []struct {
		at    time.Duration
		ended bool
	}{{0, false}, {29 * time.Second, false}, {30 * time.Second, true}} {
		if ended, _ := h.tick(now.Add(c.at)); ended != c.ended {
			t.Errorf("after %s: got ended %t, want %t", c.at, ended, c.ended)
		}
	}
	if got := strings.Count(out.String(), "not on air yet: no signal yet"); got != 1 {
		t.Errorf("the reason is written %d times, want once:\n%s", got, out.String())
	}
}

func TestEachEventIsOneLineOfCleanText(t *testing.T) {
	var out strings.Builder
	p := printer{out: &out}
	p.event(platform.Event{Process: "worker", What: platform.Logged{Line: event.Line{Level: event.LevelWarn, Message: "bad\x1b[2Jfilm\nnext", Fields: []event.Field{{Key: "signal", Value: "live01"}}}}})
	p.event(platform.Event{Process: "proxy", Dropped: 3, What: event.Failover{Signal: "live01", From: "http://a", Cause: "a refused", MSNBefore: 1, MSNAfter: 2, GapMS: -1}})
	p.event(platform.Event{Process: "proxy", What: event.Serving{Playlist: "/a.m3u8", Mode: "passed through", Reason: "low\nlatency", Degraded: true}})
	p.event(platform.Event{Process: "proxy", What: event.Serving{Playlist: "/a.m3u8", Mode: "merged"}})
	got := out.String()
	for _, want := range []string{
		"[WARN]  proxy: /a.m3u8 is passed through: low latency; a failover shows\n", "[INFO]  proxy: /a.m3u8 is merged again\n",
		"[WARN]  worker: badfilm next signal=live01\n", "[WARN]  platform: 3 events were missed here\n",
		"[WARN]  proxy: failover of live01 from http://a to none: a refused (msn 1 to 2, no requests waiting, 0 requests saved)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("output lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") || strings.Count(got, "\n") != 5 {
		t.Errorf("got %q, want five lines without an escape", got)
	}
}

func TestARunWritesTheLightOfEachSignal(t *testing.T) {
	h, out := readyRun(t, time.Minute)
	at := func(d time.Duration, lights ...platform.SignalAir) {
		o := platform.OnAir{State: platform.AirOn, Signals: lights}
		for _, l := range lights {
			if l.Due && l.State != platform.AirOn {
				o.State, o.Reason = l.State, l.Reason
			}
		}
		h.aired(o, noon.Add(d))
	}
	light := func(signal string, state platform.AirState) platform.SignalAir {
		l := platform.SignalAir{Signal: signal, State: state, Due: state != platform.AirEnded}
		if state == platform.AirUnknown {
			l.Reason = signal + " is silent"
		}
		return l
	}
	at(0, light("live01", platform.AirStarting), light("live02", platform.AirStarting))
	at(time.Second, light("live01", platform.AirOn), light("live02", platform.AirStarting))
	if h.onAirAt != noon.Add(time.Second) {
		t.Errorf("got on air at %s, want it with the first signal: the others are not waited for", h.onAirAt)
	}
	at(2*time.Second, light("live01", platform.AirOn), light("live02", platform.AirOn))
	for d := 3 * time.Second; d < 100*time.Second; d += 250 * time.Millisecond {
		at(d, light("live01", platform.AirUnknown), light("live02", platform.AirOn))
	}
	at(100*time.Second, light("live01", platform.AirOn), light("live02", platform.AirEnded))
	at(101*time.Second, light("live01", platform.AirOn), light("live02", platform.AirEnded))
	for d := range 60 {
		again := noon.Add(time.Duration(d) * time.Second)
		h.event(platform.Event{Time: again, Process: "worker", What: event.Film{File: "a.mp4", Signal: "a", State: event.FilmRefused, Reason: "moov atom not found"}})
		h.event(platform.Event{Time: again, Process: "worker", What: event.Film{File: "a.mp4", Signal: "a", State: event.FilmWaiting, Reason: "it is to be made"}})
	}
	h.event(platform.Event{Time: noon, Process: "worker", What: event.Film{File: "live01.mp4", Signal: "live01", State: event.FilmAired}})
	for what, times := range map[string]int{
		"[INFO]  platform: on air: http://p/live01/playlist.m3u8\n": 1, "[INFO]  platform: on air: http://p/live02/playlist.m3u8\n": 1,
		"[WARN]  platform: unknown: live01: live01 is silent\n": 2, "[INFO]  platform: unknown: live01: live01 is silent (stopped)\n": 1,
		"[INFO]  platform: ended: live02\n": 1, "[WARN]  worker: a.mp4 is refused: moov atom not found\n": 1, "[INFO]  worker: a.mp4 is waiting: it is to be made\n": 1, "[INFO]  worker: live01.mp4 is on air as live01\n": 1,
	} {
		if got := strings.Count(out.String(), what); got != times {
			t.Errorf("output has %q %d times, want %d:\n%s", what, got, times, out.String())
		}
	}
	if ended, err := h.tick(noon.Add(2 * time.Minute)); !ended || err != nil {
		t.Errorf("at the end: got ended %t, %v, want a good end", ended, err)
	}
}

func TestARunTellsACountdownAndItsEnd(t *testing.T) {
	h, out := readyRun(t, time.Minute)
	at := func(d time.Duration, state platform.AirState, until time.Duration, mends ...platform.Command) {
		l := platform.SignalAir{Signal: "live01", State: state, Due: true, LastSegment: noon, Reason: "0 of 2 packagers usable", Mends: mends}
		if state == platform.AirOffSoon {
			l.Until = noon.Add(until)
		}
		h.aired(platform.OnAir{State: state, Signals: []platform.SignalAir{l}}, noon.Add(d))
	}
	both := []platform.Command{{Process: "server2", Action: platform.Start}, {Process: "server1", Action: platform.Start}}
	at(0, platform.AirOn, 0)
	for d := time.Second; d < 5*time.Second; d += 250 * time.Millisecond {
		at(d, platform.AirOffSoon, 12*time.Second, both...)
	}
	at(5*time.Second, platform.AirOn, 0)
	h.event(platform.Event{Time: noon.Add(5 * time.Second), What: platform.Averted{Signal: "live01", Cause: platform.NoPackager, LeftMS: 7000, LengthMS: 4000}})
	at(9*time.Second, platform.AirOffSoon, 15*time.Second)
	at(15*time.Second, platform.AirOff, 0)
	at(20*time.Second, platform.AirOn, 0)
	clock := noon.Format(time.TimeOnly)
	for what, times := range map[string]int{
		"[WARN]  platform: off air in 11s: live01: 0 of 2 packagers usable; last segment at " + clock + "; try ctl start server2, ctl start server1\n": 1,
		"[WARN]  platform: off air in 6s: live01: 0 of 2 packagers usable; last segment at " + clock + "\n":                                            1,
		"off air in ": 2, "[INFO]  platform: averted: live01 stays on air, down to 7s, no packager for 4s\n": 1,
	} {
		if got := strings.Count(out.String(), what); got != times {
			t.Errorf("output has %q %d times, want %d:\n%s", what, got, times, out.String())
		}
	}
}

// readyRun returns a run of the default layout whose processes are all ready, and its output
// from then on.
func readyRun(t *testing.T, duration time.Duration) (*headless, *strings.Builder) {
	t.Helper()
	l := local.NewWithSupervisor(platformtest.DefaultLayout(t), platformtest.Endpoints(), platformtest.Supervisor{})
	l.Update(func(m *model.Model) { m.Now.PlayURL = "http://p" })
	out := new(strings.Builder)
	h := &headless{snapshot: l.Now(), printer: printer{out: out}, startup: newStartup(l.Now().Processes), duration: duration}
	for _, p := range l.Now().Processes {
		h.event(platformtest.StatusEvent(p.Name, platform.Ready))
	}
	return h, out
}

// noon is when these tests begin.
var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.Local)

func TestALiveInputIsToldInALine(t *testing.T) {
	for want, i := range map[string]event.Input{
		"[WARN]  receiver: stage: main -> backup, 640 ms, 16 frames: main sent nothing for 1s": {Change: event.InputSwitched, Input: "backup", From: "main", GapMS: 640, Frames: 16, Cause: "main sent nothing for 1s", Reason: "mute"},
		"[WARN]  receiver: stage: main -> slate: main sent nothing for 1s":                     {Change: event.InputSwitched, Input: "slate", From: "main", Cause: "main sent nothing for 1s", Reason: "mute"},
		"[INFO]  receiver: stage: main: main is the first on air":                              {Change: event.InputSwitched, Input: "main", Cause: "main is the first on air", Reason: "first"},
		"[INFO]  receiver: stage: main -> backup: backup was chosen by the operator":           {Change: event.InputSwitched, Input: "backup", From: "main", Cause: "backup was chosen by the operator", Reason: "operator"},
		"[INFO]  receiver: stage: backup -> main: main is good again":                          {Change: event.InputSwitched, Input: "main", From: "backup", Cause: "main is good again", Reason: "returned"},
		"[WARN]  receiver: stage: backup lost: it was ended by its encoder":                    {Change: event.InputLost, Input: "backup", Cause: "backup was ended by its encoder"},
		"[INFO]  receiver: stage: backup back: after 12s":                                      {Change: event.InputBack, Input: "backup", Cause: "after 12s"},
	} {
		i.Signal = "stage"
		var out bytes.Buffer
		WriteEvent(&out, platform.Event{Process: "receiver", What: i}, false)
		if got := strings.TrimSpace(out.String()); !strings.HasSuffix(got, want) {
			t.Errorf("got %q, want %q at its end", got, want)
		}
	}
}
