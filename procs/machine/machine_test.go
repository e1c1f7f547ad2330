package machine

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
	badEnv = child.Exit{Code: misconfigured}
)

// clocked drives a machine with a clock of its own.
type clocked struct {
	*testing.T
	m       Machine
	now     time.Time
	effects []Effect // of the last event
}

func newClocked(t *testing.T, s Spec) *clocked {
	return &clocked{T: t, m: New(s), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
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
			list = append(list, [...]string{"", "", "term", "hand over", "kill", "suspend", "continue"}[e.Kind])
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
	c.timer().is(Starting, "not ready within 3s", "kill").ends(killed).is(Backoff, "not ready within 3s, restarting in 100ms", "backoff in 100ms")
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
	c.ask(Stop).is(Stopping, "stop asked for", "") // it has been asked
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
	c.ask(Start).is(Failed, "could not be stopped", "").ends(killed).is(Backoff, "restarting in 100ms", "backoff in 100ms")
}

func TestShutDownBringsNothingBack(t *testing.T) {
	e := Event{Kind: ShutDown}
	started(t).do(e).is(Stopping, "the platform is stopping", "term, grace in 5s").ends(crash).is(Exited, "stopped", "")
	started(t).ask(Restart).do(e).ends(clean).is(Exited, "stopped", "")
	started(t).ends(crash).do(e).is(Exited, "stopped", "").do(Event{Kind: TimedOut, Timer: BackoffTimer}).is(Exited, "stopped", "")
	c := started(t).ends(crash)
	c.m.Wanted = false // its level has not been reached yet
	c.do(Event{Kind: TimedOut, Timer: BackoffTimer}).is(Backoff, "restarting in", "")
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
	c.ends(killed).is(Backoff, why+", restarting in 100ms", "backoff in 100ms")
	if len(c.m.ends) != 1 {
		t.Error("a hung process's end counts")
	}
}

func TestAnAnswerFromBeforeTheEndReadiesNobody(t *testing.T) {
	c := started(t).ready().ends(crash).ready().is(Backoff, "restarting in 100ms", "").unready("x").miss().is(Backoff, "restarting in 100ms", "")
	c.do(Event{Kind: TimedOut, Timer: BackoffTimer}).is(Starting, "", "spawn 2, start in 15s")
}

func TestPauseAndResume(t *testing.T) {
	c := started(t).ready().ask(Pause).is(Ready, "", "suspend").ask(Pause).is(Ready, "", "")
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
	before, arg := fmt.Sprintf("%+v", c.m), c.m
	Reduce(arg, Event{Kind: Ended, Epoch: arg.Epoch, Exit: crash}, c.now)
	Reduce(arg, Event{Kind: Ended, Epoch: arg.Epoch, Exit: killed}, c.now.Add(time.Hour))
	if got := fmt.Sprintf("%+v", arg); got != before {
		t.Errorf("got %s, want %s", got, before)
	}
}

func TestAProcessThatIsStoppedFromTheStartWaitsForAnOperator(t *testing.T) {
	c := newClocked(t, Spec{}).ask(Stop).is(Exited, "stopped", "")
	if c.m.Wanted || c.m.Cause != CauseStop || c.m.Newest() != 0 {
		t.Errorf("got %+v", c.m)
	}
	if c.ask(Start).is(Starting, "", "spawn 1, start in 15s"); c.m.Newest() != 1 {
		t.Errorf("got newest %d", c.m.Newest())
	}
}
