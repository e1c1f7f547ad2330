package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs/machine"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/scene"
)

// flapping returns a dashboard on a platform whose journal counts more ends than a process
// keeps, and the time of the last.
func flapping(t *testing.T, w int) (*model, *fakePlatform, time.Time) {
	t.Helper()
	var last time.Time
	m, f := inBadState(t, "flap", func(s *platform.Snapshot) {
		for i := range s.Processes {
			if p := &s.Processes[i]; p.Name == "server2" {
				last = p.Exits[len(p.Exits)-1].Time
				p.NextTry = last.Add(time.Minute)
			}
		}
	}, w, 36)
	m.scene.Remember(scene.PastOf([]platform.Event{{Time: last, Process: "server2", What: platform.Exit{
		Incarnation: 7, State: platform.Failed, Cause: machine.CauseExit, Reason: "exit status 1", Times: 6, Since: last.Add(-12 * time.Second),
	}}}, true))
	m.take(polled{f.snapshot.At, f.snapshot, nil})
	return m, f, last
}

func TestTheAlarmCountsTheEndsOfAProcessAsTheEventsDo(t *testing.T) {
	m, _, last := flapping(t, 120)
	frame := strings.Split(ansi.Strip(m.View()), "\n")
	if alarm, want := frame[34], "▲ server2 ended 6 times in 12s  since "+last.Add(-12*time.Second).UTC().Format(time.TimeOnly); !strings.Contains(alarm, want) {
		t.Errorf("the alarm is %q, want %q", alarm, want)
	}
	if rest := strings.Join(frame[:34], "\n"); !strings.Contains(rest, "ended 6 times in 12s") {
		t.Errorf("the events lack the same count:\n%s", rest)
	}
}

func TestTheTimeUntilTheNextTryCountsDown(t *testing.T) {
	for after, want := range map[time.Duration]string{12 * time.Second: "in 48s", 31 * time.Second: "in 29s", 61 * time.Second: "now"} {
		m, f, last := flapping(t, 200)
		s := f.snapshot
		s.At = last.Add(after)
		m.take(polled{s.At, s, nil})
		alarm := strings.Split(ansi.Strip(m.View()), "\n")[34]
		if next := ", next try " + want; strings.Contains(alarm, next) != (want != "now") {
			t.Errorf("after %s the alarm is %q, want %q", after, alarm, next)
		}
		wantShown(t, m, "again "+want)
	}
}

func TestTheSecondKeyOfTheAlarmMendsItToo(t *testing.T) {
	for name, keys := range map[string][]string{"on its line": {"r"}, "on the page": {"!", "r"}} {
		m, f, _ := flapping(t, 120)
		if name == "on the page" {
			m.scene.Selected, m.chosen = "reporter", true
		}
		typed(m, keys...)
		if diff := cmp.Diff([]platform.Command{{Process: "server2", Action: platform.Restart}}, f.asked()); diff != "" {
			t.Errorf("%s: commands (-want +got):\n%s", name, diff)
		}
	}
}

func TestOfAProcessThatFlappedAndWorksTheAlarmSaysThat(t *testing.T) {
	m, f, last := flapping(t, 120)
	s := f.snapshot
	s.At = last.Add(5 * time.Second)
	status(&s, "server2", func(p *platform.Process) {
		p.State, p.PID, p.NextTry = platform.Ready, 77, time.Time{}
	})
	m.take(polled{s.At, completed(s), nil})
	wantShown(t, m, "▲ server2 ended 6 times in 12s", "  it works now  l shows its logs: why")
}

// A restart, an upgrade and another restart within half a minute are no flap.
func TestAProcessThatIsRestartedByAnOperatorDoesNotFlap(t *testing.T) {
	for kind, want := range map[machine.ExitKind]bool{machine.ExitSuccess: false, machine.ExitFailure: true} {
		m, f := newTestModel(t, "on air", 120, 36, colour)
		s := f.snapshot
		s.Version++
		status(&s, "proxy", func(p *platform.Process) {
			for i := range 3 {
				p.Exits = append(p.Exits, platform.Ending{Time: s.At.Add(time.Duration(i-9) * time.Second), Incarnation: i, Exit: kind, How: "it ended"})
			}
		})
		m.take(polled{s.At, s, nil})
		if got := strings.Contains(ansi.Strip(m.View()), "proxy ended 3 times"); got != want {
			t.Errorf("three ends of kind %s: told %t, want %t", kind, got, want)
		}
	}
}
