package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
	"livestream-tui/tui/panel"
)

// hasLive reports whether a state is one of a platform with a live signal.
func hasLive(state string) bool { return strings.HasPrefix(state, "live ") }

// layoutOf returns the layout of the platform in a state.
func layoutOf(state string) layouts.Layout {
	name := "live"
	switch {
	case hasMachines(state):
		name = "cluster"
	case !hasLive(state):
		return testLayout()
	}
	l, err := layouts.Load(name)
	if err != nil {
		panic(err)
	}
	return l
}

// liveStates are the states of a platform with a live signal.
func liveStates() map[string]func(s *platform.Snapshot) {
	is := func(by func(l *signals.Status)) func(s *platform.Snapshot) {
		return func(s *platform.Snapshot) {
			l := liveSignal()
			by(&l)
			s.Layout, s.LiveSignals = "live", []signals.Status{l}
			if s.Processes[0].Name == "receiver" {
				return
			}
			r := s.Processes[0]
			r.Service, r.Role, r.Port = "receiver", layouts.Receiver, 8010
			r.Name, r.PID, r.CPU, r.RSS = "receiver", 4708, 1.9, 24<<20
			r.Argv = []string{r.Argv[0], r.Name}
			s.Processes = slices.Concat([]platform.Process{r}, s.Processes)
		}
	}
	return map[string]func(s *platform.Snapshot){
		"live waiting": is(func(l *signals.Status) {
			l.Mode, l.OnAir, l.Source, l.Since = signals.Pending, false, "", nil
			for i := range l.Inputs {
				waits(&l.Inputs[i])
			}
		}),
		"live on air": is(func(*signals.Status) {}),
		"live slate": func(s *platform.Snapshot) {
			is(func(l *signals.Status) {
				since := noon.Add(-12 * time.Second)
				l.Source, l.Since = signals.SlateSource, &since
				waits(&l.Inputs[0])
				l.Inputs[0].State, l.Inputs[0].Since = signals.Lost, since // its encoder is gone
				waits(&l.Inputs[1])
				l.Inputs[1].Since = noon.Add(-3 * time.Minute)
			})(s)
			s.InputChanges = []platform.InputAt{
				{Time: noon.Add(-3 * time.Minute), Process: "receiver", Input: event.Input{Signal: "live01", Change: event.InputLost, Input: "backup", Cause: "backup was ended by its encoder"}},
				{Time: noon.Add(-12 * time.Second), Process: "receiver", Input: event.Input{Signal: "live01", Change: event.InputSwitched, Input: "slate", From: "main", Cause: "main has sent no picture for 1.0 s", Reason: "mute"}},
			}
		},
		"live pinned": is(func(l *signals.Status) {
			l.Source, l.Pinned = "backup", "backup"
			l.Inputs[0].OnAir, l.Inputs[1].OnAir = false, true
		}),
		"live refused": is(func(l *signals.Status) {
			waits(&l.Inputs[1])
			l.Inputs[1].Failed = "an encoder at 192.168.10.44 came with a wrong passphrase at 14:01:55"
		}),
		"live warnings": is(func(l *signals.Status) {
			l.Inputs[0].KeyFrameInterval = 8.3
			l.Inputs[0].Warnings = []string{
				"key frames every 8.3 s: set 2 s in OBS (Settings, Output, Keyframe Interval)",
				"sound is 420 ms later than pictures: set a sync offset in OBS (Advanced Audio Properties)",
			}
			l.Inputs[0].SkewMS = 420
		}),
	}
}

// waits makes an input one that no encoder is connected to.
func waits(in *signals.InputStatus) {
	*in = signals.InputStatus{Name: in.Name, Kind: in.Kind, Address: in.Address, State: signals.Waiting, Since: noon.Add(-42 * time.Minute)}
}

// liveSignal is a live signal whose main input is on air, with a backup that is good.
func liveSignal() signals.Status {
	since := noon.Add(-31 * time.Minute)
	return signals.Status{
		Name: "live01", Mode: signals.CopyMode, OnAir: true, Source: "main", Since: &since, Width: 1280, Height: 720, FPS: 25,
		Inputs: []signals.InputStatus{
			{
				Name: "main", Kind: "rtmp", Address: "rtmp://192.168.10.20:1935/live/********", State: signals.Good, OnAir: true, Since: since,
				Remote: "192.168.10.31:50123", Encoder: "obs-output module (libobs version 30.2.3)", Video: "H.264 1280x720", Audio: "AAC 48 kHz stereo",
				FPS: 25, Bitrate: 3_120_000, KeyFrameInterval: 2, SkewMS: 12,
			},
			{
				Name: "backup", Kind: "srt", Address: "srt://192.168.10.20:10080?passphrase=********", State: signals.Good, Since: noon.Add(-12 * time.Minute),
				Remote: "192.168.10.32:41000", Video: "H.264 1280x720", Audio: "AAC 48 kHz stereo",
				FPS: 25, Bitrate: 2_980_000, KeyFrameInterval: 2, SkewMS: -8, RTTMS: 21.4, Lost: 3, Retransmitted: 3,
			},
		},
	}
}

func TestTheInputKeySwitchesAndGoesBackToAutomatic(t *testing.T) {
	to := func(input string) platform.Command {
		return platform.Command{Action: platform.SwitchInput, Signal: "live01", Input: input}
	}
	for name, c := range map[string]struct {
		state string
		keys  []string
		want  []platform.Command
		shows string
	}{
		"the one on air is kept":             {"live on air", []string{"u"}, []platform.Command{to("main")}, "input main of live01: under way"},
		"the backup":                         {"live on air", []string{"@inputs", "down", "u"}, []platform.Command{to("backup")}, ""},
		"the same key again":                 {"live on air", []string{"@inputs", "down", "u", "u"}, []platform.Command{to("backup"), to("auto")}, "automatic input of live01: under way"},
		"and once more":                      {"live on air", []string{"@inputs", "down", "u", "u", "u"}, []platform.Command{to("backup"), to("auto"), to("backup")}, ""},
		"another one than that":              {"live on air", []string{"@inputs", "down", "u", "up", "u"}, []platform.Command{to("backup"), to("main")}, ""},
		"the one that is pinned":             {"live pinned", []string{"@inputs", "down", "u"}, []platform.Command{to("auto")}, ""},
		"one that waits asks":                {"live refused", []string{"@inputs", "down", "u"}, nil, "backup is waiting: it comes on air once it is good"},
		"and yes":                            {"live refused", []string{"@inputs", "down", "u", "y"}, []platform.Command{to("backup")}, ""},
		"and no":                             {"live refused", []string{"@inputs", "down", "u", "n"}, nil, ""},
		"the slate":                          {"live slate", []string{"@inputs", "home", "u"}, nil, "the slate comes and goes by itself"},
		"where no input can be seen":         {"live on air", []string{"3", "u"}, nil, "the inputs are on screen 1"},
		"without an input":                   {"on air", []string{"u"}, nil, "no live input is known"},
		"in the page of the input":           {"live on air", []string{"@inputs", "down", "enter", "u"}, []platform.Command{to("backup")}, ""},
		"in the page of one that is waiting": {"live refused", []string{"@inputs", "down", "enter", "u", "y"}, []platform.Command{to("backup")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, f := newTestModel(t, c.state, 120, 36, colour)
			typed(m, c.keys...)
			if diff := cmp.Diff(c.want, f.asked()); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
			if c.shows != "" {
				wantShown(t, m, c.shows)
			}
		})
	}
}

func TestTheOutcomeOfAChoiceOfAnInputIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		state, input string
		changes      []platform.InputAt
		want         outcome
	}{
		"on air, with a gap": {"live pinned", "backup", []platform.InputAt{{Time: noon.Add(time.Second), Input: event.Input{Signal: "live01", Change: event.InputSwitched, Input: "backup", GapMS: 640, Frames: 16}}},
			outcome{"backup is on air, the picture stood still for 640ms", false, true}},
		"on air, without one": {"live pinned", "backup", []platform.InputAt{{Time: noon.Add(time.Second), Input: event.Input{Signal: "live01", Change: event.InputSwitched, Input: "backup"}}},
			outcome{"backup is on air, without a gap", false, true}},
		"on air as before":  {"live pinned", "backup", nil, outcome{"backup is on air", false, true}},
		"not confirmed yet": {"live on air", "backup", nil, outcome{"backup is not chosen yet: the receiver has not confirmed it", true, false}},
		"automatic again":   {"live on air", "auto", nil, outcome{"live01 chooses its input by itself again: main is on air", false, true}},
		"still pinned":      {"live pinned", "auto", nil, outcome{"the receiver has not confirmed it yet", true, false}},
		"no receiver":       {"on air", "main", nil, outcome{"input main of live01: no receiver answers", true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			_, f := newTestModel(t, c.state, 120, 36, colour)
			f.change(func(s *platform.Snapshot) { s.InputChanges = c.changes })
			now, _ := f.Snapshot(t.Context())
			now.At = noon.Add(2 * time.Second)
			got := switched(platform.Command{Action: platform.SwitchInput, Signal: "live01", Input: c.input}, now, noon)
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAClickChoosesTheInputOfItsLine(t *testing.T) {
	m, _ := newTestModel(t, "live warnings", 120, 36, colour)
	for line, want := range []string{"", "live01 main", "live01 main", "live01 main", "live01 backup"} { // the head, main with its two warnings, backup
		m.scene.InputChoice = ""
		m.panels[inputsPanel].Lines(&m.scene, 118, 6)
		m.panels[inputsPanel].(panel.Clicker).Click(&m.scene, line)
		if m.scene.InputChoice != want {
			t.Errorf("line %d: got %q, want %q", line, m.scene.InputChoice, want)
		}
	}
}

func TestWhatIsWrongWithLiveInputsIsTold(t *testing.T) {
	second := func(state signals.State) func(s *platform.Snapshot) {
		return func(s *platform.Snapshot) { s.LiveSignals[0].Inputs[1].State = state }
	}
	for name, c := range map[string]struct {
		state string
		by    func(s *platform.Snapshot)
		want  []string
	}{
		"all is well":            {"live on air", nil, nil},
		"nothing came yet":       {"live waiting", nil, nil},
		"a slate":                {"live slate", nil, []string{"a slate is on air: live01 shows a slate: main lost, backup waiting"}},
		"rare key frames":        {"live warnings", nil, []string{"key frames are too far apart: main of live01: key frames every 8.3 s"}},
		"the backup is lost":     {"live on air", second(signals.Lost), []string{"no spare input: no spare input: backup of live01 is lost"}},
		"the backup is frozen":   {"live on air", second(signals.Frozen), []string{"no spare input: no spare input: backup of live01 is frozen"}},
		"it was never connected": {"live on air", second(signals.Waiting), nil},
		"a third one stands by": {"live on air", func(s *platform.Snapshot) {
			second(signals.Lost)(s)
			s.LiveSignals[0].Inputs = append(s.LiveSignals[0].Inputs, signals.InputStatus{Name: "third", State: signals.Good})
		}, nil},
		"the only input": {"live on air", func(s *platform.Snapshot) { s.LiveSignals[0].Inputs = s.LiveSignals[0].Inputs[:1] }, nil},
		"no receiver": {"live on air", func(s *platform.Snapshot) {
			gone(s, "receiver", platform.Exited, "stopped")
			status(s, "receiver", func(p *platform.Process) { p.Wanted = false })
		}, []string{"no receiver works: receiver stopped"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, f := newTestModel(t, c.state, 120, 36, colour)
			if c.by != nil {
				f.change(c.by)
			}
			now, _ := f.Snapshot(t.Context())
			m.take(polled{now.At, now, nil})
			var got []string
			for _, o := range m.troubles {
				got = append(got, o.Name+": "+o.What)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

func TestKillingTheReceiverAsksWithWhatPlayersSee(t *testing.T) {
	for keys, want := range map[string]string{"K": "players see a slate", "s": "then stand still until it is back"} {
		m, f := newTestModel(t, "live on air", 120, 36, colour)
		typed(m, "home", keys) // the receiver is the first process
		wantShown(t, m, "receiver takes in live01")
		wantShown(t, m, want)
		if len(f.asked()) > 0 {
			t.Errorf("%s: got %v, want a question first", keys, f.asked())
		}
	}
}

func TestASlateIsInTheHeaderAndBesideItsSignal(t *testing.T) {
	for _, size := range [][2]int{{120, 36}, {80, 24}, {60, 16}} {
		m, _ := newTestModel(t, "live slate", size[0], size[1], colour)
		frame := strings.Split(ansi.Strip(m.View()), "\n")
		if header := frame[0]; !strings.Contains(header, "ON AIR") || !strings.Contains(header, "SLATE") {
			t.Errorf("%v: the header is %q, want the light on air and the slate", size, header)
		}
	}
	m, _ := newTestModel(t, "live slate", 120, 36, colour)
	wantShown(t, m, "live01 SLATE")
}
