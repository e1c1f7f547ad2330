package ctl

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
)

// staged is a platform with a live signal, which takes a choice of its input.
type staged struct {
	platform.Platform
	now platform.Snapshot
	// choose changes it as the choice does; nil for a receiver that does not confirm it.
	choose func(s *platform.Snapshot, c platform.Command)
	asked  []string
}

func (p *staged) Snapshot(context.Context) (platform.Snapshot, error) { return p.now, nil }

func (p *staged) Subscribe(context.Context) (platform.Snapshot, <-chan platform.Event, error) {
	return p.now, nil, nil
}

func (p *staged) Command(_ context.Context, c platform.Command) error {
	p.asked = append(p.asked, c.Action.String()+" "+c.Signal+" "+c.Input)
	if p.choose != nil {
		p.choose(&p.now, c)
	}
	return nil
}

// stage is a snapshot with a live signal with two inputs.
func stage(source, pinned string, main, backup signals.State) platform.Snapshot {
	since := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	return platform.Snapshot{At: since.Add(time.Minute), LiveSignals: []signals.Status{{
		Name: "stage", OnAir: true, Source: source, Since: &since, Pinned: pinned,
		Inputs: []signals.InputStatus{
			{Name: "main", Kind: "rtmp", Address: "rtmp://10.0.0.1/live/********", State: main, OnAir: source == "main", Since: since, Video: "H.264 1280x720", FPS: 25, Bitrate: 3_100_000, KeyFrameInterval: 8.3, Warnings: []string{"key frames every 8.3 s: set 2 s in OBS"}},
			{Name: "backup", Kind: "srt", Address: "srt://10.0.0.1:10080", State: backup, OnAir: source == "backup", Since: since, Failed: "a wrong passphrase"},
		},
	}}}
}

func TestInputSaysWhatIsOnAir(t *testing.T) {
	// obeyed is a receiver that does what it is asked to.
	obeyed := func(gap float64, frames int) func(s *platform.Snapshot, c platform.Command) {
		return func(s *platform.Snapshot, c platform.Command) {
			l := &s.LiveSignals[0]
			if l.Pinned = c.Input; c.Input == signals.AutoInput {
				l.Pinned = ""
				return
			}
			if l.Source != c.Input && stateOf(*l, c.Input) == signals.Good {
				s.InputChanges = append(s.InputChanges, platform.InputAt{Time: s.At, Input: event.Input{Signal: "stage", Change: event.InputSwitched, From: l.Source, Input: c.Input, GapMS: gap, Frames: frames}})
				l.Source = c.Input
			}
		}
	}
	const good, waiting = signals.Good, signals.Waiting
	for name, c := range map[string]struct {
		before platform.Snapshot
		choose func(s *platform.Snapshot, c platform.Command)
		input  string
		want   string
		asked  string
	}{
		"another one":             {stage("main", "", good, good), obeyed(0, 0), "backup", "backup is on air for stage, without a gap", "input stage backup"},
		"another one, with a gap": {stage("main", "", good, good), obeyed(640, 16), "backup", "backup is on air for stage: the picture stood still for 640 ms, 16 frames", "input stage backup"},
		"the one on air":          {stage("main", "", good, good), obeyed(0, 0), "main", "main stays on air for stage until it is lost", "input stage main"},
		"one that waits":          {stage("main", "", good, waiting), obeyed(0, 0), "backup", "backup is chosen for stage: it is waiting, and comes on air once it is good", "input stage backup"},
		"automatic":               {stage("main", "main", good, good), obeyed(0, 0), "auto", "stage chooses its input by itself again", "input stage auto"},
		"automatic already":       {stage("main", "", good, good), obeyed(0, 0), "auto", "stage chooses its input by itself already", ""},
		"not confirmed":           {stage("main", "", good, good), nil, "backup", "asked for backup; the receiver has not confirmed it yet", "input stage backup"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // what is not confirmed is waited for
				p := &staged{now: c.before, choose: c.choose}
				got, err := Do(t.Context(), p, Request{Verb: verb(t, "input"), Signal: "stage", Input: c.input})
				if err != nil || got.Message != c.want {
					t.Errorf("got %q, %v, want %q", got.Message, err, c.want)
				}
				if asked := strings.Join(p.asked, "; "); asked != c.asked {
					t.Errorf("asked: got %q, want %q", asked, c.asked)
				}
			})
		})
	}
}

func TestAnInputThatIsNotThereIsRefusedWithWhatIsAllowed(t *testing.T) {
	live := stage("main", "", signals.Good, signals.Good)
	v := verb(t, "input")
	for name, c := range map[string]struct {
		s             platform.Snapshot
		signal, input string
		want          string
	}{
		"an input":            {live, "stage", "backup", ""},
		"automatic":           {live, "stage", "auto", ""},
		"no signal":           {live, "", "", "input needs a signal and an input: allowed signals are stage"},
		"no such signal":      {live, "hall", "main", `input of signal "hall": allowed are stage`},
		"no input":            {live, "stage", "", "input of stage needs an input: allowed are main, backup, auto"},
		"no such input":       {live, "stage", "camera", `input "camera" of stage: allowed are main, backup, auto`},
		"no live signal":      {platform.Snapshot{}, "stage", "main", "input: no live signal is known: this layout has none, or its receiver does not answer"},
		"the slate, no input": {live, "stage", "slate", `input "slate" of stage: allowed are main, backup, auto`},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := v.CheckInput(c.s, c.signal, c.input); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if err := verb(t, "kill").CheckInput(live, "", ""); err != nil {
		t.Errorf("another verb: got %v", err)
	}
}

func TestStatusListsTheLiveInputs(t *testing.T) {
	var out bytes.Buffer
	if err := WriteStatus(&out, stage("slate", "main", signals.Lost, signals.Waiting)); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"LIVE INPUT KIND STATE SINCE ON AIR PICTURES BITRATE KEY FRAMES ADDRESS",
		"stage slate - -", "stage main rtmp lost", "no, chosen H.264 1280x720, 25 a second 3.1 Mbit/s every 8.3s rtmp://10.0.0.1/live/********",
		"stage backup srt waiting", "srt://10.0.0.1:10080",
		"stage main: key frames every 8.3 s: set 2 s in OBS", "stage backup: refused the last time: a wrong passphrase",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("got no %q in\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := WriteStatusJSON(&out, stage("main", "", signals.Good, signals.Good)); err != nil || !strings.Contains(out.String(), `"live_signals": [`) {
		t.Errorf("got %v,\n%s", err, out.String())
	}
}
