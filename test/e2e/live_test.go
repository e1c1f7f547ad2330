package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/inputtest"
	"livestream-tui/services/receiver/keys"
	"livestream-tui/test/harness"
)

// stage is a platform with the layout live.
type stage struct {
	*harness.Platform
	t    *testing.T
	ends []keys.Endpoint // where encoders send
}

// main is where the encoder of the first input sends, backup that of the second.
func (s *stage) main() string   { return s.ends[0].URL }
func (s *stage) backup() string { return s.ends[1].URL }

// onStage launches a layout with live signals, without films.
func onStage(t *testing.T, layout string) *stage {
	t.Helper()
	env := harness.Settings(t)
	harness.SetPorts(t, env, "RECEIVER_PORT", "RTMP_PORT", "SRT_PORT")
	if err := os.Remove(env["INPUT_STREAM_PATH"] + "/live01.mp4"); err != nil {
		t.Fatal(err)
	}
	s := &stage{Platform: harness.Launch(t, env, "--layout", layout), t: t}
	s.Await(30*time.Second, "the receiver is ready", func() error { return s.Ready("receiver") })
	status, out, said := harness.Outcome(t, env, "keys", "--json", "--layout", layout)
	if err := json.Unmarshal([]byte(out), &s.ends); status != 0 || err != nil || len(s.ends) != 2 {
		t.Fatalf("keys: exit status %d, %v: %s%s", status, err, out, said)
	}
	return s
}

// inputs are the changes of inputs that the platform has told of.
func (s *stage) inputs() []event.Input {
	var list []event.Input
	for _, line := range s.Logged() {
		var e platform.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			continue
		}
		if in, is := e.What.(event.Input); is {
			list = append(list, in)
		}
	}
	return list
}

// await waits for a switch to an input after those seen before, and returns it.
func (s *stage) await(to string, seen int) event.Input {
	s.t.Helper()
	var found event.Input
	s.Await(30*time.Second, "a switch to "+to, func() error {
		list := s.inputs()
		i := slices.IndexFunc(list[min(seen, len(list)):], func(e event.Input) bool { return e.Change == event.InputSwitched && e.Input == to })
		if i < 0 {
			return fmt.Errorf("so far: %v", list)
		}
		found = list[seen+i]
		return nil
	})
	return found
}

// onAir waits until a signal can be played.
func (s *stage) onAir(signal string) {
	s.t.Helper()
	s.Await(30*time.Second, signal+" is on air", func() error {
		list, err := harness.Playlist(s.SignalURL(signal))
		if err == nil && len(list.Segments) == 0 {
			err = errors.New("no segment yet")
		}
		return err
	})
}

// good waits until an input can be shown.
func (s *stage) good(input int) {
	s.t.Helper()
	s.Await(30*time.Second, "the input is good", func() error {
		now, err := harness.CtlStatus(s.t, s.Env)
		if err != nil {
			return err
		}
		live, _ := now.LiveSignal("stage")
		if len(live.Inputs) <= input || live.Inputs[input].State != signals.Good {
			return fmt.Errorf("got %+v", live)
		}
		return nil
	})
}

// playOn waits until players play segments that come after now.
func (s *stage) playOn(c *harness.Players, segments int64) {
	s.t.Helper()
	before := c.MSN()
	s.Await(30*time.Second, "players play on", func() error {
		if n := c.MSN(); n < before+segments {
			return fmt.Errorf("they play %d, it was %d", n, before)
		}
		return nil
	})
}

// encoder is what OBS sends, in small.
var encoder = inputtest.Signal{Size: "320x180"}

func TestAnEncoderThatDiesIsBridged(t *testing.T) {
	harness.Parallel(t)
	s := onStage(t, "live")
	began := time.Now()
	main := inputtest.Push(t, s.main(), encoder)
	s.onAir("stage")
	t.Logf("on air %s after the encoder was started", time.Since(began).Round(time.Millisecond))
	backup := inputtest.Push(t, s.backup(), encoder)
	s.good(1)
	players := harness.Gather(t, s.SignalURL("stage"), 3, nil)

	seen := len(s.inputs())
	main.Signal(t, syscall.SIGKILL)
	t.Log("main killed: ", s.await("backup", seen))
	seen = len(s.inputs())
	main = inputtest.Push(t, s.main(), encoder)
	t.Log("main is back: ", s.await("main", seen))
	seen = len(s.inputs())
	main.Signal(t, syscall.SIGSTOP)
	t.Log("main stopped: ", s.await("backup", seen))
	seen = len(s.inputs())
	backup.Signal(t, syscall.SIGKILL)
	t.Log("both gone: ", s.await(event.SlateInput, seen))
	seen = len(s.inputs())
	main.Signal(t, syscall.SIGCONT)
	t.Log("main goes on: ", s.await("main", seen))
	s.playOn(players, 5)
	harness.WantClean(t, players.Leave())
}

func TestWhatWorksForALiveSignalIsKilled(t *testing.T) {
	harness.Parallel(t)
	s := onStage(t, "live")
	inputtest.Push(t, s.main(), encoder)
	// The receiver's death ends these encoders. The backup of a real platform would connect
	// again, as a drill's does.
	s.onAir("stage")
	players := harness.Gather(t, s.SignalURL("stage"), 3, nil)
	for _, name := range []string{"worker", "server1", "server2", "proxy"} {
		s.Kill(name)
		s.playOn(players, 2)
	}
	seen := len(s.inputs())
	s.Kill("receiver")
	t.Log("receiver killed: ", s.await(event.SlateInput, seen))
	seen = len(s.inputs())
	inputtest.Push(t, s.main(), encoder)
	t.Log("main is back: ", s.await("main", seen))
	s.playOn(players, 3)
	harness.WantNoStall(t, players.Leave())
	for _, line := range s.Logged() {
		if strings.Contains(line, "conflict") {
			t.Error(line)
		}
	}
}

// The layout asks for black pictures to be left, and the drill checks that they are.
func TestDrillPassesOnLiveInputs(t *testing.T) {
	harness.Parallel(t)
	b, err := os.ReadFile("../../layouts/live.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const before = "  - name: stage\n"
	text := strings.Replace(string(b), before, before+"    black_after: 2s\n    return_after: 1s\n", 1)
	layout := filepath.Join(t.TempDir(), "live.yaml")
	if err := os.WriteFile(layout, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	faults := []string{"kill-input", "black-input", "kill-receiver"}
	status, list, stderr := runDrill(t, 2*time.Minute, append([]string{"--layout", layout, "--players", "6"}, faults...)...)
	for _, d := range list {
		if !d.Passed {
			t.Errorf("%s: %s\n  %s", d.Drill, d.Skipped, strings.Join(d.Evidence, "\n  "))
		}
	}
	if status != 0 || !slices.Equal(names(list), faults) {
		t.Errorf("got exit status %d and %q, want 0 and %q; standard error: %s", status, names(list), faults, stderr)
	}
}
