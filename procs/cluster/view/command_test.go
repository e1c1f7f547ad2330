package view

import (
	"context"
	"testing"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/ctl"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/cluster"
)

// The states of a worker: the number is its pid.
var (
	isReady7  = platform.Status{Name: "worker", State: platform.Ready, PID: 7, Incarnation: 3, Wanted: true}
	isStopped = platform.Status{Name: "worker", State: platform.Exited, Incarnation: 3, Reason: "stopped"}
	isReady8  = platform.Status{Name: "worker", State: platform.Ready, PID: 8, Incarnation: 4, Wanted: true}
)

// TestTheViewIsNeverOlderThanACommand looks right after each command. In between, no look at
// the other machine is due.
func TestTheViewIsNeverOlderThanACommand(t *testing.T) {
	a, b := pair(t, 0)
	b.does(func(action procs.Action) {
		b.OnStatus(map[procs.Action]platform.Status{procs.Stop: isStopped, procs.Start: isReady8, procs.Kill: isReady7}[action])
	})
	b.OnStatus(isReady7)
	a.awaitProcess(t, "b/worker", "is ready", isReady)
	for range 5 {
		for _, c := range []struct {
			action platform.Action
			want   platform.Status
		}{{platform.Stop, isStopped}, {platform.Start, isReady8}, {platform.Kill, isReady7}} {
			if err := a.view.Command(t.Context(), platform.Command{Process: "b/worker", Action: c.action}); err != nil {
				t.Fatal(err)
			}
			if p, _ := a.seen(t).Process("b/worker"); p.State != c.want.State || p.PID != c.want.PID || p.Wanted != c.want.Wanted {
				t.Errorf("after %s: got %s, pid %d, wanted %t", c.action, p.State, p.PID, p.Wanted)
			}
		}
	}
}

// TestALookThatBeganBeforeACommandDoesNotUndoIt: its answer comes after that of the command.
func TestALookThatBeganBeforeACommandDoesNotUndoIt(t *testing.T) {
	a, b := pair(t, 0)
	b.OnStatus(isReady7)
	a.awaitProcess(t, "b/worker", "is ready", isReady)
	before, err := a.view.remote("b").Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.does(func(procs.Action) { b.OnStatus(isStopped) })
	if err := a.view.Command(t.Context(), platform.Command{Process: "b/worker", Action: platform.Stop}); err != nil {
		t.Fatal(err)
	}
	a.view.mu.Lock()
	a.view.takeSnapshot(a.view.otherOf("b"), before, time.Now())
	a.view.mu.Unlock()
	if p, _ := a.seen(t).Process("b/worker"); p.State != platform.Exited {
		t.Errorf("got %s, want it exited", p.State)
	}
}

func TestCtlTellsWhatHasComeOfACommandOnAnotherMachine(t *testing.T) {
	a, b := pair(t, 0)
	b.does(func(action procs.Action) {
		b.OnStatus(map[procs.Action]platform.Status{procs.Stop: isStopped, procs.Start: isReady8}[action])
	})
	b.OnStatus(isReady7)
	a.awaitProcess(t, "b/worker", "is ready", isReady)
	for _, c := range []struct{ verb, want string }{{"stop", "stopped b/worker (pid 7)"}, {"start", "started b/worker: ready as pid 8 after 0s"}} {
		r, err := ctl.Do(t.Context(), a.view, ctl.Request{Verb: verbOf(t, c.verb), Name: "b/worker", Wait: true, Timeout: platformtest.Deadline})
		if err != nil || len(r.Message) < len(c.want)-2 || r.Message[:len(c.want)-2] != c.want[:len(c.want)-2] {
			t.Errorf("got %q, %v, want %q", r.Message, err, c.want)
		}
	}
}

// TestACommandWhoseMachineIsGoneAfterwardsIsDone: the answer has come, and nothing more does.
func TestACommandWhoseMachineIsGoneAfterwardsIsDone(t *testing.T) {
	a, b := pair(t, 0)
	b.OnStatus(isReady7)
	a.awaitProcess(t, "b/worker", "is ready", isReady)
	cut := func(subject string) {
		if subject == cluster.SubjectPlatform+"b" && len(b.commands.all()) > 0 {
			b.link.Cut()
		}
	}
	a.bus.after.Store(&cut)
	ctx, cancel := context.WithTimeout(t.Context(), platformtest.Deadline)
	defer cancel()
	if err := a.view.Command(ctx, platform.Command{Process: "b/worker", Action: platform.Kill}); err != nil {
		t.Errorf("got %v, want it done", err)
	}
}

func verbOf(t *testing.T, name string) ctl.Verb {
	t.Helper()
	for _, v := range ctl.Verbs() {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("no verb %s", name)
	return ctl.Verb{}
}
