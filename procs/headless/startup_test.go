package headless

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
)

// step is an event of a startup.
type step struct {
	at       time.Duration
	process  string
	state    platform.State
	reason   string
	progress string // instead of a state
}

// cause is the cause of a state that needs one.
func (st step) cause() (cause procs.Cause, wanted bool) {
	if strings.HasPrefix(st.reason, "stop") {
		if err := cause.UnmarshalText([]byte("stop")); err != nil {
			panic(err)
		}
		return cause, false
	}
	return cause, true
}

var startups = []struct {
	name    string
	steps   []step
	asked   time.Duration // when waiting and failure are asked
	waiting string
	failure string // part of it; empty for no failure
}{
	{"nothing yet", nil, time.Hour, "[]", ""},
	{
		"a quick start needs no note",
		[]step{{0, "proxy", platform.Starting, "", ""}, {1 * time.Second, "proxy", platform.Ready, "", ""}}, 3 * time.Second, "[]", "",
	},
	{
		"a wait is noted after a while",
		[]step{{0, "proxy", platform.Waiting, "waiting for origin", ""}}, 2 * time.Second, "[{proxy waiting for origin}]", "",
	},
	{
		"but not before",
		[]step{{0, "proxy", platform.Waiting, "waiting for origin", ""}}, 1900 * time.Millisecond, "[]", "",
	},
	{
		"how far it is rather than why it waits",
		[]step{{0, "worker", platform.Starting, "", ""}, {time.Second, "worker", platform.Running, "making a film", ""}, {3 * time.Second, "worker", 0, "", "film 40 %"}},
		5 * time.Second, "[{worker film 40 %}]", "",
	},
	{
		"waiting for others is not a failure",
		[]step{{0, "proxy", platform.Waiting, "waiting for origin", ""}}, time.Hour, "[{proxy waiting for origin}]", "",
	},
	{
		"not ready for too long",
		[]step{{0, "worker", platform.Starting, "", ""}, {time.Second, "worker", platform.Running, "no film", ""}}, 31 * time.Second, "[{worker no film}]",
		"worker did not become ready within 30s: no film",
	},
	{
		"restarts do not extend the time",
		[]step{{0, "worker", platform.Starting, "", ""}, {15 * time.Second, "worker", platform.Backoff, "not ready within 15s", ""}, {16 * time.Second, "worker", platform.Starting, "", ""}},
		31 * time.Second, "[{worker starting}]", "worker did not become ready within 30s",
	},
	{
		"progress does",
		[]step{{0, "worker", platform.Starting, "", ""}, {20 * time.Second, "worker", 0, "", "film 90 %"}}, 31 * time.Second, "[{worker film 90 %}]", "",
	},
	{
		"given up",
		[]step{{0, "origin", platform.Starting, "", ""}, {time.Second, "origin", platform.Failed, "exit status 78", ""}}, 2 * time.Second, "[]",
		"origin never became ready: exit status 78; its log is origin.log",
	},
	{
		"ended for good",
		[]step{{0, "origin", platform.Starting, "", ""}, {time.Second, "origin", platform.Exited, "exit status 0", ""}}, 2 * time.Second, "[]",
		"origin never became ready: exit status 0",
	},
	{
		"an operator stops it",
		[]step{{0, "origin", platform.Starting, "", ""}, {time.Second, "origin", platform.Stopping, "stop asked for", ""}, {2 * time.Second, "origin", platform.Exited, "stopped, signal: terminated", ""}},
		time.Hour, "[]", "",
	},
	{
		"an operator stops it and starts it again",
		[]step{{0, "origin", platform.Starting, "", ""}, {time.Second, "origin", platform.Exited, "stopped, signal: terminated", ""}, {time.Minute, "origin", platform.Starting, "", ""}},
		89 * time.Second, "[{origin starting}]", "",
	},
	{
		"started again, it does not become ready",
		[]step{{0, "origin", platform.Starting, "", ""}, {time.Second, "origin", platform.Exited, "stopped, signal: terminated", ""}, {time.Minute, "origin", platform.Starting, "", ""}},
		91 * time.Second, "[{origin starting}]", "origin did not become ready within 30s: starting",
	},
	{
		"once ready, it may fail and come back",
		[]step{{0, "origin", platform.Starting, "", ""}, {time.Second, "origin", platform.Ready, "", ""}, {2 * time.Second, "origin", platform.Failed, "exit status 1", ""}},
		time.Hour, "[]", "",
	},
}

func TestStartupNotesWaitsAndFailures(t *testing.T) {
	for _, c := range startups {
		t.Run(c.name, func(t *testing.T) {
			began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			u := newStartup([]platform.Process{{Status: platform.Status{Name: "worker"}}, {Status: platform.Status{Name: "origin"}}, {Status: platform.Status{Name: "proxy"}}})
			for _, st := range c.steps {
				if st.progress != "" {
					u.progress(st.process, st.progress, began.Add(st.at))
					continue
				}
				cause, wanted := st.cause()
				u.status(platform.Status{Name: st.process, State: st.state, Cause: cause, Wanted: wanted, Reason: st.reason, LogPath: st.process + ".log"}, began.Add(st.at))
			}
			now := began.Add(c.asked)
			if got := fmt.Sprint(u.waiting(now)); got != c.waiting {
				t.Errorf("waiting: got %s, want %s", got, c.waiting)
			}
			if got := fmt.Sprint(u.waiting(now)); got != "[]" {
				t.Errorf("waiting, asked again: got %s, want []", got)
			}
			got := u.failure(now)
			if !strings.Contains(got, c.failure) || (c.failure == "") != (got == "") {
				t.Errorf("failure: got %q, want %q", got, c.failure)
			}
		})
	}
}

func TestAPlatformIsReadyWithoutWhatAnOperatorHasStopped(t *testing.T) {
	var stop procs.Cause
	if err := stop.UnmarshalText([]byte("stop")); err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	u := newStartup([]platform.Process{{Status: platform.Status{Name: "worker"}}, {Status: platform.Status{Name: "viewer"}}})
	u.status(platform.Status{Name: "worker", State: platform.Ready, Wanted: true}, began)
	if u.allReady() {
		t.Error("the viewer has not started: got all ready")
	}
	u.status(platform.Status{Name: "viewer", State: platform.Exited, Cause: stop}, began)
	if !u.allReady() {
		t.Error("the viewer is stopped: got not all ready")
	}
	h := &headless{startup: u, printer: printer{out: io.Discard}}
	for _, after := range []time.Duration{0, time.Hour} {
		if ended, err := h.tick(began.Add(after)); ended || err != nil {
			t.Errorf("after %s: got the end %t, %v, want it to go on", after, ended, err)
		}
	}
	u.status(platform.Status{Name: "viewer", State: platform.Ready, Wanted: true}, began)
	if ended, _ := h.tick(began.Add(2 * time.Hour)); ended {
		t.Error("started again: got the end at once")
	}
	if ended, err := h.tick(began.Add(3 * time.Hour)); !ended || err == nil {
		t.Errorf("nothing comes on air: got the end %t, %v, want it", ended, err)
	}
}
