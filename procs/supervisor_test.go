package procs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/procs/machine"
)

func TestStartInOrderStopInReverse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "lingering", "origin"), spec(t, "viewer", "lingering", "origin"),
		spec(t, "origin", "ready", "reporter"), spec(t, "reporter", "ready"))
	h.awaitReady("proxy")
	h.awaitReady("viewer")
	before := func(what string, earlier, later func(Status) bool) {
		t.Helper()
		e, l := h.index(earlier), h.index(later)
		if e < 0 || l < 0 || e > l {
			t.Errorf("%s: got places %d and %d in what was reported", what, e, l)
		}
	}
	before("origin waits for reporter", state("reporter", Ready), state("origin", Starting))
	before("proxy waits for origin", state("origin", Ready), state("proxy", Starting))
	before("proxy and viewer start together", state("viewer", Starting), state("proxy", Ready))
	if i := h.index(state("origin", Waiting)); i < 0 || h.reported()[i].Reason != "waiting for reporter" {
		t.Errorf("origin did not say what it waits for")
	}
	sockets := map[string]string{}
	for _, s := range h.Statuses() {
		sockets[s.Name] = s.Socket
		if _, err := os.Stat(s.Socket); err != nil || s.PID == 0 || s.Started.IsZero() || !s.Wanted {
			t.Errorf("%s: got %+v, %v", s.Name, s, err)
		}
	}
	h.stop()
	if h.err != nil {
		t.Errorf("got %v, want a clean end", h.err)
	}
	before("viewer is asked to stop before proxy has stopped", state("viewer", Stopping), state("proxy", Exited))
	before("proxy is asked to stop before viewer has stopped", state("proxy", Stopping), state("viewer", Exited))
	before("origin stops after proxy", state("proxy", Exited), state("origin", Stopping))
	before("origin stops after viewer", state("viewer", Exited), state("origin", Stopping))
	before("reporter stops last", state("origin", Exited), state("reporter", Stopping))
	for _, s := range h.Statuses() {
		if s.State != Exited || s.LastExit != "exit status 0" || s.PID != 0 || s.Socket != "" || s.Restarts != 0 {
			t.Errorf("%s: got %+v, want it to have ended by itself", s.Name, s)
		}
		if _, err := os.Stat(sockets[s.Name]); !os.IsNotExist(err) {
			t.Errorf("%s: its socket is left: %v", s.Name, err)
		}
		if !h.said(s.Name + ": ended well") {
			t.Errorf("%s: its last line was not handed on", s.Name)
		}
	}
	if left, err := filepath.Glob(filepath.Join(h.run, "records*")); err != nil || len(left) > 0 {
		t.Errorf("records are left: %v %v", left, err)
	}
	if err := h.Command(t.Context(), "proxy", Start); err == nil {
		t.Error("a command after the end: got no error")
	}
}

func TestACrashIsRestarted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"), spec(t, "bystander", "ready"))
	other, first := h.awaitReady("bystander"), h.awaitReady("proxy")
	kill(t, first)
	second := h.awaitBack(first)
	if second.Restarts != 1 || second.Incarnation != 2 || second.PID == first.PID || second.Socket == first.Socket || second.LastExit != "signal: killed" {
		t.Errorf("got %+v", second)
	}
	if i := h.index(state("proxy", Backoff)); i < 0 || h.reported()[i].Reason != "signal: killed, restarting in 100ms" || h.reported()[i].PID != 0 {
		t.Error("the crash was not reported")
	}
	if now := h.status("bystander"); now.PID != other.PID || now.Restarts != 0 {
		t.Errorf("bystander: got %+v, want it untouched", now)
	}
}

func TestTheStandInOfOneThatEndsIsNotKeptWaiting(t *testing.T) {
	t.Parallel()
	of := func(role string, s Spec) Spec {
		s.Role = role
		return s
	}
	h := newHouse(t, nil, of("packager", spec(t, "server1", "ready")), of("packager", spec(t, "server2", "ready")), of("proxy", spec(t, "proxy", "ready")))
	first, other, proxy := h.awaitReady("server1"), h.awaitReady("server2"), h.awaitReady("proxy")
	for range machine.Budget {
		kill(t, other)
		other = h.awaitBack(other)
	}
	kill(t, proxy)
	h.awaitBack(proxy) // it has no stand-in
	kill(t, other)
	h.await("server2", "failed", func(s Status) bool { return s.State == Failed })
	kill(t, first)
	h.awaitBack(other) // in 10 s; in a minute, if it were kept waiting
}

func TestWhatDependsOnOneThatIsBackIsNotKeptWaiting(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "reporter", "ready"), spec(t, "discovery", "ready", "reporter"))
	reporter, discovery := h.awaitReady("reporter"), h.awaitReady("discovery")
	for range machine.Budget {
		kill(t, discovery)
		discovery = h.awaitBack(discovery)
	}
	kill(t, discovery)
	h.await("discovery", "failed", func(s Status) bool { return s.State == Failed })
	kill(t, reporter)
	h.awaitBack(discovery) // in 10 s; in a minute, if it were kept waiting
}

func kill(t *testing.T, s Status) {
	t.Helper()
	if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestABadConfigurationStaysDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "bad"))
	s := h.await("proxy", "failed", func(s Status) bool { return s.State == Failed })
	if s.Incarnation != 1 || s.LastExit != "exit status 78" {
		t.Errorf("got %+v", s)
	}
}

func TestAMissingCommandIsToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, Spec{Name: "gone", Argv: []string{"/not/there"}})
	s := h.await("gone", "tried again", func(s Status) bool { return s.Incarnation > 1 && s.State == Backoff })
	if !strings.Contains(s.Reason, "start /not/there: ") || s.PID != 0 || s.Socket != "" {
		t.Errorf("got %+v", s)
	}
}

func TestUnreadySaysWhy(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "worker", "unready"), spec(t, "packager", "ready", "worker"))
	h.await("worker", "running", func(s Status) bool { return s.State == Running && s.Reason == "no film" })
	if s := h.status("packager"); s.State != Waiting || s.PID != 0 {
		t.Errorf("got %+v, want it to wait", s)
	}
}

func TestTheStubbornIsKilledAfterItsGrace(t *testing.T) {
	t.Parallel()
	const grace = 300 * time.Millisecond
	one := spec(t, "stubborn", "stubborn")
	one.Grace = grace
	h := newHouse(t, nil, one)
	h.awaitReady("stubborn")
	began := time.Now()
	h.command("stubborn", Stop)
	s := h.await("stubborn", "killed", func(s Status) bool { return s.State == Exited })
	if took := time.Since(began); took < grace || s.LastExit != "signal: killed" {
		t.Errorf("got %q after %s, want KILL after %s", s.LastExit, took, grace)
	}
	if h.index(func(s Status) bool { return s.Reason == "did not stop within 300ms: killing it" }) < 0 {
		t.Error("the kill was not reported")
	}
}

func TestGraceIsForTheGroupNotForItsLeader(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "worker", "slow-orphan"))
	s := h.awaitReady("worker")
	h.member("worker")
	h.command("worker", Stop)
	h.await("worker", "stopped", func(s Status) bool { return s.State == Exited })
	if !h.said("worker: member ended well") {
		t.Error("the leader's end took the member's grace")
	}
	if !child.GroupEmpty(s.PID) {
		t.Error("exited, but not empty")
	}
}

func TestOrphansAreKilledBeforeTheNextIncarnation(t *testing.T) {
	t.Parallel()
	worker := spec(t, "worker", "orphan")
	worker.Grace = 300 * time.Millisecond
	var group int
	var lived bool
	h := newHouse(t, func(h *house, o *Options) {
		o.OnStatus = func(s Status) {
			if s.Incarnation == 1 && s.PID > 0 {
				group = s.PID
			}
			if s.Incarnation == 2 && s.State == Starting {
				lived = lived || !child.GroupEmpty(group)
			}
			h.onStatus(s)
		}
	}, worker)
	first := h.awaitReady("worker")
	if h.member("worker") == first.PID {
		t.Fatal("the member is the leader")
	}
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil { // the leader alone
		t.Fatal(err)
	}
	h.awaitBack(first)
	h.stop()
	if h.index(func(s Status) bool { return strings.HasPrefix(s.Reason, "hung") }) >= 0 {
		t.Error("the orphan was not killed until the probes missed its leader")
	}
	if lived {
		t.Error("the second incarnation began while the first one's group lived")
	}
}

func TestZombiesAreLookedPast(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "worker", "ready"))
	first := h.awaitReady("worker")
	zombie := &exec.Cmd{Path: self(t), Env: []string{modeOf + "=member"}, SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pgid: first.PID}}
	if err := zombie.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = zombie.Wait() }() // it was killed
	h.command("worker", Kill)
	second := h.awaitBack(first)
	if list, err := child.Members(first.PID); err != nil || len(list) != 1 || !list[0].Zombie {
		t.Errorf("got %+v, %v, want a zombie in the first group", list, err)
	}
	h.command("worker", Stop)
	h.await("worker", "stopped", func(s Status) bool { return s.State == Exited && s.Incarnation == second.Incarnation })
}

func TestAHungChildIsKilledAndRestarted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"))
	first := h.awaitReady("proxy")
	if err := syscall.Kill(-first.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	h.awaitBack(first)
	if h.index(func(s Status) bool { return strings.HasPrefix(s.Reason, "hung: 3 health probes in a row missed") }) < 0 {
		t.Errorf("got %+v, want it reported as hung", h.reported())
	}
}
