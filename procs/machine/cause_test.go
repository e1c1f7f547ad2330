package machine

import (
	"encoding/json"
	"testing"
	"time"

	"livestream-tui/procs/child"
)

func TestEachReasonHasItsCode(t *testing.T) {
	late := func(c *clocked) *clocked {
		return c.after(15 * time.Second).do(Event{Kind: TimedOut, Timer: StartTimer})
	}
	for _, c := range []struct {
		name  string
		after *clocked
		want  Cause
	}{
		{"it starts", started(t), CauseNone},
		{"it is ready", started(t).ready(), CauseNone},
		{"it waits", newClocked(t, Spec{DependsOn: []string{"origin"}}).ask(Start), CauseDependency},
		{"it is not ready yet", started(t).unready("no film"), CauseUnready},
		{"it is degraded", started(t).ready().unready("no film"), CauseUnready},
		{"it crashed", started(t).ends(crash), CauseExit},
		{"it crashed too often", fail(started(t)), CauseExit},
		{"its configuration is bad", started(t).ends(badEnv), CauseConfiguration},
		{"it could not be started", started(t).do(Event{Kind: NotSpawned, Reason: "no such file"}), CauseNotStarted},
		{"it is being killed for its slow start", late(started(t)), CauseStartTimeout},
		{"it was killed for its slow start", late(started(t)).ends(killed), CauseStartTimeout},
		{"it hung", started(t).ready().miss().miss().miss().ends(killed), CauseHung},
		{"an operator killed it", started(t).ask(Kill).ends(killed), CauseKilled},
		{"an operator restarts it", started(t).ask(Restart), CauseRestart},
		{"it is stopping", started(t).ask(Stop), CauseStop},
		{"it was stopped", started(t).ask(Stop).ends(clean), CauseStop},
		{"the platform stops", started(t).do(Event{Kind: ShutDown}), CauseShutdown},
		{"it does not stop", started(t).ask(Stop).timer(), CauseStopTimeout},
		{"it cannot be stopped", started(t).ask(Stop).timer().timer(), CauseUnstoppable},
		{"the next one starts", handing(t), CauseRestart},
		{"the old one finishes", finishing(t), CauseDraining},
		{"the old one has finished", finishing(t).over(1, clean), CauseNone},
		{"the next one failed", handing(t).over(2, crash), CauseRestartFailed},
	} {
		if got := c.after.m.Cause; got != c.want || (got == CauseNone) != (c.after.m.Reason == "") {
			t.Errorf("%s: got %q (%q), want %q", c.name, got, c.after.m.Reason, c.want)
		}
	}
}

func TestCodesGoOverTheWire(t *testing.T) {
	for c := range Cause(len(causeNames)) {
		b, err := json.Marshal(c)
		back := CauseHung
		if err == nil {
			err = json.Unmarshal(b, &back)
		}
		if err != nil || back != c {
			t.Errorf("%s: got %s and back %s, %v", c, b, back, err)
		}
	}
	for _, c := range []struct {
		exit child.Exit
		want string
	}{{clean, `"success"`}, {crash, `"failure"`}, {badEnv, `"configuration"`}, {killed, `"signal"`}} {
		b, err := json.Marshal(ExitKindOf(c.exit))
		var back ExitKind
		if err == nil {
			err = json.Unmarshal(b, &back)
		}
		if string(b) != c.want || err != nil || back != ExitKindOf(c.exit) {
			t.Errorf("%s: got %s and back %s, %v, want %s", c.exit, b, back, err, c.want)
		}
	}
	cause, exit := CauseHung, ExitSignal
	if err := json.Unmarshal([]byte(`"of a later version"`), &cause); err != nil || cause != CauseNone {
		t.Errorf("an unknown cause: got %s, %v, want none", cause, err)
	}
	if err := json.Unmarshal([]byte(`"of a later version"`), &exit); err != nil || exit != ExitUnknown {
		t.Errorf("an unknown exit: got %s, %v, want unknown", exit, err)
	}
}
