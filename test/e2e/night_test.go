package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/test/harness"
)

// night is a platform in a shell of its own, whose packagers are stopped and started.
type night struct {
	*harness.Shell
	t   *testing.T
	env map[string]string
}

func openNight(t *testing.T) night {
	t.Helper()
	env := harness.Settings(t)
	return night{harness.OpenShell(t, env, harness.Binary(t)), t, env}
}

// forgetEnd removes what the end of the dashboard has left in the shell: the next end is
// awaited by the same signs.
func (n night) forgetEnd() {
	n.t.Helper()
	for _, name := range []string{"ended", "after"} {
		if err := os.Remove(filepath.Join(n.Root, name)); err != nil {
			n.t.Fatal(err)
		}
	}
	n.Press("clear", "Enter")
	harness.Await(n.t, 10*time.Second, "an empty screen", func() error {
		if screen := n.Screen(); strings.Contains(screen, "done") {
			return fmt.Errorf("it shows\n%s", screen)
		}
		return nil
	})
}

func otherThan(server string) string {
	return map[string]string{"server1": "server2", "server2": "server1"}[server]
}

// attach opens a dashboard on a terminal of its own, and returns its process, too.
func (n night) attach() (w terminal, pid int) {
	n.t.Helper()
	w = openTerminal(n.t, n.env, "attach")
	n.awaitOn(w.Tmux, "a dashboard", `SERVICES`)
	shell, err := strconv.Atoi(strings.TrimSpace(w.Tmux.Tmux("display-message", "-p", "#{pane_pid}")))
	if err != nil {
		n.t.Fatal(err)
	}
	children := harness.Children(n.t, shell)
	if len(children) != 1 {
		n.t.Fatalf("children of the terminal's shell: got %v, want the dashboard", children)
	}
	return w, children[0]
}

// awaitOn waits until a terminal shows all that the patterns match, and returns the groups of
// the last of them.
func (n night) awaitOn(w *harness.Tmux, what string, patterns ...string) (groups []string) {
	n.t.Helper()
	harness.Await(n.t, 30*time.Second, what, func() error {
		text, err := w.Text()
		if err != nil {
			return err
		}
		for _, p := range patterns {
			if groups = regexp.MustCompile(p).FindStringSubmatch(text); groups == nil {
				return fmt.Errorf("nothing is like %s on\n%s", p, text)
			}
		}
		return nil
	})
	return groups
}

// selected matches the name of the selected process.
const selected = `▸(\w+) +(?:\d+|–) `

// active returns the active packager, once a dashboard's selection has come to it: that is
// where it starts.
func (n night) active(w *harness.Tmux) string {
	n.t.Helper()
	name := ""
	harness.Await(n.t, 30*time.Second, "the selection on the active packager", func() error {
		name = n.awaitOn(w, "the active packager", `via (server[12])\b`)[1]
		if now := n.awaitOn(w, "the selection", selected)[1]; now != name {
			return fmt.Errorf("it is on %s, and %s is active", now, name)
		}
		return nil
	})
	return name
}

// choose moves a dashboard's selection to a process.
func (n night) choose(w *harness.Tmux, name string) {
	n.t.Helper()
	// Only what was chosen by a key stays selected whatever happens.
	for chosen := false; ; chosen = true {
		was := n.awaitOn(w, "the selection", selected)[1]
		switch from, to := slices.Index(harness.Every, was), slices.Index(harness.Every, name); {
		case from == to && chosen:
			return
		case from < to:
			w.Press("Down")
		default:
			w.Press("Up")
		}
		harness.Await(n.t, 30*time.Second, "another selection than "+was, func() error {
			if now := n.awaitOn(w, "the selection", selected)[1]; now == was {
				return fmt.Errorf("it is %s", now)
			}
			return nil
		})
	}
}

// status is what ctl status --json says.
func (n night) status() platform.Snapshot {
	n.t.Helper()
	s, err := harness.CtlStatus(n.t, n.env)
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

// awaitSpare waits until the stream is on air, both packagers are usable and the viewer
// holds what it usually does.
func (n night) awaitSpare() {
	n.t.Helper()
	harness.Await(n.t, 90*time.Second, "on air with a spare", func() error {
		s, err := harness.CtlStatus(n.t, n.env)
		if err != nil {
			return err
		}
		if usable, _ := s.Usable("live01"); usable < 2 || len(s.Viewings) == 0 || s.Viewings[0].BufferMS < 4000 || s.OnAir.State != platform.AirOn {
			return fmt.Errorf("%d usable, %s, %+v", usable, s.OnAir.State, s.Viewings)
		}
		return nil
	})
}

// awaitStall waits for the outage that lasts, in the journal.
func (n night) awaitStall() platform.Event {
	n.t.Helper()
	var stall platform.Event
	harness.Await(n.t, 60*time.Second, "an outage", func() error {
		list := eventsOf[event.Outage](n)
		if len(list) != 1 {
			return fmt.Errorf("%d of them", len(list))
		}
		stall = list[0]
		return nil
	})
	return stall
}

// awaitLength waits until an outage has lasted for a while.
func (n night) awaitLength(least time.Duration) {
	n.t.Helper()
	harness.Await(n.t, 60*time.Second, "a longer outage", func() error {
		if o := n.status().Outage("live01"); o == nil || o.LengthMS < least.Milliseconds() && time.Since(o.Since) < least {
			return fmt.Errorf("%+v", o)
		}
		return nil
	})
}

// awaitBack waits until the stream is on air again, and returns the length of the outage.
func (n night) awaitBack() time.Duration {
	n.t.Helper()
	var s platform.Snapshot
	harness.Await(n.t, 60*time.Second, "on air again", func() error {
		if s = n.status(); s.OnAir.State != platform.AirOn || s.OnAir.LastOutage == nil {
			return fmt.Errorf("it is %s: %s", s.OnAir.State, s.OnAir.Reason)
		}
		return nil
	})
	return s.OnAir.LastOutage.Length(s.At)
}

// says runs a command and returns what it says.
func (n night) says(args ...string) string {
	n.t.Helper()
	status, out, errs := harness.Outcome(n.t, n.env, args...)
	if status != 0 {
		n.t.Fatalf("%v: got exit status %d: %s%s", args, status, out, errs)
	}
	return out
}

// eventsOf returns the events of a kind that events --json tells.
func eventsOf[W platform.What](n night) []platform.Event {
	n.t.Helper()
	var list []platform.Event
	for line := range strings.Lines(n.says("events", "--json")) {
		var e platform.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			n.t.Fatalf("events --json says %q: %v", line, err)
		}
		if _, is := e.What.(W); is {
			list = append(list, e)
		}
	}
	return list
}

// wantStatus wants one outage of that length in what ctl and the viewer's log tell.
func (n night) wantStatus(length time.Duration) {
	n.t.Helper()
	s := n.status()
	if len(s.Outages) != 1 || s.Outages[0].Length(s.At) != length {
		n.t.Errorf("ctl status --json: got %+v, want one of %s", s.Outages, length)
	}
	harness.Await(n.t, 10*time.Second, "that the last hour was off air for as long", func() error { // it ends with a whole second
		if h := n.status().OnAir.LastHour; h == nil || (time.Duration(h.OffMS)*time.Millisecond-length).Abs() > time.Millisecond {
			return fmt.Errorf("got %+v, want %s", h, length)
		}
		return nil
	})
	text := n.says("ctl", "status")
	if !strings.Contains(text, "the last took "+length.String()+", ") || strings.Count(text, "  "+length.String()+" ") != 1 {
		n.t.Errorf("ctl status lacks one outage of %s:\n%s", length, text)
	}
	b, err := os.ReadFile(filepath.Join(n.env["STATE_PATH"], "logs", "viewer.log"))
	if err != nil {
		n.t.Fatal(err)
	}
	if got := regexp.MustCompile(`"the picture stood still".*"length_ms":(\d+)`).FindAllStringSubmatch(string(b), -1); len(got) != 1 || got[0][1] != fmt.Sprint(length.Milliseconds()) {
		n.t.Errorf("the viewer's log has %q, want one outage of %d ms", got, length.Milliseconds())
	}
}

// wantJournal wants one outage of that length in what the journal tells.
func (n night) wantJournal(length time.Duration) {
	n.t.Helper()
	var ended []event.Outage
	for _, e := range eventsOf[event.Outage](n) {
		if o := e.What.(event.Outage); !o.Lasts() {
			ended = append(ended, o)
		}
	}
	if len(ended) != 1 || ended[0].Length(time.Time{}) != length {
		n.t.Errorf("events --json: got %+v, want one outage of %s", ended, length)
	}
	if text := n.says("events"); strings.Count(text, "on air again: ") != 1 || !strings.Contains(text, "on air again: live01 after "+length.String()+", ") {
		n.t.Errorf("events lack one outage of %s:\n%s", length, text)
	}
	text := n.says("report")
	if row := regexp.MustCompile(`(?m)^\| [-\d]+ [\d:]+ \| live01 \| ([^|]+) \|.*\| stop `).FindAllStringSubmatch(text, -1); len(row) != 1 || row[0][1] != length.String() {
		n.t.Errorf("report: got %q, want one outage of %s:\n%s", row, length, text)
	}
	if !strings.Contains(text, "Outages: 0, planned: 1.") || !regexp.MustCompile(`\| live01 \|.* \| `+regexp.QuoteMeta(length.String())+` \| `+regexp.QuoteMeta(length.String())+` \| 1 \|`).MatchString(text) {
		n.t.Errorf("report lacks a signal that was off air for %s, as an operator asked for:\n%s", length, text)
	}
}

// wantCommands wants each command once in the journal, with who gave it. A PID of 0 stands
// for that of any client of ctl, and for none otherwise.
func (n night) wantCommands(want map[string]platform.Actor) {
	n.t.Helper()
	me, err := user.Current()
	if err != nil {
		n.t.Fatal(err)
	}
	got := map[string]platform.Actor{}
	for _, e := range eventsOf[platform.Commanded](n) {
		c := e.What.(platform.Commanded)
		if _, twice := got[c.String()]; twice || c.Refused != "" {
			n.t.Errorf("got %s by %s, refused %q, want each once and none refused", c, c.By, c.Refused)
		}
		got[c.String()] = c.By
	}
	for c, by := range want {
		by.User = me.Username
		if is := got[c]; by.Via == platform.ViaCtl && is.PID > 0 {
			by.PID = is.PID
		}
		if got[c] != by {
			n.t.Errorf("%s: got %+v, want %+v", c, got[c], by)
		}
	}
	if len(got) != len(want) {
		n.t.Errorf("commands: got %v, want %v", got, want)
	}
}
