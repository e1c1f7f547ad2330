package fault

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/encoder"
	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/keys"
)

// onStage is a fake platform with a live signal, and the crew that sends to it: a stand-in
// for FFmpeg that sends nothing. The main input is shown since an hour from now on.
func onStage(t *testing.T, s signals.Signal) (*fake, *encoder.Crew) {
	t.Helper()
	dir := t.TempDir()
	ffmpeg := filepath.Join(dir, "ffmpeg")
	syscall.ForkLock.RLock() // a process that is started meanwhile would hold it open for writing
	err := os.WriteFile(ffmpeg, []byte("#!/bin/sh\nexec sleep 600\n"), 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	c, err := encoder.Start(encoder.Options{
		Signals: signals.List{s}, Places: keys.Places{Host: "127.0.0.1", RTMP: 1935}, State: dir, Logs: dir, FFmpeg: ffmpeg,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	for _, e := range c.Of(s.Name) {
		awaitRuns(t, e, true)
	}
	later := time.Now().Add(time.Hour)
	now := twoPackagers()
	now.LiveSignals = []signals.Status{{Name: s.Name, Mode: signals.CopyMode, Source: "main", Since: &later, Inputs: []signals.InputStatus{
		{Name: "main", State: signals.Good}, {Name: "backup", State: signals.Good, Video: "H.264 " + otherSize}}}}
	return &fake{snapshot: now}, c
}

// runs reports whether an encoder runs, without doing anything to it.
func runs(e *encoder.Encoder) bool { return e.Thaw() == nil }

func awaitRuns(t *testing.T, e *encoder.Encoder, want bool) {
	t.Helper()
	err := poll.Until(t.Context(), 20*time.Second, func() error {
		if runs(e) != want {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil {
		t.Fatalf("that the encoder of %s runs is to be %t: %v", e.Input, want, err)
	}
}

var stage = signals.Signal{Name: "stage", Inputs: []signals.Input{{Name: "main", RTMP: &signals.RTMP{}}, {Name: "backup", RTMP: &signals.RTMP{}}}}

func named(t *testing.T, name string) Fault {
	t.Helper()
	list, err := Select([]string{name}, true, Kind{Live: true})
	if err != nil {
		t.Fatal(err)
	}
	list[0].Hold = time.Millisecond
	return list[0]
}

func TestTheFaultsOfInputsNeedEncodersOfTheDrillsOwn(t *testing.T) {
	alone := stage
	alone.Inputs = alone.Inputs[:1]
	p, c := onStage(t, alone)
	for _, f := range ofInputs() {
		for name, target := range map[string]Target{
			"no encoders":      {Platform: p, Signal: "stage"},
			"another's signal": {Platform: p, Signal: "live01", Crew: c},
		} {
			_, err := f.Inject(t.Context(), target)
			if no := (*UnavailableError)(nil); !errors.As(err, &no) || !f.Own || !f.Live {
				t.Errorf("%s, %s: got %v, want that it is unavailable", f.Name, name, err)
			}
		}
	}
	for _, name := range []string{"kill-input", "freeze-input", "foreign-backup"} {
		_, err := named(t, name).Inject(t.Context(), Target{Platform: p, Signal: "stage", Crew: c})
		if no := (*UnavailableError)(nil); !errors.As(err, &no) || !strings.Contains(no.Reason, "no backup") {
			t.Errorf("%s: got %v, want that there is no backup", name, err)
		}
	}
}

func TestTheFaultsOfInputsAreUndone(t *testing.T) {
	p, c := onStage(t, stage)
	list := c.Of("stage")
	for _, x := range []struct {
		name, victim string
		// away are those that must be away while it lasts.
		away []*encoder.Encoder
	}{
		{"kill-input", "main", list[:1]},
		{"freeze-input", "main", nil},
		{"reconnect-input", "main", nil},
		{"inputs-gone", "every encoder", list},
		{"b-frames-input", "main", nil},
		{"foreign-backup", "main", list[:1]},
	} {
		t.Run(x.name, func(t *testing.T) {
			f := named(t, x.name)
			inject := f.inject
			f.inject = func(ctx context.Context, a *attempt, process string) error {
				if err := inject(ctx, a, process); err != nil {
					return err
				}
				for _, e := range list {
					awaitRuns(t, e, !slices.Contains(x.away, e))
				}
				return nil
			}
			in, err := f.Inject(t.Context(), Target{Platform: p, Signal: "stage", Crew: c})
			if err != nil || in.Victim != x.victim {
				t.Errorf("got %q, %v, want %q", in.Victim, err, x.victim)
			}
			for _, e := range list {
				awaitRuns(t, e, true)
			}
		})
	}
}

func TestBlackPicturesMustBeLeftWhereTheLayoutSaysSo(t *testing.T) {
	s := stage
	s.BlackAfter = time.Second
	p, c := onStage(t, s)
	target := Target{Platform: p, Signal: "stage", Crew: c}
	show := func(source string, main signals.State) {
		p.mu.Lock()
		defer p.mu.Unlock()
		live := p.snapshot.LiveSignals[0]
		live.Source, live.Inputs = source, slices.Clone(live.Inputs)
		live.Inputs[0].State = main
		p.snapshot.LiveSignals = []signals.Status{live}
	}
	for _, x := range []struct {
		source string
		main   signals.State
		left   bool
	}{{"main", signals.Good, false}, {"main", signals.Black, false}, {"backup", signals.Lost, false}, {"backup", signals.Black, true}} {
		show(x.source, x.main)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		if !x.left {
			p.mu.Lock()
			looks := 0
			p.onSnapshot = func() { // it has looked often enough
				if looks++; looks > 20 {
					cancel()
				}
			}
			p.mu.Unlock()
		}
		_, err := named(t, "black-input").Inject(ctx, target)
		cancel()
		p.mu.Lock()
		p.onSnapshot = nil
		p.mu.Unlock()
		if (err == nil) != x.left {
			t.Errorf("%s is shown, and main is %s: got %v, want that it passes: %t", x.source, x.main, err, x.left)
		}
		awaitRuns(t, c.Of("stage")[0], true)
	}
}

func TestAWorkerThatCopiesHasNoFFmpegToKill(t *testing.T) {
	p := &fake{snapshot: twoPackagers()}
	p.snapshot.Processes = append(p.snapshot.Processes, platform.Process{Status: platform.Status{Name: "worker", State: platform.Ready, Incarnation: 1}, Role: layouts.Worker})
	p.snapshot.LiveSignals = []signals.Status{{Name: "stage", Mode: signals.CopyMode}}
	for _, f := range []Fault{killFFmpeg, clockStep} {
		_, err := f.Inject(t.Context(), Target{Platform: p, Signal: "stage"})
		if no := (*UnavailableError)(nil); !errors.As(err, &no) {
			t.Errorf("%s: got %v, want that it is unavailable", f.Name, err)
		}
	}
	if got := p.asked(); len(got) > 0 {
		t.Errorf("asked: got %q, want nothing", got)
	}
}
