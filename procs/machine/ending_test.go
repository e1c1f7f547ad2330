package machine

import (
	"testing"
	"time"

	"livestream-tui/procs/child"
)

func TestBackoffDoublesToTenSeconds(t *testing.T) {
	c := started(t)
	for _, want := range []string{"100ms", "200ms", "400ms", "800ms", "1.6s", "3.2s", "6.4s", "10s", "10s", "10s"} {
		c.after(9 * time.Second) // never five in 30 s
		c.ends(crash).is(Backoff, "exit status 1, restarting in "+want, "backoff in "+want).timer()
	}
	if c.m.Restarts != 10 || c.m.Epoch != 11 {
		t.Errorf("got %d restarts, incarnation %d, want 10 and 11", c.m.Restarts, c.m.Epoch)
	}
}

func TestJitterIsUpToAFifth(t *testing.T) {
	for random, want := range map[float64]time.Duration{0: time.Second, 0.5: 1100 * time.Millisecond, 1: 1200 * time.Millisecond} {
		if got := Jittered(time.Second, random); got != want {
			t.Errorf("random %v: got %s, want %s", random, got, want)
		}
	}
}

func TestBackoffBeginsAnewAfterTenSecondsOfReady(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name string
		live func(c *clocked)
		want string
	}{
		{"ready long enough", func(c *clocked) { c.ready().after(10 * s) }, "100ms"},
		{"ready too short", func(c *clocked) { c.ready().after(9900 * time.Millisecond) }, "400ms"},
		{"alive but never ready", func(c *clocked) { c.unready("x").after(12 * s) }, "400ms"},
		{"degraded does not count", func(c *clocked) { c.ready().after(2 * s).unready("x").after(20 * s) }, "400ms"},
		{"ready long enough before it was degraded", func(c *clocked) { c.ready().after(10 * s).unready("x").after(s) }, "100ms"},
		{"twice too short", func(c *clocked) { c.ready().after(6 * s).unready("x").ready().after(6 * s) }, "400ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := started(t).ends(crash).timer().ends(crash).timer()
			c.live(m)
			m.ends(crash).is(Backoff, "restarting in "+c.want, "backoff in "+c.want)
		})
	}
}

// fail spends the budget.
func fail(c *clocked) *clocked {
	c.Helper()
	for range Budget {
		c.ends(crash).timer()
	}
	return c.ends(crash).is(Failed, "exit status 1; it keeps ending; trying again in 1m0s", "retry in 1m0s")
}

func TestFiveRestartsInHalfAMinuteAreTheMost(t *testing.T) {
	c := fail(started(t))
	c.timer().is(Starting, "", "spawn 7, start in 15s")
	c.ends(crash).is(Failed, "exit status 1; trying again in 1m0s", "retry in 1m0s") // one try, not five
	c.timer().ready().after(5*time.Second).ends(crash).is(Failed, "trying again", "retry in 1m0s")
	c.timer().ready().after(10*time.Second).ends(crash).is(Backoff, "restarting in 100ms", "backoff in 100ms")
	if !c.m.Wanted {
		t.Error("a failed process is still wanted")
	}
}

func TestWhoseStandInsAreAwayIsNotKeptWaiting(t *testing.T) {
	c := started(t)
	for range 5 { // 100 ms to 1.6 s
		c.after(9 * time.Second).ends(crash).timer()
	}
	c.after(9*time.Second).do(Event{Kind: Ended, Exit: crash, Urgent: true}).is(Backoff, "exit status 1, restarting in 1s", "backoff in 1s").timer()
	c.after(9*time.Second).ends(crash).is(Backoff, "restarting in 6.4s", "backoff in 6.4s") // it is no pardon
	late := c.effects[0]
	c.after(400*time.Millisecond).do(Event{Kind: BecameUrgent}).is(Backoff, "restarting in 6.4s", "backoff in 600ms")
	c.after(600*time.Millisecond).do(Event{Kind: BecameUrgent}).is(Starting, "", "spawn 8, start in 15s")
	c.do(Event{Kind: TimedOut, Timer: late.Timer, Epoch: late.Epoch}).is(Starting, "", "")
	c.do(Event{Kind: BecameUrgent}).is(Starting, "", "")
	c.ready().do(Event{Kind: BecameUrgent}).is(Ready, "", "")
	c.ask(Stop).ends(clean).do(Event{Kind: BecameUrgent}).is(Exited, "stopped", "")

	c = fail(started(t)).after(4*time.Second).do(Event{Kind: BecameUrgent}).is(Failed, "trying again", "retry in 6s").timer().is(Starting, "", "spawn 7, start in 15s")
	c.do(Event{Kind: Ended, Exit: crash, Urgent: true}).is(Failed, "exit status 1; trying again in 10s", "retry in 10s")
	c.after(10*time.Second).do(Event{Kind: BecameUrgent}).is(Starting, "", "spawn 8, start in 15s")
	started(t).ends(badEnv).do(Event{Kind: BecameUrgent}).is(Failed, "bad configuration", "")
}

func TestTheNextTryOfAProcessThatHasFailed(t *testing.T) {
	in := func(c *clocked, want time.Duration) {
		t.Helper()
		if got := c.m.NextTry(); !got.Equal(c.now.Add(want)) {
			t.Errorf("got %s, want it in %s", got, want)
		}
	}
	c := fail(started(t))
	in(c, time.Minute)
	in(c.after(4*time.Second).do(Event{Kind: BecameUrgent}), 6*time.Second)
	in(c.after(time.Second).do(Event{Kind: BecameUrgent}), 5*time.Second)
	for state, c := range map[string]*clocked{
		"it starts": c.timer(), "it works": c.ready(), "it waits for less": started(t).ends(crash),
		"its configuration is bad": started(t).ends(badEnv), "it was stopped": fail(started(t)).ask(Stop),
	} {
		if got := c.m.NextTry(); !got.IsZero() {
			t.Errorf("%s: got %s, want none", state, got)
		}
	}
}

func TestTheBudgetForgetsAfterHalfAMinute(t *testing.T) {
	c := started(t)
	for range Budget {
		c.ends(crash).timer()
	}
	c.after(30*time.Second).ends(crash).is(Backoff, "restarting in 3.2s", "backoff in 3.2s")
}

func TestABadConfigurationIsNeverRestarted(t *testing.T) {
	c := started(t).ends(badEnv).is(Failed, "exit status 78: bad configuration", "")
	c.do(Event{Kind: TimedOut, Timer: RetryTimer}).is(Failed, "bad configuration", "")
	c.ask(Restart).is(Starting, "", "spawn 2, start in 15s") // unless an operator asks
	fail(started(t)).timer().ends(badEnv).do(Event{Kind: TimedOut, Timer: RetryTimer}).is(Failed, "bad configuration", "")
}

func TestPolicies(t *testing.T) {
	for _, c := range []struct {
		policy RestartPolicy
		exit   child.Exit
		want   State
	}{
		{RestartAlways, clean, Backoff}, {RestartAlways, crash, Backoff},
		{RestartOnFailure, clean, Exited}, {RestartOnFailure, crash, Backoff}, {RestartOnFailure, killed, Backoff},
		{RestartNever, clean, Exited}, {RestartNever, crash, Exited},
	} {
		m := newClocked(t, Spec{Policy: c.policy}).ask(Start).ends(c.exit).m
		if m.State != c.want || m.Running || m.Wanted != (c.want == Backoff) {
			t.Errorf("%s, %s: got %s (running %t, wanted %t), want %s", c.policy, c.exit, m.State, m.Running, m.Wanted, c.want)
		}
	}
}

func TestAStartThatFailsIsTriedAgain(t *testing.T) {
	e := Event{Kind: NotSpawned, Reason: "start /x: no such file"}
	started(t).do(e).is(Backoff, "start /x: no such file, restarting in 100ms", "backoff in 100ms").timer().is(Starting, "", "spawn 2, start in 15s")
	newClocked(t, Spec{Policy: RestartNever}).ask(Start).do(e).is(Exited, "start /x: no such file", "")
}

func TestKillsByTheOperatorDoNotCount(t *testing.T) {
	c := started(t)
	for range 3 * Budget {
		c.ready().ask(Kill).is(Ready, "", "kill")
		c.ends(killed).is(Backoff, "killed by operator, restarting in 100ms", "backoff in 100ms").timer()
	}
	fail(c) // the whole budget is left
	c = newClocked(t, Spec{Policy: RestartNever}).ask(Start).ask(Kill).ends(killed).is(Exited, "signal: killed", "")
	c.ask(Kill).is(Exited, "signal: killed", "")
}

func TestAnExplicitRestartHasAFreshBudget(t *testing.T) {
	c := fail(started(t)).ask(Restart).is(Starting, "", "spawn 7, start in 15s")
	fail(c).ask(Start).is(Starting, "", "spawn 13, start in 15s")
	c.ends(crash).is(Backoff, "restarting in 100ms", "backoff in 100ms")

	c = started(t).ready().ask(Restart).is(Stopping, "restart asked for", "term, grace in 5s")
	c.ends(clean).is(Starting, "", "spawn 2, start in 15s")
	if c.m.LastExit != "exit status 0" || c.m.Restarts != 1 {
		t.Errorf("got %q, %d restarts", c.m.LastExit, c.m.Restarts)
	}
	started(t).ask(Restart).ends(badEnv).is(Starting, "", "spawn 2, start in 15s") // whatever its status
}
