package tui

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs/platform"
)

// badState is one of the states into which an operator may be woken, recorded from a platform
// that was in it.
type badState struct {
	file string // in testdata/badstates
	// then changes the recorded state; nil leaves it.
	then func(s *platform.Snapshot)
	// light is how the header begins, and alarm the parts of the alarm's line on any screen:
	// what is wrong, since when, and the key. It begins with the glyph. Wide are parts for which
	// a narrow screen has no room: what it costs, and who did it.
	light string
	alarm []string
	wide  []string
	// presses is the key that mends it, with that which answers a question; command what comes
	// of it; shows is what the screen shows instead for a key that gives no command. Foot is how
	// the foot begins.
	presses string
	command *platform.Command
	shows   string
	foot    string
}

func badStates() map[string]badState {
	to := func(a platform.Action, process string) *platform.Command {
		return &platform.Command{Process: process, Action: a}
	}
	both := []string{"✗ server1 and server2 stopped", "  fault since SINCE", "  s starts server2  "}
	dead := []string{" by root (ctl)  fault", "players get nothing new"}
	return map[string]badState{
		"both packagers are down, and players still hold media": {"packagers-soon", nil, "▲ OFF AIR IN ", both, dead, "s", to(platform.Start, "server2"), "", "s start"},
		"both packagers are down":                               {"packagers", nil, "✗ OFF AIR ", both, dead, "s", to(platform.Start, "server2"), "", "s start"},
		"the worker is dead": {"worker", nil, "✗ OFF AIR ", []string{"✗ worker stopped by root (ctl)  fault since SINCE", "s starts worker"},
			[]string{"no new pictures come"}, "s", to(platform.Start, "worker"), "", "s start"},
		"one signal is stale": {"stale", nil, "▲ OFF AIR IN ", []string{"✗ sports is stale", "since SINCE", "the worker starts FFmpeg anew by itself"},
			[]string{"at every packager", "its picture stops"}, "!", nil, "Wait: a worker starts FFmpeg anew when nothing has come for 6s.", ""},
		"one signal stays stale": {"stale", func(s *platform.Snapshot) { segmentsCame(s, "sports", 15*time.Second) }, "▲ OFF AIR IN ", []string{"✗ sports is stale", "since SINCE", "r restarts worker: all 2 signals"},
			[]string{"its picture stops"}, "r y", to(platform.Restart, "worker"), "", "r restart"},
		"the disk is full": {"disk", nil, "✗ OFF AIR ", []string{"✗ disk full in ", "/out", "since SINCE", "make room there: e shows the folders"},
			[]string{"disk full in /srv/live/out: both signals", "no new pictures come"}, "e", nil, "/srv/live/out/news: no", "e details"},
		"it flaps": {"flap", nil, "● ON AIR ", []string{"▲ server2 ended 5 times", "since SINCE", "l shows its logs, r tries again now"},
			[]string{"in 4s", "one more failure stops the picture"}, "l", nil, " server2  level INF and up", "l logs  r restart"},
		"the proxy is stopped": {"proxy", nil, "✗ OFF AIR ", []string{"✗ proxy stopped by root (ctl)  fault since SINCE", "s starts proxy"},
			[]string{"players get nothing"}, "s", to(platform.Start, "proxy"), "", "s start"},
		"a film is refused": {"refused", nil, "● ON AIR ", []string{"▲ broken.mp4 is refused", "since SINCE", "replace it in /srv/live/in"},
			[]string{"is refused: it is a text, not a film", "it is not on air"}, "!", nil, "Copy a version that plays into the input folder: it is taken at once.", ""},
		"no spare": {"nospare", nil, "● ON AIR ", []string{"▲ no spare: server2 stopped", "since SINCE", "s starts server2"},
			[]string{"stopped by root (ctl)", "one more failure stops the picture"}, "s", to(platform.Start, "server2"), "", "s start"},
	}
}

// segmentsCame sets how long ago the newest segment of a signal came.
func segmentsCame(s *platform.Snapshot, signal string, ago time.Duration) {
	for i := range s.Viewings {
		if s.Viewings[i].Signal == signal {
			s.Viewings[i].MSNAt = s.At.Add(-ago)
		}
	}
}

// recorded returns a snapshot that was recorded, with what follows from it computed anew.
func recorded(t *testing.T, name string) platform.Snapshot {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "badstates", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s platform.Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return completed(s)
}

// inBadState returns a dashboard that has just been opened on a recorded state.
func inBadState(t *testing.T, name string, then func(s *platform.Snapshot), w, h int) (*model, *fakePlatform) {
	t.Helper()
	m, f := newTestModel(t, "on air", w, h, colour)
	s := recorded(t, name)
	if then != nil {
		then(&s)
		s = completed(s)
	}
	f.snapshot, m.chosen = s, false
	for _, ago := range []time.Duration{6 * time.Second, 0} { // a missing spare is told after a while
		m.take(polled{s.At.Add(-ago), s, nil})
	}
	return m, f
}

func TestOneLookAtABadStateSaysWhatIsWrongSinceWhenAndWhichKeyMendsIt(t *testing.T) {
	for name, c := range badStates() {
		for _, size := range [][2]int{{120, 36}, {80, 24}} {
			t.Run(name+", "+fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
				m, f := inBadState(t, c.file, c.then, size[0], size[1])
				frame := strings.Split(ansi.Strip(m.View()), "\n")
				if !strings.HasPrefix(strings.TrimSpace(frame[0]), c.light) {
					t.Errorf("the header is %q, want it to begin with %q", frame[0], c.light)
				}
				want := c.alarm
				if size[0] >= 120 {
					want = slices.Concat(c.alarm, c.wide)
				}
				since := m.troubles[0].Since.UTC().Format(time.TimeOnly)
				if m.troubles[0].Since.IsZero() || m.scene.Now.Before(m.troubles[0].Since) {
					t.Errorf("it began at %v", m.troubles[0].Since)
				}
				for _, part := range want {
					if part = strings.ReplaceAll(part, "SINCE", since); !strings.Contains(frame[len(frame)-2], part) {
						t.Errorf("the alarm is %q, want %q in it", frame[len(frame)-2], part)
					}
				}
				if foot := frame[len(frame)-1]; !strings.HasPrefix(foot, " "+c.foot) {
					t.Errorf("the foot is %q, want it to begin with %q", foot, c.foot)
				}
				checkFrame(t, m, size[0], size[1], name)
				checkMends(t, m, f, c)
			})
		}
	}
}

// checkMends presses the key that mends a state.
func checkMends(t *testing.T, m *model, f *fakePlatform, c badState) {
	t.Helper()
	typed(m, strings.Fields(c.presses)...)
	var want []platform.Command
	if c.command != nil {
		want = []platform.Command{*c.command}
	}
	if diff := cmp.Diff(want, f.asked()); diff != "" {
		t.Errorf("%s: commands (-want +got):\n%s", c.presses, diff)
	}
	if c.shows != "" && !strings.Contains(ansi.Strip(m.View()), c.shows) {
		t.Errorf("%s: the screen lacks %q:\n%s", c.presses, c.shows, ansi.Strip(m.View()))
	}
}

// From another process than that which the alarm names, two keys mend it.
func TestTheAlarmsKeyActsOnWhatItNamesWhateverIsSelected(t *testing.T) {
	for name, c := range badStates() {
		if c.command == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			m, f := inBadState(t, c.file, c.then, 120, 36)
			typed(m, "tab", "tab", "home") // on the reporter, in the services
			m.scene.Selected, m.chosen = "reporter", true
			m.take(polled{f.snapshot.At, f.snapshot, nil})
			wantShown(t, m, "! "+strings.Fields(c.presses)[0]+" "+c.command.Action.String()+"s "+c.command.Process)
			typed(m, append([]string{"!"}, strings.Fields(c.presses)...)...)
			if diff := cmp.Diff([]platform.Command{*c.command}, f.asked()); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}

// A process that the operator chose long ago must not get the key that the alarm names for
// another one.
func TestAChoiceLapsesWhenTheScreenTellsAnotherTrouble(t *testing.T) {
	m, f := newTestModel(t, "on air", 120, 36, colour)
	typed(m, "down") // the operator chooses
	chosen := m.scene.Selected
	s := f.snapshot
	stop := func(name string, after time.Duration) {
		s.At = noon.Add(after)
		s.Version++
		gone(&s, name, platform.Exited, "stopped")
		status(&s, name, func(p *platform.Process) { p.Wanted = false })
		m.take(polled{s.At, completed(s), nil})
	}
	stop("viewer", time.Second)
	if m.scene.Selected != chosen {
		t.Errorf("a second after the key, %s is selected, want still %s", m.scene.Selected, chosen)
	}
	stop("viewer", idleFor)
	if m.scene.Selected != "viewer" {
		t.Errorf("later, %s is selected, want viewer", m.scene.Selected)
	}
	typed(m, "up", "up")
	chosen = m.scene.Selected
	stop("viewer", 10*idleFor)
	if m.scene.Selected != chosen {
		t.Errorf("the operator knows of the trouble: %s is selected, want still %s", m.scene.Selected, chosen)
	}
	stop("proxy", 11*idleFor)
	if m.scene.Selected != "proxy" {
		t.Errorf("after a worse one, %s is selected, want proxy", m.scene.Selected)
	}
}

// Where several things are wrong, the header and the alarm must not name two keys.
func TestTheHeaderAndTheAlarmNameTheSameProcess(t *testing.T) {
	m, f := inBadState(t, "worker", nil, 120, 36)
	s := f.snapshot
	s.Version++
	for _, name := range []string{"server1", "server2"} {
		gone(&s, name, platform.Exited, "stopped")
		status(&s, name, func(p *platform.Process) { p.Wanted = false })
	}
	m.take(polled{s.At, completed(s), nil})
	frame := strings.Split(ansi.Strip(m.View()), "\n")
	if header, alarm := frame[0], frame[len(frame)-2]; !strings.Contains(header, "worker stopped (s)") || !strings.Contains(alarm, "s starts worker  ! 1 more") {
		t.Errorf("got\n%s\nand\n%s\nwant both to name the worker", header, alarm)
	}
}

// A key may be on its way while the cursor moves by itself.
func TestAKeyPressedAsTheCursorMovesByItselfAsksFirst(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		keys  []string
		want  []platform.Command
		asks  bool
	}{
		"at once":                 {time.Second, []string{"r"}, nil, true},
		"and it was meant":        {time.Second, []string{"r", "y"}, []platform.Command{{Process: "viewer", Action: platform.Restart}}, false},
		"a start does no harm":    {time.Second, []string{"s"}, []platform.Command{{Process: "viewer", Action: platform.Start}}, false},
		"later":                   {settling, []string{"r"}, []platform.Command{{Process: "viewer", Action: platform.Restart}}, false},
		"the operator has chosen": {time.Second, []string{"up", "down", "r"}, []platform.Command{{Process: "viewer", Action: platform.Restart}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			m, f := newTestModel(t, "on air", 120, 36, colour)
			s := f.snapshot
			gone(&s, "viewer", platform.Exited, "stopped")
			status(&s, "viewer", func(p *platform.Process) { p.Wanted = false })
			for _, after := range []time.Duration{0, c.after} {
				s.At = noon.Add(after)
				s.Version++
				m.take(polled{s.At, completed(s), nil})
			}
			if m.scene.Selected != "viewer" {
				t.Fatalf("%s is selected, want viewer", m.scene.Selected)
			}
			typed(m, c.keys...)
			if diff := cmp.Diff(c.want, f.asked()); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
			if c.asks {
				wantShown(t, m, "The cursor has just moved here from server1.")
			}
		})
	}
}
