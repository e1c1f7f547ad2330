package procs

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/child"
)

// Ends that the tables use.
var (
	crash  = child.Exit{Code: 1}
	clean  = child.Exit{}
	killed = child.Exit{Code: -1, Signal: syscall.SIGKILL}
	badEnv = child.Exit{Code: configuration}
)

// clocked drives a machine with a clock of its own.
type clocked struct {
	*testing.T
	m       Machine
	now     time.Time
	effects []Effect // of the last event
}

func newClocked(t *testing.T, s Spec) *clocked {
	return &clocked{T: t, m: NewMachine(s), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// do reduces e, which is of the current incarnation unless it says otherwise.
func (c *clocked) do(e Event) *clocked {
	c.Helper()
	if e.Epoch == 0 {
		e.Epoch = c.m.Epoch
	}
	c.m, c.effects = Reduce(c.m, e, c.now)
	return c
}

func (c *clocked) ask(a Action) *clocked      { c.Helper(); return c.do(Event{Kind: Asked, Action: a}) }
func (c *clocked) ends(x child.Exit) *clocked { c.Helper(); return c.do(Event{Kind: Ended, Exit: x}) }
func (c *clocked) ready() *clocked            { c.Helper(); return c.do(Event{Kind: Probed, Ready: true}) }
func (c *clocked) unready(why string) *clocked {
	c.Helper()
	return c.do(Event{Kind: Probed, Reason: why})
}
func (c *clocked) miss() *clocked                 { c.Helper(); return c.do(Event{Kind: Missed}) }
func (c *clocked) after(d time.Duration) *clocked { c.now = c.now.Add(d); return c }

// timer lets the timer that the last event set run out in time.
func (c *clocked) timer() *clocked {
	c.Helper()
	for _, e := range c.effects {
		if e.Kind == SetTimer {
			return c.after(e.After).do(Event{Kind: TimedOut, Timer: e.Timer, Epoch: e.Epoch})
		}
	}
	c.Fatalf("no timer is set: state %s, effects %v", c.m.State, c.effects)
	return c
}

// is checks the state, what the reason contains, and the effects in words.
func (c *clocked) is(state State, reason, effects string) *clocked {
	c.Helper()
	if c.m.State != state || !strings.Contains(c.m.Reason, reason) || (reason == "" && c.m.Reason != "") {
		c.Errorf("got %s (%q), want %s (%q)", c.m.State, c.m.Reason, state, reason)
	}
	if got := words(c.effects); got != effects {
		c.Errorf("%s: got effects %q, want %q", state, got, effects)
	}
	return c
}

// words are effects as the tables write them: "spawn 1, start in 15s".
func words(effects []Effect) string {
	var list []string
	for _, e := range effects {
		switch e.Kind {
		case SetTimer:
			list = append(list, fmt.Sprintf("%s in %s", [...]string{"", "start", "backoff", "retry", "grace", "giveup"}[e.Timer], e.After))
		case Spawn:
			list = append(list, fmt.Sprintf("spawn %d", e.Epoch))
		default:
			list = append(list, [...]string{"", "", "term", "hand over", "kill", "halt", "continue"}[e.Kind])
		}
	}
	return strings.Join(list, ", ")
}

func started(t *testing.T) *clocked {
	t.Helper()
	return newClocked(t, Spec{}).ask(Start).is(Starting, "", "spawn 1, start in 15s")
}

func TestAProcessStartsWhenItsDependenciesHaveBeenReady(t *testing.T) {
	c := newClocked(t, Spec{DependsOn: []string{"reporter", "origin"}})
	c.ask(Start).is(Waiting, "waiting for reporter, origin", "")
	c.do(Event{Kind: Dependencies, Lacking: []string{"origin"}}).is(Waiting, "waiting for origin", "")
	c.do(Event{Kind: Dependencies}).is(Starting, "", "spawn 1, start in 15s")
	c.ready().ends(crash).timer().is(Starting, "", "spawn 2, start in 15s")
}

func TestDependenciesStartNothingThatIsNotWanted(t *testing.T) {
	c := newClocked(t, Spec{DependsOn: []string{"origin"}})
	c.do(Event{Kind: Dependencies}).is(Idle, "", "")
	c = newClocked(t, Spec{DependsOn: []string{"origin"}}).ask(Start).ask(Stop).is(Exited, "stopped", "")
	c.do(Event{Kind: Dependencies}).is(Exited, "stopped", "")
}

func TestReadinessIsRunningReadyDegradedAndBack(t *testing.T) {
	started(t).unready("making a film").is(Running, "making a film", "").
		ready().is(Ready, "", "").
		unready("no reporter").is(Degraded, "no reporter", "").
		unready("no origin").is(Degraded, "no origin", "").
		ready().is(Ready, "", "")
}

func TestStartTimeoutRunsFromTheLastProgress(t *testing.T) {
	const s = time.Second
	expire := Event{Kind: TimedOut, Timer: StartTimer}
	for _, c := range []struct {
		name string
		do   func(c *clocked)
		want State
		why  string
		does string
	}{
		{"never answered", func(c *clocked) { c.after(15 * s).do(expire) }, Starting, "not ready within 15s", "kill"},
		{"answered, not ready", func(c *clocked) { c.unready("no film").after(15 * s).do(expire) }, Running, "not ready within 15s: no film", "kill"},
		{"progress", func(c *clocked) { c.after(10 * s).do(Event{Kind: Progressed}).after(5 * s).do(expire) }, Starting, "", "start in 10s"},
		{"progress, then none", func(c *clocked) {
			c.after(10 * s).do(Event{Kind: Progressed}).after(5 * s).do(expire).after(10 * s).do(expire)
		}, Starting, "not ready within", "kill"},
		{"ready in time", func(c *clocked) { c.ready().after(15 * s).do(expire) }, Ready, "", ""},
		{"ready in time, then degraded", func(c *clocked) { c.ready().unready("x").after(15 * s).do(expire) }, Degraded, "x", ""},
		{"paused", func(c *clocked) { c.ask(Pause).after(15 * s).do(expire) }, Starting, "", "start in 15s"},
		{"resumed", func(c *clocked) { c.ask(Pause).after(14 * s).ask(Resume).after(1 * s).do(expire) }, Starting, "", "start in 14s"},
		{"we slept ourselves", func(c *clocked) { c.after(60 * s).do(expire) }, Starting, "", "start in 15s"},
		{"the timer of another incarnation", func(c *clocked) { c.after(15 * s).do(Event{Kind: TimedOut, Timer: StartTimer, Epoch: 7}) }, Starting, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := started(t)
			c.do(m)
			m.is(c.want, c.why, c.does)
		})
	}
	c := newClocked(t, Spec{StartTimeout: 3 * s}).ask(Start).is(Starting, "", "spawn 1, start in 3s")
	c.timer().is(Starting, "not ready within 3s", "kill").ends(killed).is(Backoff, "not ready within 3s, restart in 100ms", "backoff in 100ms")
}

func TestBackoffDoublesToTenSeconds(t *testing.T) {
	c := started(t)
	for _, want := range []string{"100ms", "200ms", "400ms", "800ms", "1.6s", "3.2s", "6.4s", "10s", "10s", "10s"} {
		c.after(9 * time.Second) // never five in 30 s
		c.ends(crash).is(Backoff, "exit status 1, restart in "+want, "backoff in "+want).timer()
	}
	if c.m.Restarts != 10 || c.m.Epoch != 11 {
		t.Errorf("got %d restarts, incarnation %d, want 10 and 11", c.m.Restarts, c.m.Epoch)
	}
}

func TestJitterIsUpToAFifth(t *testing.T) {
	for random, want := range map[float64]time.Duration{0: time.Second, 0.5: 1100 * time.Millisecond, 1: 1200 * time.Millisecond} {
		if got := jittered(time.Second, random); got != want {
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
			m.ends(crash).is(Backoff, "restart in "+c.want, "backoff in "+c.want)
		})
	}
}

// fail spends the budget.
func fail(c *clocked) *clocked {
	c.Helper()
	for range budget {
		c.ends(crash).timer()
	}
	return c.ends(crash).is(Failed, "exit status 1; restarted 5 times in 30s; trying again in 1m0s", "retry in 1m0s")
}

func TestFiveRestartsInHalfAMinuteAreTheMost(t *testing.T) {
	c := fail(started(t))
	c.timer().is(Starting, "", "spawn 7, start in 15s")
	c.ends(crash).is(Failed, "exit status 1; trying again in 1m0s", "retry in 1m0s") // one try, not five
	c.timer().ready().after(5*time.Second).ends(crash).is(Failed, "trying again", "retry in 1m0s")
	c.timer().ready().after(10*time.Second).ends(crash).is(Backoff, "restart in 100ms", "backoff in 100ms")
	if !c.m.Wanted {
		t.Error("a failed process is still wanted")
	}
}

func TestWhoseStandInsAreAwayIsNotKeptWaiting(t *testing.T) {
	c := started(t)
	for range 5 { // 100 ms to 1.6 s
		c.after(9 * time.Second).ends(crash).timer()
	}
	c.after(9*time.Second).do(Event{Kind: Ended, Exit: crash, Alone: true}).is(Backoff, "exit status 1, restart in 1s", "backoff in 1s").timer()
	c.after(9*time.Second).ends(crash).is(Backoff, "restart in 6.4s", "backoff in 6.4s") // it is no pardon
	late := c.effects[0]
	c.after(400*time.Millisecond).do(Event{Kind: Needed}).is(Backoff, "restart in 6.4s", "backoff in 600ms")
	c.after(600*time.Millisecond).do(Event{Kind: Needed}).is(Starting, "", "spawn 8, start in 15s")
	c.do(Event{Kind: TimedOut, Timer: late.Timer, Epoch: late.Epoch}).is(Starting, "", "")
	c.do(Event{Kind: Needed}).is(Starting, "", "")
	c.ready().do(Event{Kind: Needed}).is(Ready, "", "")
	c.ask(Stop).ends(clean).do(Event{Kind: Needed}).is(Exited, "stopped", "")

	c = fail(started(t)).after(4*time.Second).do(Event{Kind: Needed}).is(Failed, "trying again", "retry in 6s").timer().is(Starting, "", "spawn 7, start in 15s")
	c.do(Event{Kind: Ended, Exit: crash, Alone: true}).is(Failed, "exit status 1; trying again in 10s", "retry in 10s")
	c.after(10*time.Second).do(Event{Kind: Needed}).is(Starting, "", "spawn 8, start in 15s")
	started(t).ends(badEnv).do(Event{Kind: Needed}).is(Failed, "bad configuration", "")
}

func TestTheBudgetForgetsAfterHalfAMinute(t *testing.T) {
	c := started(t)
	for range budget {
		c.ends(crash).timer()
	}
	c.after(30*time.Second).ends(crash).is(Backoff, "restart in 3.2s", "backoff in 3.2s")
}

func TestABadConfigurationIsNeverRestarted(t *testing.T) {
	c := started(t).ends(badEnv).is(Failed, "exit status 78: bad configuration", "")
	c.do(Event{Kind: TimedOut, Timer: RetryTimer}).is(Failed, "bad configuration", "")
	c.ask(Restart).is(Starting, "", "spawn 2, start in 15s") // but when somebody says so
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
		m := newClocked(t, Spec{Restart: c.policy}).ask(Start).ends(c.exit).m
		if m.State != c.want || m.Running || m.Wanted != (c.want == Backoff) {
			t.Errorf("%s, %s: got %s (running %t, wanted %t), want %s", c.policy, c.exit, m.State, m.Running, m.Wanted, c.want)
		}
	}
}

func TestAStartThatFailsIsTriedAgain(t *testing.T) {
	e := Event{Kind: NotSpawned, Reason: "start /x: no such file"}
	started(t).do(e).is(Backoff, "start /x: no such file, restart in 100ms", "backoff in 100ms").timer().is(Starting, "", "spawn 2, start in 15s")
	newClocked(t, Spec{Restart: RestartNever}).ask(Start).do(e).is(Exited, "start /x: no such file", "")
}

func TestKillsByTheOperatorDoNotCount(t *testing.T) {
	c := started(t)
	for range 3 * budget {
		c.ready().ask(Kill).is(Ready, "", "kill")
		c.ends(killed).is(Backoff, "killed here, restart in 100ms", "backoff in 100ms").timer()
	}
	fail(c) // the whole budget is left
	c = newClocked(t, Spec{Restart: RestartNever}).ask(Start).ask(Kill).ends(killed).is(Exited, "signal: killed", "")
	c.ask(Kill).is(Exited, "signal: killed", "")
}

func TestAnExplicitRestartHasAFreshBudget(t *testing.T) {
	c := fail(started(t)).ask(Restart).is(Starting, "", "spawn 7, start in 15s")
	fail(c).ask(Start).is(Starting, "", "spawn 13, start in 15s")
	c.ends(crash).is(Backoff, "restart in 100ms", "backoff in 100ms")

	c = started(t).ready().ask(Restart).is(Stopping, "restart asked for", "term, grace in 5s")
	c.ends(clean).is(Starting, "", "spawn 2, start in 15s")
	if c.m.LastExit != "exit status 0" || c.m.Restarts != 1 {
		t.Errorf("got %q, %d restarts", c.m.LastExit, c.m.Restarts)
	}
	started(t).ask(Restart).ends(badEnv).is(Starting, "", "spawn 2, start in 15s") // whatever its status
}

func TestWhatWasStoppedStaysDown(t *testing.T) {
	for name, before := range map[string]func(c *clocked){
		"while ready":                 func(c *clocked) { c.ready().ask(Stop).ends(clean) },
		"while it is being restarted": func(c *clocked) { c.ask(Restart).ask(Stop).ends(clean) },
		"killed while it stops":       func(c *clocked) { c.ask(Stop).ask(Kill).ends(killed) },
		"crashed while it stops":      func(c *clocked) { c.ask(Stop).ends(crash) },
		"while it waits":              func(c *clocked) { c.ends(crash).ask(Stop) },
		"while failed":                func(c *clocked) { fail(c).ask(Stop) },
	} {
		t.Run(name, func(t *testing.T) {
			c := started(t)
			before(c)
			c.is(Exited, "stopped", "")
			for _, timer := range []Timer{StartTimer, BackoffTimer, RetryTimer, GraceTimer, GiveUpTimer} {
				c.after(time.Minute).do(Event{Kind: TimedOut, Timer: timer}).is(Exited, "stopped", "")
			}
			if c.m.Wanted || c.m.Running {
				t.Errorf("wanted %t, running %t", c.m.Wanted, c.m.Running)
			}
			c.ask(Start).is(Starting, "", fmt.Sprintf("spawn %d, start in 15s", c.m.Epoch))
		})
	}
}

func TestStopIsTermThenKillThenGivingUp(t *testing.T) {
	c := newClocked(t, Spec{Grace: 2 * time.Second}).ask(Start).ready()
	c.ask(Stop).is(Stopping, "stop asked for", "term, grace in 2s")
	c.ask(Stop).is(Stopping, "stop asked for", "") // it has been told
	c = newClocked(t, Spec{Grace: 2 * time.Second}).ask(Start).ready().ask(Stop)
	c.timer().is(Stopping, "did not stop within 2s: killing it", "kill, giveup in 2s")
	c.timer().is(Failed, "could not be stopped", "")
	if !c.m.Running {
		t.Error("it is still there")
	}
	c.ends(killed).is(Exited, "stopped, signal: killed", "")
}

func TestStartWhileStoppingComesBackAfterIt(t *testing.T) {
	started(t).ask(Stop).ask(Start).is(Stopping, "stop asked for", "").ends(clean).is(Starting, "", "spawn 2, start in 15s")
	c := started(t).ask(Stop).timer().timer().is(Failed, "could not be stopped", "")
	c.ask(Start).is(Failed, "could not be stopped", "").ends(killed).is(Backoff, "restart in 100ms", "backoff in 100ms")
}

func TestShutDownBringsNothingBack(t *testing.T) {
	e := Event{Kind: ShutDown}
	started(t).do(e).is(Stopping, "the platform is stopping", "term, grace in 5s").ends(crash).is(Exited, "stopped", "")
	started(t).ask(Restart).do(e).ends(clean).is(Exited, "stopped", "")
	started(t).ends(crash).do(e).is(Exited, "stopped", "").do(Event{Kind: TimedOut, Timer: BackoffTimer}).is(Exited, "stopped", "")
	c := started(t).ends(crash)
	c.m.Wanted = false // its level has not been reached yet
	c.do(Event{Kind: TimedOut, Timer: BackoffTimer}).is(Backoff, "restart in", "")
	c = newClocked(t, Spec{DependsOn: []string{"origin"}}).ask(Start)
	c.m.Wanted = false
	c.do(Event{Kind: Dependencies}).is(Waiting, "waiting for origin", "")
	newClocked(t, Spec{}).do(e).is(Idle, "", "")
}

func TestThreeMissedProbesAreHung(t *testing.T) {
	const why = "hung: 3 health probes in a row missed"
	for _, c := range []struct {
		name string
		do   func(c *clocked)
		want State
		why  string
		does string
	}{
		{"two", func(c *clocked) { c.ready().miss().miss() }, Ready, "", ""},
		{"three", func(c *clocked) { c.ready().miss().miss().miss() }, Degraded, why, "kill"},
		{"while running", func(c *clocked) { c.unready("x").miss().miss().miss() }, Running, why, "kill"},
		{"while degraded", func(c *clocked) { c.ready().unready("x").miss().miss().miss() }, Degraded, why, "kill"},
		{"not in a row", func(c *clocked) { c.ready().miss().miss().ready().miss().miss() }, Ready, "", ""},
		{"never answered yet", func(c *clocked) { c.miss().miss().miss().miss() }, Starting, "", ""},
		{"paused is not hung", func(c *clocked) { c.ready().ask(Pause).miss().miss().miss().miss() }, Ready, "", ""},
		{"resumed begins anew", func(c *clocked) { c.ready().miss().miss().ask(Pause).ask(Resume).miss().miss() }, Ready, "", ""},
		{"stopping is not hung", func(c *clocked) { c.ready().ask(Stop).miss().miss().miss() }, Stopping, "stop asked for", ""},
		{"killed once", func(c *clocked) { c.ready().miss().miss().miss().miss() }, Degraded, why, ""},
		{"of another incarnation", func(c *clocked) {
			for range 3 {
				c.do(Event{Kind: Missed, Epoch: c.m.Epoch + 1})
			}
		}, Starting, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := started(t)
			c.do(m)
			m.is(c.want, c.why, c.does)
		})
	}
	c := started(t).ready().miss().miss().miss().ready().is(Degraded, why, "") // too late
	c.ends(killed).is(Backoff, why+", restart in 100ms", "backoff in 100ms")
	if len(c.m.ends) != 1 {
		t.Error("a hung process's end counts")
	}
}

func TestAnAnswerFromBeforeTheEndReadiesNobody(t *testing.T) {
	c := started(t).ready().ends(crash).ready().is(Backoff, "restart in 100ms", "").unready("x").miss().is(Backoff, "restart in 100ms", "")
	c.do(Event{Kind: TimedOut, Timer: BackoffTimer}).is(Starting, "", "spawn 2, start in 15s")
}

func TestPauseAndResume(t *testing.T) {
	c := started(t).ready().ask(Pause).is(Ready, "", "halt").ask(Pause).is(Ready, "", "")
	c.unready("asked before it was stopped").is(Ready, "", "")
	c.ask(Resume).is(Ready, "", "continue").ask(Resume).is(Ready, "", "")
	c.ask(Pause).ask(Stop).is(Stopping, "stop asked for", "term, grace in 5s")
	if c.m.Paused {
		t.Error("TERM's CONT ends the pause")
	}
	c.ask(Pause).is(Stopping, "stop asked for", "") // no longer
	c = started(t).ask(Pause).ask(Kill).ends(killed).timer()
	if c.m.Paused || c.m.State != Starting {
		t.Errorf("got %s, paused %t, want a new incarnation that runs", c.m.State, c.m.Paused)
	}
}

func TestWhatIsMeantForAnotherIncarnationIsIgnored(t *testing.T) {
	for _, e := range []Event{
		{Kind: Ended, Exit: crash}, {Kind: NotSpawned, Reason: "x"}, {Kind: Probed, Ready: true}, {Kind: Probed},
		{Kind: Missed}, {Kind: Progressed}, {Kind: TimedOut, Timer: StartTimer}, {Kind: TimedOut, Timer: GraceTimer},
		{Kind: TimedOut, Timer: BackoffTimer}, {Kind: TimedOut, Timer: RetryTimer}, {Kind: TimedOut, Timer: GiveUpTimer},
	} {
		for _, stopping := range []bool{false, true} {
			c := started(t).ends(crash).timer() // the second
			if stopping {
				c.ask(Stop)
			}
			before := fmt.Sprintf("%+v", c.m)
			e.Epoch = 1
			c.after(time.Hour).do(e)
			if got := fmt.Sprintf("%+v", c.m); got != before || len(c.effects) > 0 {
				t.Errorf("event %+v: got %s and %s, want %s", e, got, words(c.effects), before)
			}
		}
	}
}

func TestReduceLeavesItsArgumentAlone(t *testing.T) {
	c := started(t).ends(crash).timer().ends(crash).timer()
	before, held := fmt.Sprintf("%+v", c.m), c.m
	Reduce(held, Event{Kind: Ended, Epoch: held.Epoch, Exit: crash}, c.now)
	Reduce(held, Event{Kind: Ended, Epoch: held.Epoch, Exit: killed}, c.now.Add(time.Hour))
	if got := fmt.Sprintf("%+v", held); got != before {
		t.Errorf("got %s, want %s", got, before)
	}
}
