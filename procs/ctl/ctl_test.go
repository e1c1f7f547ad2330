package ctl

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// afterwards returns a platform whose process goes through states after a command; the
// first is there when the command returns.
func afterwards(t *testing.T, before platform.Status, states ...platform.Status) (*local.Local, *[]string) {
	t.Helper()
	var asked []string
	var l *local.Local
	l = platformOf(t, platformtest.Supervisor{OnCommand: func(process string, a procs.Action) error {
		asked = append(asked, a.String()+" "+process)
		if len(states) == 0 {
			return nil
		}
		l.OnStatus(states[0])
		go func() {
			for _, s := range states[1:] {
				l.OnStatus(s)
			}
		}()
		return nil
	}})
	l.OnStatus(before)
	return l, &asked
}

func verb(t *testing.T, name string) Verb {
	t.Helper()
	for _, v := range Verbs() {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("no verb %s", name)
	return Verb{}
}

func TestACommandSaysWhatHappened(t *testing.T) {
	state := func(s platform.State, pid, incarnation int, wanted bool, reason string) platform.Status {
		return platform.Status{Name: "proxy", State: s, PID: pid, Incarnation: incarnation, Wanted: wanted, Reason: reason, LogPath: "/logs/proxy.log"}
	}
	ready := state(platform.Ready, 7, 1, true, "")
	stopping := state(platform.Stopping, 7, 1, true, "restart asked for")
	starting := state(platform.Starting, 8, 2, true, "")
	again := state(platform.Ready, 8, 2, true, "")
	exited := state(platform.Exited, 0, 1, false, "stopped, exit status 0")
	failed := state(platform.Failed, 0, 2, true, "exit status 78: bad configuration")
	for _, c := range []struct {
		name, verb string
		wait       bool
		before     platform.Status
		after      []platform.Status
		asked      string
		says       string // in the message, or in the error
		err        bool
		neverReady bool
	}{
		{"kill", "kill", false, ready, nil, "kill proxy", "killed proxy (pid 7)", false, false},
		{"kill and wait", "kill", true, ready, []platform.Status{ready, state(platform.Backoff, 0, 1, true, "killed by operator"), starting, again}, "kill proxy", "killed proxy (pid 7): ready as pid 8 after ", false, false},
		{"restart", "restart", true, ready, []platform.Status{stopping, starting, again}, "restart proxy", "restarted proxy (pid 7): ready as pid 8 after ", false, false},
		{"restart, the new one before the old one goes", "restart", true, ready, []platform.Status{again}, "restart proxy", "ready as pid 8", false, false},
		{"restart without waiting", "restart", false, ready, nil, "restart proxy", "proxy restarts (pid 7)", false, false},
		{"restart a process that then fails", "restart", true, ready, []platform.Status{stopping, starting, failed}, "restart proxy", "failed: exit status 78: bad configuration; its log is /logs/proxy.log", true, true},
		{"restart a process that is never ready", "restart", true, ready, []platform.Status{stopping, starting, state(platform.Running, 8, 2, true, "no playlist yet")}, "restart proxy", "proxy is not ready after 300ms: running: no playlist yet; its log is", true, true},
		{"restart a process that is stopped", "restart", true, ready, []platform.Status{stopping, state(platform.Exited, 0, 1, false, "stopped")}, "restart proxy", "did not become ready: exited", true, true},
		{"stop", "stop", true, ready, []platform.Status{state(platform.Stopping, 7, 1, false, ""), exited}, "stop proxy", "stopped proxy (pid 7)", false, false},
		{"stop without waiting", "stop", false, ready, nil, "stop proxy", "proxy stops (pid 7)", false, false},
		{"stop a process that does not end", "stop", true, ready, []platform.Status{state(platform.Stopping, 7, 1, false, "stop asked for")}, "stop proxy", "proxy has not stopped within 300ms: stopping: stop asked for", true, false},
		{"stop a process that is started", "stop", true, ready, []platform.Status{state(platform.Stopping, 7, 1, true, "")}, "stop proxy", "started again in the meantime", true, false},
		{"stop a stopped process", "stop", true, exited, nil, "", "proxy is stopped already", false, false},
		{"start", "start", true, exited, []platform.Status{starting, again}, "start proxy", "started proxy: ready as pid 8 after ", false, false},
		{"start a running process", "start", true, ready, nil, "", "proxy runs already", false, false},
		{"start a starting process", "start", true, starting, nil, "", "proxy is not ready after 300ms: starting", true, true},
		{"start a stopping process", "start", true, state(platform.Stopping, 7, 1, false, ""), []platform.Status{starting, again}, "start proxy", "started proxy", false, false},
		{"pause", "pause", false, ready, nil, "pause proxy", "paused proxy (pid 7)", false, false},
		{"resume", "resume", false, ready, nil, "resume proxy", "resumed proxy (pid 7)", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, asked := afterwards(t, c.before, c.after...)
			timeout := platformtest.Deadline
			if c.err {
				timeout = 300 * time.Millisecond
			}
			done, err := Do(t.Context(), l, Request{Verb: verb(t, c.verb), Name: "proxy", Wait: c.wait, Timeout: timeout})
			got := done.Message
			if err != nil {
				got = err.Error()
			}
			if c.err != (err != nil) || !strings.Contains(got, c.says) {
				t.Errorf("got %q, %v, want %q", done.Message, err, c.says)
			}
			var outcome *platform.Outcome
			if errors.As(err, &outcome) != c.neverReady {
				t.Errorf("got %#v, want never ready %t", err, c.neverReady)
			}
			if got := strings.Join(*asked, "; "); got != c.asked {
				t.Errorf("asked: got %q, want %q", got, c.asked)
			}
			if err == nil && (done.Process == nil || done.Process.Name != "proxy" || done.Action != c.verb) {
				t.Errorf("done: got %+v, want the verb and the process", done)
			}
		})
	}
}

func TestAWaitEndsWithThePlatformOrItsContext(t *testing.T) {
	request := Request{Verb: verb(t, "restart"), Name: "proxy", Wait: true, Timeout: platformtest.Deadline}
	l, _ := afterwards(t, platform.Status{Name: "proxy", State: platform.Ready, PID: 7})
	l.EndSubscriptions()
	if _, err := Do(t.Context(), l, request); err == nil || !strings.Contains(err.Error(), "ended in the meantime") {
		t.Errorf("the platform ends: got %v, want that", err)
	}
	l, _ = afterwards(t, platform.Status{Name: "proxy", State: platform.Ready, PID: 7})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Do(ctx, l, request); !errors.Is(err, context.Canceled) {
		t.Errorf("the context ends: got %v, want %v", err, context.Canceled)
	}
}

func TestAnUnknownNameIsRefusedWithTheAllowedNames(t *testing.T) {
	s := platformOf(t, platformtest.Supervisor{}).Now()
	for _, c := range []struct{ verb, name, says string }{
		{"kill", "prxoy", `kill "prxoy": allowed are worker, server1, server2, reporter, discovery, origin, proxy, viewer`},
		{"restart", "", "restart needs a name: allowed are worker"},
		{"hold", "proxy", `hold "proxy": allowed are server1, server2`},
		{"hold", "server2", ""}, {"kill", "viewer", ""}, {"failover", "", ""}, {"release", "", ""},
	} {
		err := verb(t, c.verb).Check(s, c.name)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.HasPrefix(err.Error(), c.says)) {
			t.Errorf("%s %s: got %v, want %q", c.verb, c.name, err, c.says)
		}
	}
}

func TestAnUnknownSignalIsRefusedWithThoseThereAre(t *testing.T) {
	s := platform.Snapshot{Details: []report.SignalStatus{{Signal: "live01"}, {Signal: "live02"}}}
	if err := verb(t, "failover").CheckSignal(s, "live03"); err == nil || err.Error() != `failover of signal "live03": allowed are live01, live02` {
		t.Errorf("got %v", err)
	}
	for _, signal := range []string{"", "live02"} {
		if err := verb(t, "hold").CheckSignal(s, signal); err != nil {
			t.Errorf("signal %q: got %v, want none", signal, err)
		}
	}
	if err := verb(t, "failover").CheckSignal(platform.Snapshot{}, "live03"); err != nil {
		t.Errorf("without an ingest table: got %v, want none", err)
	}
}

// playedPlatform returns a platform where live01 is played from server1, and server2 is
// usable too.
func playedPlatform(t *testing.T) *local.Local {
	t.Helper()
	l := platformOf(t, platformtest.Supervisor{})
	l.Update(platformtest.PlayLive01)
	return l
}

// answer gives l the control plane's answers.
func answer(l *local.Local, a model.Answers) {
	l.Update(func(m *model.Model) { m.SetAnswers(a, time.Now()) })
}

// obeying is a platform whose origin does what it is asked to.
type obeying struct {
	*local.Local
	asked []string
	after report.Preference
}

func (o *obeying) Command(_ context.Context, c platform.Command) error {
	asked := strings.TrimSpace(c.Action.String() + " " + c.Process)
	if c.Signal != "" {
		asked += " of " + c.Signal
	}
	o.asked = append(o.asked, asked)
	s := o.Now()
	answer(o.Local, model.Answers{Live: s.Live, Details: s.Details, Preferences: []report.Preference{o.after}})
	return nil
}

func TestHoldAndReleaseCanBeRepeated(t *testing.T) {
	const one, two = "http://localhost:8080", "http://127.0.0.1:9090"
	for _, c := range []struct {
		name, verb, process string
		before, after       report.Preference
		asked, says         string
		signal              string
	}{
		{"hold", "hold", "server2", report.Preference{Signal: "live01", Active: one}, report.Preference{Signal: "live01", Active: two, Held: true}, "hold server2", "held server2", ""},
		{"hold again", "hold", "server2", report.Preference{Signal: "live01", Active: two, Held: true}, report.Preference{}, "", "server2 is held already", ""},
		{"release", "release", "", report.Preference{Signal: "live01", Active: two, Held: true}, report.Preference{Signal: "live01", Active: two}, "release", "released server2", ""},
		{"release again", "release", "", report.Preference{Signal: "live01", Active: two}, report.Preference{}, "", "nothing is held", ""},
		{"failover", "failover", "", report.Preference{Signal: "live01", Active: one}, report.Preference{Signal: "live01", Active: two}, "failover", "failover: live01 from server1 to server2", ""},
		{"one signal", "failover", "", report.Preference{Signal: "live01", Active: one}, report.Preference{Signal: "live01", Active: two}, "failover of live01", "failover: live01 from server1 to server2", "live01"},
		{"hold for one signal", "hold", "server2", report.Preference{Signal: "live01", Active: one}, report.Preference{Signal: "live01", Active: two, Held: true}, "hold server2 of live01", "held server2 for live01: it", "live01"},
		{"hold for one signal again", "hold", "server2", report.Preference{Signal: "live01", Active: two, Held: true}, report.Preference{}, "", "server2 is held already for live01", "live01"},
		{"release one signal", "release", "", report.Preference{Signal: "live01", Active: two, Held: true}, report.Preference{Signal: "live01", Active: two}, "release of live01", "released server2 for live01", "live01"},
		{"release another signal", "release", "", report.Preference{Signal: "live01", Active: two, Held: true}, report.Preference{}, "", "nothing is held for live02", "live02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := &obeying{Local: playedPlatform(t), after: c.after}
			s := o.Now()
			answer(o.Local, model.Answers{Live: s.Live, Details: s.Details, Preferences: []report.Preference{c.before}})
			done, err := Do(t.Context(), o, Request{Verb: verb(t, c.verb), Name: c.process, Signal: c.signal})
			if err != nil || !strings.HasPrefix(done.Message, c.says) || done.Action != c.verb {
				t.Errorf("got %+v, %v, want %q", done, err, c.says)
			}
			if got := strings.Join(o.asked, "; "); got != c.asked {
				t.Errorf("asked: got %q, want %q", got, c.asked)
			}
		})
	}
}

func TestStatusIsATableForPeopleAndADocumentForScripts(t *testing.T) {
	l := playedPlatform(t)
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.Local)
	l.Update(func(m *model.Model) {
		m.Now.Started, m.Now.PID, m.Now.LogFolder = at.Add(-27*time.Hour-5*time.Minute), 4242, "/state/logs"
		m.Now.Viewings = []platform.ViewingAt{{Time: at, Process: "viewer", Viewing: event.Viewing{Signal: "live01", State: event.ViewPlaying, Since: at.Add(-time.Hour)}}}
	})
	for _, s := range []platform.Status{
		{Name: "worker", State: platform.Ready, PID: 11, Started: at.Add(-61 * time.Minute), Restarts: 2, LastExit: "signal: killed", CPU: 12.34, RSS: 45 << 20},
		{Name: "server1", State: platform.Ready, Paused: true, PID: 12, Started: at.Add(-62 * time.Second), RSS: 900 << 10},
		{Name: "server2", State: platform.Backoff, Restarts: 3, Reason: "exit status 1\x1b[2J, restarting in 1.6s", LastExit: "exit status 1"},
		{Name: "proxy", State: platform.Ready, PID: 14, Started: at.Add(-time.Second)},
	} {
		l.OnStatus(s)
	}
	s := l.Now()
	s.At = at
	s = onair.Complete(s)
	s.Degraded = []platform.ServingAt{{Time: at, Process: "proxy", Serving: event.Serving{Playlist: "/live02/playlist.m3u8", Mode: "passed through", Reason: "low latency\x1b[2J", Degraded: true}}}
	var out strings.Builder
	if err := WriteStatus(&out, s); err != nil {
		t.Fatal(err)
	}
	want := `ON AIR          live01 from server2, 0 of 2 packagers usable
passed through  /live02/playlist.m3u8: low latency; a failover shows
play            http://localhost:8002/live01/playlist.m3u8
platform        layout default, pid 4242, up 1d03h, logs in /state/logs

SIGNAL  LIGHT   SINCE                FROM     REASON
live01  on air  2026-01-01 11:00:00  server2

NAME       STATE    PID  UPTIME  RESTARTS  CPU    RSS      PORT  REASON
worker     ready    11   1h01m   2         12.3%  45 MiB   -     last exit: signal: killed
server1    paused   12   1m02s   0         0.0%   900 KiB  8080
server2    backoff  -    -       3         -      -        9090  exit status 1, restarting in 1.6s
reporter   idle     -    -       0         -      -        -
discovery  idle     -    -       0         -      -        -
origin     idle     -    -       0         -      -        -
proxy      ready    14   1s      0         -      -        8002
viewer     idle     -    -       0         -      -        -
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}

	out.Reset()
	s.Ingests = nil
	if err := WriteStatusJSON(&out, s); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		PID       int
		Ingests   []any
		Degraded  []struct{ Playlist, Mode, Reason string }
		Changes   []any                  `json:"serving_changes"`
		OnAir     struct{ State string } `json:"on_air"`
		Processes []struct {
			Name, State string
			CPU         float64 `json:"cpu_percent"`
			Port        int
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.PID != 4242 || doc.OnAir.State != "on air" || len(doc.Processes) != 8 || doc.Processes[0].CPU != 12.34 || doc.Processes[1].Port != 8080 || doc.Processes[2].State != "backoff" || doc.Ingests == nil ||
		len(doc.Degraded) != 1 || doc.Degraded[0].Mode != "passed through" || doc.Degraded[0].Playlist != "/live02/playlist.m3u8" || doc.Changes == nil {
		t.Errorf("got %+v of\n%s", doc, out.String())
	}
}

// platformOf is a platform of the default layout over a fake supervisor.
func platformOf(t *testing.T, sup platformtest.Supervisor) *local.Local {
	t.Helper()
	return local.NewWithSupervisor(platformtest.DefaultLayout(t), platformtest.Endpoints(), sup)
}
