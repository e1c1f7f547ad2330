package procs

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/machine"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"))
	first := h.awaitReady("proxy")
	h.command("proxy", Kill)
	second := h.awaitBack(first)
	if second.LastExit != "signal: killed" {
		t.Errorf("got %q, want it killed", second.LastExit)
	}
	h.command("proxy", Restart)
	third := h.awaitBack(second)
	if third.LastExit != "exit status 0" {
		t.Errorf("got %q, want it to have ended by itself", third.LastExit)
	}
	h.command("proxy", Stop)
	if s := h.status("proxy"); s.State != Stopping && s.State != Exited {
		t.Errorf("got %s after the answer, want it under way", s.State)
	}
	h.await("proxy", "stopped", func(s Status) bool { return s.State == Exited && !s.Wanted && s.PID == 0 })
	for _, c := range []struct {
		action Action
		name   string
		want   string
	}{
		{Kill, "proxy", "proxy is not running (exited): nothing to kill"},
		{Pause, "proxy", "nothing to pause"},
		{Resume, "proxy", "nothing to resume"},
		{Stop, "proxy", "proxy is stopped already"},
		{Kill, "porxy", `no process "porxy"; there are proxy`},
		{0, "proxy", "no such action"},
		{Resume + 1, "proxy", "no such action"},
	} {
		if err := h.Command(t.Context(), c.name, c.action); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: got %v, want %q", c.action, c.name, err, c.want)
		}
	}
	h.command("proxy", Start)
	h.awaitBack(third)
	for action, want := range map[Action]string{Start: "proxy runs already (ready)", Resume: "proxy is not paused"} {
		if err := h.Command(t.Context(), "proxy", action); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %q", action, err, want)
		}
	}
}

func TestNoCommandOnTheWayDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "viewer", "lingering", "proxy"), spec(t, "proxy", "ready"))
	h.awaitReady("viewer")
	h.end()
	h.await("viewer", "stopping", func(s Status) bool { return s.State == Stopping })
	for _, name := range []string{"viewer", "proxy"} {
		if err := h.Command(t.Context(), name, Restart); err == nil || !strings.Contains(err.Error(), "the platform") {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	h.stop()
	if s := h.status("proxy"); s.Incarnation != 1 || s.State != Exited {
		t.Errorf("got %+v", s)
	}
}

func TestKillAllEndsEveryGroupAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "stubborn", "stubborn"), spec(t, "worker", "orphan", "stubborn"))
	h.awaitReady("worker")
	h.member("worker") // it ignores TERM from now on
	began := time.Now()
	h.end()
	h.await("worker", "stopping", func(s Status) bool { return s.State == Stopping })
	h.KillAll()
	h.stop()
	if took := time.Since(began); took > machine.DefaultGrace {
		t.Errorf("took %s, want it at once", took)
	}
	if h.err != nil {
		t.Error(h.err)
	}
}

func TestPauseResumeAndStopWhilePaused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"))
	first := h.awaitReady("proxy")
	answers := func() bool {
		client := over(first.Socket)
		defer client.CloseIdleConnections()
		res, err := client.Get("http://service/healthz")
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	}
	h.command("proxy", Pause)
	if s := h.status("proxy"); !s.Paused || s.PID != first.PID {
		t.Errorf("got %+v, want it paused", s)
	}
	awaitTrue(t, "a paused process does not answer", func() bool { return !answers() })
	h.command("proxy", Resume)
	awaitTrue(t, "a resumed process answers", answers)
	if s := h.status("proxy"); s.Paused || s.PID != first.PID || s.State != Ready {
		t.Errorf("got %+v, want it as before", s)
	}
	h.command("proxy", Pause)
	h.command("proxy", Stop)
	s := h.await("proxy", "stopped", func(s Status) bool { return s.State == Exited })
	if s.LastExit != "exit status 0" || !h.said("proxy: ended well") {
		t.Errorf("got %q, want it to have ended by itself: TERM, then CONT", s.LastExit)
	}
}

// over is a client of a unix socket with little patience.
func over(socket string) *http.Client {
	client := newClient(to(socket))
	client.Timeout = 200 * time.Millisecond
	return client
}

func TestTheNextIncarnationGetsAnotherEnvironment(t *testing.T) {
	t.Parallel()
	stopped := spec(t, "origin", "ready")
	stopped.Stopped = true
	h := newHouse(t, nil, spec(t, "proxy", "ready", "origin"), stopped)
	first := h.awaitReady("proxy") // it does not wait for what is stopped
	if s := h.status("origin"); s.State != Exited || s.Incarnation != 0 || !s.IsStopped() {
		t.Errorf("got %+v, want it stopped from the start", s)
	}
	newest, err := h.SetEnv(t.Context(), "proxy", []string{modeOf + "=bad", hasty})
	if err != nil || newest != first.Incarnation {
		t.Errorf("got newest %d, %v, want %d", newest, err, first.Incarnation)
	}
	if s := h.status("proxy"); s.PID != first.PID {
		t.Errorf("got %+v, want it untouched", s)
	}
	h.command("proxy", Restart)
	h.await("proxy", "the new environment", func(s Status) bool { return s.Misconfigured() })
	if newest, err := h.SetEnv(t.Context(), "origin", nil); newest != 0 || err != nil {
		t.Errorf("one that has never run: got %d, %v", newest, err)
	}
	if _, err := h.SetEnv(t.Context(), "porxy", nil); err == nil || !strings.HasPrefix(err.Error(), `no process "porxy"; there are proxy, origin`) {
		t.Errorf("got %v", err)
	}
}
