package machine

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"livestream-tui/procs/child"
)

// heldSpec is a process with a held socket.
func heldSpec() Spec { return Spec{Held: true} }

// handing is a held process that is ready and was asked to restart: the first
// incarnation is current, the second starts.
func handing(t *testing.T) *clocked {
	t.Helper()
	return newClocked(t, heldSpec()).ask(Start).ready().ask(Restart).
		is(Ready, "restart asked for: incarnation 2 is starting", "spawn 2, start in 15s").are(1, 2, 0)
}

// finishing is the same one step later: the second is current, the first finishes.
func finishing(t *testing.T) *clocked {
	t.Helper()
	return handing(t).of(2, Event{Kind: Probed, Ready: true}).
		is(Ready, "incarnation 1 finishes its responses", "hand over, grace in 15s").are(2, 0, 1)
}

// of is an event of one incarnation.
func (c *clocked) of(epoch int, e Event) *clocked {
	c.Helper()
	e.Epoch = epoch
	return c.do(e)
}

func (c *clocked) over(epoch int, x child.Exit) *clocked {
	c.Helper()
	return c.of(epoch, Event{Kind: Ended, Exit: x})
}

func (c *clocked) out(epoch int, timer Timer) *clocked {
	c.Helper()
	return c.of(epoch, Event{Kind: TimedOut, Timer: timer})
}

// are checks which incarnation is what.
func (c *clocked) are(current, next, draining int) *clocked {
	c.Helper()
	if c.m.Epoch != current || c.m.Next != next || c.m.Draining != draining {
		c.Errorf("got current %d, next %d, draining %d, want %d, %d, %d", c.m.Epoch, c.m.Next, c.m.Draining, current, next, draining)
	}
	return c
}

func TestARestartOfAHeldProcessIsAHandOver(t *testing.T) {
	c := finishing(t)
	c.over(1, clean).is(Ready, "", "").are(2, 0, 0)
	if c.m.Restarts != 1 || c.m.LastExit != "exit status 0" || !c.m.Running || !c.m.Wanted {
		t.Errorf("got %+v", c.m)
	}
	c.ask(Restart).is(Ready, "incarnation 3 is starting", "spawn 3, start in 15s").are(2, 3, 0)
	// Without held sockets it is not: the next one could not listen.
	started(t).ready().ask(Restart).is(Stopping, "restart asked for", "term, grace in 5s")
}

func TestTheNextIncarnationIsReadyBeforeItTakesOver(t *testing.T) {
	c := handing(t).of(2, Event{Kind: Probed, Reason: "restoring"}).is(Ready, "incarnation 2 is starting", "").are(1, 2, 0)
	c.of(2, Event{Kind: Missed}).of(2, Event{Kind: Missed}).of(2, Event{Kind: Missed}).of(2, Event{Kind: Missed}).is(Ready, "starting", "").are(1, 2, 0)
	c.of(1, Event{Kind: Probed, Ready: true}).is(Ready, "starting", "").are(1, 2, 0)
	c.of(2, Event{Kind: Probed, Ready: true}).are(2, 0, 1)
	// The old one's probes and timers do not count any more.
	c.of(1, Event{Kind: Probed, Reason: "stopping"}).of(1, Event{Kind: Missed}).of(1, Event{Kind: Missed}).of(1, Event{Kind: Missed}).
		out(1, StartTimer).out(1, BackoffTimer).is(Ready, "finishes", "").are(2, 0, 1)
	// The new one's count.
	c.miss().miss().miss().is(Degraded, "hung", "kill")
}

func TestANextIncarnationThatNeverBecomesReadyIsEndedAndTheOldOneStays(t *testing.T) {
	const s = time.Second
	for _, v := range []struct {
		name string
		do   func(c *clocked)
		why  string
	}{
		{"it crashes", func(c *clocked) { c.over(2, crash) }, "exit status 1"},
		{"its configuration is bad", func(c *clocked) { c.over(2, badEnv) }, "exit status 78"},
		{"it ends well", func(c *clocked) { c.over(2, clean) }, "exit status 0"},
		{"it cannot be started", func(c *clocked) { c.of(2, Event{Kind: NotSpawned, Reason: "start /x: gone"}) }, "start /x: gone"},
		{"it takes too long", func(c *clocked) {
			c.of(2, Event{Kind: Probed, Reason: "no film"}).after(15*s).out(2, StartTimer).is(Ready, "starting", "kill").are(1, 2, 0)
			c.out(2, StartTimer).is(Ready, "starting", "")                      // it was killed once
			c.of(2, Event{Kind: Probed, Ready: true}).is(Ready, "starting", "") // too late
			c.over(2, killed)                                                   // and gone
		}, "not ready within 15s: no film"},
	} {
		t.Run(v.name, func(t *testing.T) {
			c := handing(t)
			v.do(c)
			c.is(Ready, "restart failed: incarnation 2 never became ready ("+v.why+"): incarnation 1 stays", "").are(1, 0, 0)
			if c.m.Restarts != 0 || !c.m.Running || !c.m.Wanted || len(c.m.ends) != 0 {
				t.Errorf("got %+v, want the first as it was", c.m)
			}
			c.ask(Restart).is(Ready, "incarnation 3 is starting", "spawn 3, start in 15s").are(1, 3, 0) // a number of its own
		})
	}
	c := handing(t).after(10*s).of(2, Event{Kind: Progressed}).after(5 * s)
	c.out(2, StartTimer).is(Ready, "starting", "start in 10s")
	c.out(1, StartTimer).is(Ready, "starting", "")                                         // the first one's, which is ready
	handing(t).after(time.Minute).out(2, StartTimer).is(Ready, "starting", "start in 15s") // we slept ourselves
}

func TestWhenTheCurrentDiesTheNextIsCurrentAtOnce(t *testing.T) {
	for name, die := range map[string]func(c *clocked){
		"a crash":                  func(c *clocked) { c.over(1, crash) },
		"killed by the operator":   func(c *clocked) { c.ask(Kill).is(Ready, "starting", "kill").over(1, killed) },
		"hung":                     func(c *clocked) { c.miss().miss().miss().over(1, killed) },
		"a bad configuration":      func(c *clocked) { c.over(1, badEnv) },
		"paused, and then killed":  func(c *clocked) { c.ask(Pause).ask(Kill).over(1, killed) },
		"a policy that says never": func(c *clocked) { c.m.Spec.Policy = RestartNever; c.over(1, crash) },
	} {
		t.Run(name, func(t *testing.T) {
			c := handing(t)
			die(c)
			c.is(Starting, "", "").are(2, 0, 0)
			if !c.m.Running || !c.m.Wanted || c.m.Paused || c.m.Restarts != 1 {
				t.Errorf("got %+v", c.m)
			}
			c.after(15*time.Second).out(2, StartTimer).is(Starting, "not ready within 15s", "kill") // its timer goes on
			c.m.Spec.Policy = RestartAlways
			c.over(2, killed).is(Backoff, "not ready within 15s, restarting at once", "backoff in 0s")
		})
	}
	handing(t).of(2, Event{Kind: Probed, Reason: "restoring"}).over(1, crash).is(Running, "restoring", "").are(2, 0, 0).ready().is(Ready, "", "")
	// One that was killed for being late is about to go as well.
	c := handing(t).after(15*time.Second).out(2, StartTimer).over(1, crash).is(Starting, "", "").are(2, 0, 0)
	c.of(2, Event{Kind: Probed, Ready: true}).is(Starting, "", "")
	c.over(2, killed).is(Backoff, "not ready within 15s, restarting at once", "backoff in 0s")
}

func TestWhenTheNewOneDiesWhileTheOldOneFinishes(t *testing.T) {
	c := finishing(t).over(2, crash).is(Backoff, "exit status 1, restarting at once", "backoff in 0s").are(2, 0, 1)
	c.timer().is(Starting, "", "spawn 3, start in 15s").are(3, 0, 1)
	c.over(1, clean).is(Starting, "", "").are(3, 0, 0).ready().is(Ready, "", "")
	// The old one first, in the middle of the backoff.
	c = finishing(t).over(2, crash).over(1, clean).is(Backoff, "restarting at once", "").are(2, 0, 0)
	c.of(2, Event{Kind: TimedOut, Timer: BackoffTimer}).is(Starting, "", "spawn 3, start in 15s")
	// A kill is of the current one.
	finishing(t).ask(Kill).is(Ready, "finishes", "kill").over(2, killed).is(Backoff, "killed by operator, restarting at once", "backoff in 0s").are(2, 0, 1)
}

func TestTheOldOneIsGivenItsTimeAndNoMore(t *testing.T) {
	c := newClocked(t, Spec{Held: true, FinishGrace: 3 * time.Second}).ask(Start).ready().ask(Restart)
	c.of(2, Event{Kind: Probed, Ready: true}).is(Ready, "finishes", "hand over, grace in 3s")
	c.timer().is(Ready, "incarnation 1 did not stop within 3s: killing it", "kill, giveup in 5s").are(2, 0, 1)
	c.over(1, killed).is(Ready, "", "").are(2, 0, 0)
	finishing(t).timer().timer().is(Ready, "incarnation 1 could not be stopped", "").are(2, 0, 1)
	// One that has died meanwhile for itself is nothing to restart.
	finishing(t).over(1, crash).is(Ready, "", "").are(2, 0, 0)
	finishing(t).out(1, GiveUpTimer).over(1, killed).is(Ready, "", "")
}

func TestThereAreNeverThree(t *testing.T) {
	handing(t).ask(Restart).is(Ready, "incarnation 2 is starting", "").are(1, 2, 0)
	c := finishing(t).ask(Restart).is(Ready, "restart asked for: waiting until incarnation 1 has finished its responses", "").are(2, 0, 1)
	c.over(1, clean).is(Ready, "incarnation 3 is starting", "spawn 3, start in 15s").are(2, 3, 0)
	c.of(3, Event{Kind: Probed, Ready: true}).are(3, 0, 2).over(2, clean).is(Ready, "", "").are(3, 0, 0) // once, not again and again
	// A crash meanwhile is a restart as well.
	finishing(t).ask(Restart).over(2, crash).timer().are(3, 0, 1).over(1, clean).ready().is(Ready, "", "").are(3, 0, 0)
	finishing(t).ask(Restart).ask(Stop).over(1, clean).over(2, clean).is(Exited, "stopped", "")
}

func TestStopEndsThemAll(t *testing.T) {
	for name, stop := range map[string]Event{"stop": {Kind: Asked, Action: Stop}, "the platform's end": {Kind: ShutDown}} {
		for _, order := range [][]int{{1, 2}, {2, 1}} {
			c := handing(t).do(stop)
			if got := words(c.effects); got != "term, grace in 5s, term, grace in 5s" {
				t.Errorf("%s: got %s", name, got)
			}
			c.of(2, Event{Kind: Probed, Ready: true}).are(1, 2, 0) // it takes over no more
			c.over(order[0], clean)
			if c.m.State != Stopping || !c.m.Alive() {
				t.Errorf("%s: got %s when one had ended", name, c.m.State)
			}
			c.over(order[1], clean).is(Exited, "stopped, exit status 0", "")

			c = finishing(t).do(stop)
			if got := words(c.effects); got != "term, grace in 5s, grace in 5s" { // the first has had its TERM
				t.Errorf("%s: got %s", name, got)
			}
			c.over(order[0], clean)
			if c.m.State != Stopping || !c.m.Alive() {
				t.Errorf("%s: got %s when one had ended", name, c.m.State)
			}
			c.over(order[1], clean).is(Exited, "stopped, exit status 0", "")
			if c.m.Alive() || c.m.Wanted {
				t.Errorf("%s: got %+v", name, c.m)
			}
		}
	}
	for _, stubborn := range []int{1, 2} {
		for _, c := range []*clocked{handing(t).ask(Stop), finishing(t).ask(Stop)} {
			c.over(3-stubborn, clean).out(stubborn, GraceTimer).is(Stopping, "did not stop within 5s: killing it", "kill, giveup in 5s")
			c.out(stubborn, GiveUpTimer).is(Failed, "could not be stopped", "")
			if !c.m.Alive() {
				t.Error("it is still there")
			}
		}
	}
	// Only the one that finishes is left, and the operator wants it up again.
	finishing(t).ask(Stop).over(2, clean).ask(Start).is(Starting, "", "spawn 3, start in 15s").are(3, 0, 1)
	finishing(t).ask(Stop).ask(Restart).over(2, clean).is(Starting, "", "spawn 3, start in 15s").are(3, 0, 1)
	handing(t).ask(Stop).ask(Start).over(1, clean).is(Stopping, "stop asked for", "").over(2, clean).is(Starting, "", "spawn 3, start in 15s")
	// Down, but for the one that finishes.
	finishing(t).over(2, crash).ask(Stop).is(Stopping, "stop asked for", "grace in 5s").over(1, clean).is(Exited, "stopped", "")
}

func TestAHandOverEndsAPause(t *testing.T) {
	c := handing(t).ask(Pause).is(Ready, "starting", "suspend").are(1, 2, 0)
	c.of(2, Event{Kind: Probed, Ready: true}).is(Ready, "finishes", "hand over, grace in 15s") // whose CONT wakes it
	if c.m.Paused {
		t.Error("the new one runs")
	}
	handing(t).ask(Pause).ask(Resume).is(Ready, "starting", "continue")
	finishing(t).ask(Pause).is(Ready, "finishes", "suspend").over(1, clean).is(Ready, "", "")
	newClocked(t, heldSpec()).ask(Start).ready().ask(Pause).ask(Restart).is(Ready, "starting", "spawn 2, start in 15s")
}

func TestTheFirstRestartOfAHeldProcessIsAtOnce(t *testing.T) {
	c := newClocked(t, heldSpec()).ask(Start).ready()
	c.ends(crash).is(Backoff, "exit status 1, restarting at once", "backoff in 0s").timer()
	c.ends(crash).is(Backoff, "restarting in 200ms", "backoff in 200ms").timer()
	c.ready().after(backoffReset).ends(killed).is(Backoff, "restarting at once", "backoff in 0s").timer()
	c.ready().ask(Kill).ends(killed).is(Backoff, "killed by operator, restarting at once", "backoff in 0s")
}

// Whatever happens in whatever order: at most two incarnations, each spawned once,
// each that goes was asked to or ended, and what is stopped ends up stopped.
func TestAnyOrderOfEventsKeepsTheRules(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := newClocked(t, heldSpec()).ask(Start)
		living := map[int]bool{1: true}
		var events []Event
		history := func() string { return fmt.Sprintf("%+v", events) }
		step := func(e Event) {
			events = append(events, e)
			if e.Kind == Ended {
				delete(living, e.Epoch)
			}
			c.of(e.Epoch, e)
			for _, x := range c.effects {
				switch {
				case x.Kind == Spawn && living[x.Epoch]:
					t.Fatalf("seed %d: %d was spawned twice", seed, x.Epoch)
				case x.Kind == Spawn:
					living[x.Epoch] = true
				case x.Kind != SetTimer && !living[x.Epoch]:
					t.Fatalf("seed %d: %v is for one that has gone: %+v after\n%s", seed, x, c.m, history())
				}
			}
			if len(living) > 2 || c.m.Running != living[c.m.Epoch] || c.m.Next != 0 && !living[c.m.Next] ||
				c.m.Draining != 0 && !living[c.m.Draining] || len(c.m.epochs()) != len(living) {
				t.Fatalf("seed %d: living %v, machine %+v after\n%s", seed, living, c.m, history())
			}
			waits := c.m.State == Backoff || c.m.State == Failed
			if c.m.Wanted && !c.m.Alive() && !waits || c.m.Wanted && !c.m.Running && c.m.State != Stopping && !waits {
				t.Fatalf("seed %d: machine %+v after\n%s", seed, c.m, history())
			}
		}
		oneOf := func() int {
			for e := range living {
				return e
			}
			return c.m.Epoch
		}
		for range 60 {
			c.after(time.Duration(r.IntN(4000)) * time.Millisecond)
			switch r.IntN(7) {
			case 0:
				step(Event{Kind: Asked, Action: Kill + Action(r.IntN(6))})
			case 1:
				step(Event{Kind: Asked, Action: Restart})
			case 2, 3:
				step(Event{Kind: Probed, Epoch: 1 + r.IntN(c.m.last), Ready: r.IntN(3) > 0})
			case 4:
				step(Event{Kind: TimedOut, Epoch: 1 + r.IntN(c.m.last), Timer: StartTimer + Timer(r.IntN(5))})
			case 5:
				step(Event{Kind: Missed, Epoch: oneOf()})
			case 6:
				if len(living) > 0 {
					step(Event{Kind: Ended, Epoch: oneOf(), Exit: crash})
				}
			}
		}
		step(Event{Kind: ShutDown})
		for len(living) > 0 {
			step(Event{Kind: Ended, Epoch: oneOf(), Exit: clean})
		}
		if c.m.Alive() || c.m.State != Exited {
			t.Fatalf("seed %d: got %+v in the end", seed, c.m)
		}
	}
}
