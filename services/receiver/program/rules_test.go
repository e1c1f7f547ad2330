package program

import (
	"testing"
	"time"

	"livestream-tui/services/receiver/sample"
)

// plain is an encoder of 25 pictures a second with a key frame every second.
func plain(id byte) *encoder {
	return &encoder{id: id, frame: 40 * ms, gop: 25, format: formatOf(id, 25, aac(48000))}
}

// pair is a signal with two inputs of one format.
func pair(t *testing.T, c Config) *world {
	t.Helper()
	a, b := plain(1), plain(1)
	c.Inputs = []string{"main", "backup"}
	w := newWorld(func(format string, args ...any) { t.Helper(); t.Errorf(format, args...) }, c, a, b)
	w.keep = true
	return w
}

// both puts main on air, with the backup's key frames half a second after those of main.
func both(t *testing.T, c Config) *world {
	t.Helper()
	w := pair(t, c)
	w.connect(0, 0)
	w.run(500 * ms)
	w.connect(1, 0)
	w.run(7500 * ms)
	w.wantSource(t, 0)
	w.effects, w.emitted = nil, nil
	return w
}

func (w *world) wantSource(t *testing.T, want Source) {
	t.Helper()
	if got := w.state.View(w.now).Source; got != want {
		t.Fatalf("after %s: source %d is on air, want %d", w.now-epoch, got, want)
	}
}

// first is the first effect of a kind.
func first[E Effect](t *testing.T, w *world) E {
	t.Helper()
	for _, e := range w.effects {
		if e, is := e.(E); is {
			return e
		}
	}
	var none E
	t.Fatalf("no %T among %+v", none, w.effects)
	return none
}

func count[E Effect](w *world) (n int) {
	for _, e := range w.effects {
		if _, is := e.(E); is {
			n++
		}
	}
	return n
}

// gap is the longest time between two pictures that are emitted, as they are shown.
func (w *world) gap() (longest time.Duration) {
	last := time.Duration(0)
	for _, e := range w.emitted {
		if e.Sample.Track == sample.Video {
			if last != 0 {
				longest = max(longest, e.Sample.PTS-last)
			}
			last = e.Sample.PTS
		}
	}
	return longest
}

func TestAnInputThatFallsSilentIsLeftAfterLossAfter(t *testing.T) {
	for _, after := range []time.Duration{0, 300 * ms} {
		w := both(t, Config{LossAfter: after})
		if after == 0 {
			after = time.Second
		}
		w.kill(0, true)
		w.run(after - 100*ms)
		if count[Lost](w) > 0 {
			t.Errorf("lost before %s", after)
		}
		w.run(200 * ms)
		if l := first[Lost](t, w); l.Input != 0 || l.Cause.Reason != Mute || l.Cause.For < after {
			t.Errorf("%+v", l)
		}
	}
}

func TestAConnectionThatEndsIsLeftAtOnce(t *testing.T) {
	w := both(t, Config{})
	w.kill(0, false)
	if l := first[Lost](t, w); l.Cause.Reason != Disconnected || l.Cause.Why != errReset {
		t.Errorf("%+v", l)
	}
	w.wantSource(t, 0) // its last picture is stretched
	if v := w.state.View(w.now); !v.Stretched || v.Inputs[0].OnAir {
		t.Errorf("view %+v", v)
	}
	w.run(time.Second)
	w.wantSource(t, 1)
	s := first[Switched](t, w)
	if s.From != 0 || s.To != 1 || s.Cause.Reason != Disconnected || s.Gap > time.Second || s.Frames != int((s.Gap+20*ms)/(40*ms)) {
		t.Errorf("%+v", s)
	}
	if count[SlateOn](w) > 0 {
		t.Error("a slate was shown although a key frame was due")
	}
	if b := first[Begin](t, w); !b.Continues {
		t.Error("a discontinuity between equal formats")
	}
}

func TestAKeyFrameThatHasComeAlreadyIsTaken(t *testing.T) {
	w := both(t, Config{}) // main's last picture is at 8 s, the backup has a key frame at 8.5 s
	w.kill(0, true)
	w.run(1040 * ms)
	w.wantSource(t, 1)
	if s := first[Switched](t, w); s.Gap > 520*ms {
		t.Errorf("%+v, want the key frame half a second after the loss", s)
	}
}

func TestTheBackupsSoundGoesOnWhileThePictureIsStretched(t *testing.T) {
	w := both(t, Config{})
	w.kill(0, false)
	w.run(2 * time.Second)
	silent := 0
	for _, e := range w.emitted {
		if e.Sample.Track == sample.Audio && len(e.Sample.Data) == 1 {
			silent++
		}
	}
	if silent > 1 {
		t.Errorf("%d silent frames although the backup has sound", silent)
	}
}

func TestTheSlateBeginsWhereTheLastPictureEnds(t *testing.T) {
	w := both(t, Config{})
	w.kill(1, false)
	w.effects = nil
	w.emitted = nil
	w.kill(0, true)
	w.run(1500 * ms)
	w.wantSource(t, Slate)
	if s := first[SlateOn](t, w); s.From != 0 || s.Cause.Reason != Mute {
		t.Errorf("%+v", s)
	}
	if gap := w.gap(); gap > 41*ms {
		t.Errorf("a gap of %s", gap)
	}
	if b := first[Begin](t, w); b.Continues || b.Source != Slate {
		t.Errorf("%+v", b)
	}
}

func TestTheSlateEndsAtAKeyFrameOfASteadyInput(t *testing.T) {
	w := both(t, Config{})
	w.kill(1, false)
	w.kill(0, false)
	w.run(3 * time.Second)
	w.wantSource(t, Slate)
	w.encoders[0].gop = 15
	w.connect(0, 95400*time.Second)
	w.run(1100 * ms)
	w.wantSource(t, Slate) // the key frame after 600 ms came too soon
	w.run(900 * ms)
	w.wantSource(t, 0)
	off := first[SlateOff](t, w)
	if off.To != 0 || off.After < 4*time.Second || off.After > 6*time.Second {
		t.Errorf("%+v", off)
	}
	if gap := w.gap(); gap > 80*ms {
		t.Errorf("a gap of %s", gap)
	}
	if count[Switched](w) > 0 {
		t.Error("a switch to the input that was on air before")
	}
	if b := first[Back](t, w); b.Input != 0 || b.After < 3*time.Second {
		t.Errorf("%+v", b)
	}
}

func TestWithoutASlateTheLastKeyFrameIsRepeated(t *testing.T) {
	w := pair(t, Config{})
	w.slateAfter = -1
	w.connect(0, 0)
	w.run(4 * time.Second)
	w.kill(0, false)
	w.emitted = nil
	w.run(3 * time.Second)
	if n := len(w.emitted); n < 6 || n > 8 || w.gap() > 510*ms {
		t.Errorf("%d samples, gap %s", n, w.gap())
	}
	w.judge.made(w.encoders[0].format)
	w.step(Made{For: w.encoders[0].format, Slate: slateOf(w.encoders[0].format)})
	w.run(time.Second)
	if n := len(w.emitted); n < 30 {
		t.Errorf("%d samples: the slate did not take over", n)
	}
}

func TestASlateOfTheLastPictureIsMadeAnew(t *testing.T) {
	w := both(t, Config{Last: true})
	asked := 0
	w.kill(1, false)
	for _, e := range w.state.Step(Closed{0, nil}, w.now) {
		if m, is := e.(MakeSlate); is {
			asked++
			if len(m.Key.Data) == 0 || !m.Key.Sync {
				t.Errorf("asked without a key frame")
			}
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}

func TestABetterInputReturnsAfterItWasGoodForLong(t *testing.T) {
	w := both(t, Config{ReturnAfter: 3 * time.Second})
	w.kill(0, false)
	w.run(2 * time.Second)
	w.wantSource(t, 1)
	w.connect(0, 0)
	w.emitted, w.effects = nil, nil
	w.run(3500 * ms)
	w.wantSource(t, 1) // good after a second, and three more
	w.run(2 * time.Second)
	w.wantSource(t, 0)
	if s := first[Switched](t, w); s.From != 1 || s.To != 0 || s.Cause.Reason != Returned {
		t.Errorf("%+v", s)
	}
	if gap := w.gap(); gap > 80*ms {
		t.Errorf("a gap of %s at a switch between living inputs", gap)
	}
}

func TestTheOperatorsInputIsTakenAtOnceAndStays(t *testing.T) {
	w := both(t, Config{})
	w.step(Select{1})
	w.run(1100 * ms)
	w.wantSource(t, 1)
	if s := first[Switched](t, w); s.Cause.Reason != Operator {
		t.Errorf("%+v", s)
	}
	w.run(10 * time.Second)
	w.wantSource(t, 1)
	w.kill(1, false) // it is left all the same
	w.run(1500 * ms)
	w.wantSource(t, 0)
	w.connect(1, 0)
	w.run(8 * time.Second) // and taken again when it has been good
	w.wantSource(t, 1)
	w.step(Auto{})
	w.run(1500 * ms)
	w.wantSource(t, 0)
}

func TestAnInputWithAProblemIsLeft(t *testing.T) {
	for _, r := range []Reason{Frozen, Black, Silent} {
		w := both(t, Config{})
		w.step(Problem{0, r, true})
		w.run(1100 * ms)
		w.wantSource(t, 1)
		if l := first[Lost](t, w); l.Cause.Reason != r {
			t.Errorf("%+v", l)
		}
		if got := w.state.View(w.now).Inputs[0].Condition.String(); got != r.String() {
			t.Errorf("condition %s, want %s", got, r)
		}
		w.step(Problem{0, r, false})
		w.run(7 * time.Second)
		w.wantSource(t, 0)
	}
}

func TestAReconnectTakesOverADeadSession(t *testing.T) {
	w := both(t, Config{})
	w.connect(0, 0)
	if l := first[Lost](t, w); l.Cause.Why != errSuperseded {
		t.Errorf("%+v", l)
	}
	w.run(1100 * ms)
	w.wantSource(t, 1)
}

func TestABackupWithARareKeyFrameIsBridgedByTheSlate(t *testing.T) {
	w := pair(t, Config{})
	w.encoders[1].gop = 250 // 10 s
	w.connect(1, 0)
	w.connect(0, 0)
	w.run(10500 * ms)
	w.step(Select{0})
	w.run(1500 * ms)
	w.wantSource(t, 0)
	w.emitted = nil
	w.kill(0, false)
	w.run(time.Second)
	w.wantSource(t, Slate)
	w.run(8 * time.Second)
	w.wantSource(t, 1)
	if gap := w.gap(); gap > 80*ms {
		t.Errorf("a gap of %s", gap)
	}
}

func TestAnotherFormatBeginsAGeneration(t *testing.T) {
	w := pair(t, Config{})
	w.encoders[1].format, w.encoders[1].id = formatOf(2, 25, aac(44100)), 2
	w.connect(0, 0)
	w.connect(1, 0)
	w.run(3 * time.Second)
	w.effects, w.emitted = nil, nil
	w.kill(0, false)
	w.run(2 * time.Second)
	w.wantSource(t, 1)
	if b := first[Begin](t, w); b.Continues || !b.Format.Equal(w.encoders[1].format) {
		t.Errorf("%+v", b)
	}
	var end time.Duration // of the first generation's sound
	for _, e := range w.emitted {
		if e.Source == 0 && e.Sample.Track == sample.Audio {
			end = e.Sample.DTS + sample.At(1024, 48000)
		} else if e.Source == 1 {
			if hole := e.Sample.DTS - end; hole < 0 || hole > sample.At(1024, 48000) {
				t.Errorf("a hole of %s before the next generation", hole)
			}
			break
		}
	}
}

func TestASlowInputIsLeft(t *testing.T) {
	w := pair(t, Config{})
	w.encoders[0].ppm = 500_000 // a third slower than it should be
	w.connect(1, 0)
	w.connect(0, 0)
	w.run(12 * time.Second)
	w.wantSource(t, 1)
	if l := first[Lost](t, w); l.Input != 0 || l.Cause.Reason != Late {
		t.Errorf("%+v", l)
	}
	w.run(40 * time.Second)
	if n := count[Switched](w); n > 3 {
		t.Errorf("%d switches: it was taken again", n)
	}
}
