package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
)

// TestNoKeyActsOnAProcessWhileTheCursorIsOnAMachine: the process that is selected elsewhere is
// not on the screen then.
func TestNoKeyActsOnAProcessWhileTheCursorIsOnAMachine(t *testing.T) {
	for _, key := range []string{"K", "r", "s", "p", "l", "e"} {
		m, f := newTestModel(t, "machines well", 120, 36, colour)
		m.scene.Selected, m.chosen = "server1", true
		typed(m, "M", "j", "j", key)
		if got := f.asked(); len(got) > 0 || m.dialog != nil {
			t.Errorf("%s: got %v and dialog %T, want nothing done", key, got, m.dialog)
		}
		wantShown(t, m, key+" is for a process: choose one in SERVICES")
		typed(m, "M", "@services", "K")
		if got := f.asked(); len(got) != 1 || got[0].Process != "server1" || got[0].Action != platform.Kill {
			t.Errorf("in SERVICES: got %v, want server1 killed", got)
		}
	}
}

func TestTheFootOfTheMachinesHasOnlyWhatActsOnThem(t *testing.T) {
	for _, state := range []string{"machines well", "machines unknown"} {
		m, _ := newTestModel(t, state, 120, 36, colour)
		typed(m, "M")
		foot := m.foot().String()
		for _, word := range []string{"kill", "restart", "stop", "pause", "logs", "open"} {
			if strings.Contains(foot, " "+word) {
				t.Errorf("%s: the foot offers %s: %s", state, word, foot)
			}
		}
		if !strings.Contains(foot, "d drain") {
			t.Errorf("%s: the foot lacks drain: %s", state, foot)
		}
	}
}

// TestTheCommandsByNameDoNotKillFromTheMachines: the list has the same keys.
func TestTheCommandsByNameDoNotKillFromTheMachines(t *testing.T) {
	m, f := newTestModel(t, "machines well", 120, 36, colour)
	typed(m, "M", ":", "kill -9", "enter")
	if got := f.asked(); len(got) > 0 {
		t.Errorf("got %v, want nothing done", got)
	}
	typed(m, ":", "kill c/server1", "enter")
	if got := f.asked(); len(got) != 1 || got[0].Process != "c/server1" {
		t.Errorf("by its name: got %v, want c/server1 killed", got)
	}
}

func TestOneMachineHasNoKeysForMachines(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	typed(m, "M")
	wantShown(t, m, "this platform is one machine's: its layout has no engine")
	typed(m, ":", "machine")
	if screen := ansi.Strip(m.View()); strings.Contains(screen, "drain the chosen machine") || strings.Contains(screen, "all machines") {
		t.Errorf("the commands have one:\n%s", screen)
	}
}

// TestTheKeyOfAMachinesTroubleIsOne: it acts wherever it is pressed, so that the page of
// troubles need not be opened first.
func TestTheKeyOfAMachinesTroubleIsOne(t *testing.T) {
	m, _ := newTestModel(t, "machines unknown", 120, 36, colour)
	line := m.alarmLine(120).String()
	if !strings.Contains(line, "  M shows all machines") || strings.Contains(line, "! M") {
		t.Errorf("got %q", line)
	}
	if foot := m.foot().String(); !strings.HasPrefix(foot, " M machines") {
		t.Errorf("got foot %q, want the key first", foot)
	}
	typed(m, "M")
	if m.focus != machinesPanel || !m.zoomed {
		t.Errorf("M: got focus %s, zoomed %t", m.focus, m.zoomed)
	}
}

func TestANarrowPageOfTheMachinesTellsTheAddressBelow(t *testing.T) {
	for _, c := range []struct {
		w, h   int
		moves  []string
		wanted []string
	}{
		{80, 24, nil, []string{"MACHINE a", "ADDRESS  10.0.0.1", "VERSION  v1.16.0"}},
		{80, 24, []string{"j"}, []string{"MACHINE b", "ADDRESS  10.0.0.2"}},
		{200, 60, []string{"j", "j"}, []string{"MACHINE c", "ADDRESS  10.0.0.3"}}, // its row says why it is unknown instead
	} {
		m, _ := newTestModel(t, "machines unknown", c.w, c.h, colour)
		typed(m, append([]string{"M"}, c.moves...)...)
		wantShown(t, m, c.wanted...)
		checkFrame(t, m, c.w, c.h, c.wanted[0])
	}
}

// TestAPackagerDownIsNoAlarmForTheSpareWhileOthersAreUsable: with one more failure the others
// go on.
func TestAPackagerDownIsNoAlarmForTheSpareWhileOthersAreUsable(t *testing.T) {
	stop := func(names ...string) func(s *platform.Snapshot) {
		return func(s *platform.Snapshot) {
			for _, name := range names {
				gone(s, name, platform.Exited, "stopped")
				status(s, name, func(p *platform.Process) { p.Wanted = false })
				for i := range s.Details[0].Packagers {
					if p := &s.Details[0].Packagers[i]; s.Packager(p.URL) == name {
						p.State, p.Reason = report.Down, "connection refused"
					}
				}
			}
		}
	}
	for name, c := range map[string]struct {
		by          func(s *platform.Snapshot)
		what, costs string
	}{
		"one of six": {stop("c/server1"), "c/server1 stopped; 5 of 6 packagers usable", "others can take over"},
		"one of six is stale": {func(s *platform.Snapshot) {
			s.Details[0].Packagers[5].State, s.Details[0].Packagers[5].Reason = report.Stale, "no new segment for 9s"
		}, "c/server2 is stale for live01: no new segment for 9s; 5 of 6 packagers usable", "others can take over"},
		"five of six": {stop("server2", "b/server1", "b/server2", "c/server1", "c/server2"), "no spare: server2 stopped", "one more failure stops the picture"},
		"a worker":    {stop("b/worker"), "b/worker stopped", "another one does its work"},
		"two workers": {stop("b/worker", "c/worker"), "b/worker stopped", "one more failure stops the picture"},
	} {
		t.Run(name, func(t *testing.T) {
			m, f := newTestModel(t, "machines well", 120, 36, colour)
			f.change(c.by)
			s, _ := f.Snapshot(t.Context())
			m.take(polled{s.At, completed(s), nil})
			if len(m.troubles) == 0 || m.troubles[0].What != c.what || m.troubles[0].Costs != c.costs {
				t.Errorf("got %+v, want %q, which costs %q", m.troubles, c.what, c.costs)
			}
			wantShown(t, m, c.costs)
		})
	}
}

func TestARestartForAnotherMachineIsNotCountedInServices(t *testing.T) {
	m, f := newTestModel(t, "machines well", 120, 36, colour)
	f.change(func(s *platform.Snapshot) {
		status(s, "server1", func(p *platform.Process) { p.Restarts, p.Renewed = 77, 77 })
		status(s, "server2", func(p *platform.Process) { p.Restarts, p.Renewed = 88, 22 })
	})
	s, _ := f.Snapshot(t.Context())
	m.take(polled{s.At, completed(s), nil})
	if screen := ansi.Strip(m.View()); strings.Contains(screen, " 77 ") || strings.Contains(screen, " 88 ") || !strings.Contains(screen, " 66 ") {
		t.Errorf("got\n%s", screen)
	}
}

// TestAMachinesOwnDashboardNamesThePackagersOfOthers: it has no processes of theirs.
func TestAMachinesOwnDashboardNamesThePackagersOfOthers(t *testing.T) {
	m, f := newTestModel(t, "machines well", 120, 36, colour)
	f.change(func(s *platform.Snapshot) {
		s.Processes = slices.DeleteFunc(s.Processes, func(p platform.Process) bool { return !p.IsOwn() })
		of(s, "b").Packagers = map[string]string{s.Details[0].Packagers[2].URL: "server1"}
	})
	s, _ := f.Snapshot(t.Context())
	m.take(polled{s.At, completed(s), nil})
	text := s.Details[0].Packagers[2].URL + " is down, " + s.Details[0].Packagers[3].URL + " is not known"
	if got, want := m.scene.WithNames(text), "b/server1 is down, "+s.Details[0].Packagers[3].URL+" is not known"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	wantShown(t, m, "b/server1")
}
