package program

import (
	"testing"
	"time"
)

func TestNothingIsOnAirBeforeTheFirstInput(t *testing.T) {
	w := pair(t, Config{})
	w.run(5 * time.Second)
	w.wantSource(t, Nothing)
	if len(w.effects)+len(w.emitted) > 0 {
		t.Errorf("effects %+v", w.effects)
	}
	w.connect(1, 0)
	w.run(950 * ms)
	w.wantSource(t, Nothing) // how far apart its key frames are is not known
	w.run(350 * ms)
	w.wantSource(t, 1)
	if s := first[Switched](t, w); s.From != Nothing || s.To != 1 || s.Cause.Reason != First || s.Gap != 0 {
		t.Errorf("%+v", s)
	}
	// Three segments of slate come first, then all that the input has sent, without a hole.
	if b := first[Begin](t, w); b.Continues || b.Source != Slate || b.Interval != time.Second {
		t.Errorf("%+v", b)
	}
	if at := w.emitted[0].Sample; at.DTS != epoch-time.Second || !at.Sync {
		t.Errorf("the first sample is at %s", at.DTS-epoch)
	}
	if shown := w.shown(1); len(shown) == 0 || shown[0] != epoch+5*time.Second || w.gap() > 41*ms {
		t.Errorf("%d pictures of the input, the first at %s, the longest gap %s", len(shown), shown[0]-epoch, w.gap())
	}
}

func TestASignalBeginsWithoutASlateWhereNoneIsMadeInTime(t *testing.T) {
	w := pair(t, Config{})
	w.slateAfter = -1
	w.connect(0, 0)
	w.run(2900 * ms)
	w.wantSource(t, Nothing)
	w.run(800 * ms)
	w.wantSource(t, 0)
	if b := first[Begin](t, w); b.Source != 0 || w.emitted[0].Sample.DTS > epoch+time.Second {
		t.Errorf("%+v, the first sample at %s", b, w.emitted[0].Sample.DTS-epoch)
	}
}

func TestASignalWithRareKeyFramesBeginsAllTheSame(t *testing.T) {
	w := pair(t, Config{})
	w.encoders[0].gop = 250
	w.connect(0, 0)
	w.run(6 * time.Second)
	w.wantSource(t, Nothing)
	w.run(1200 * ms)
	w.wantSource(t, 0)
	if b := first[Begin](t, w); b.Source != 0 || b.Interval != 0 {
		t.Errorf("%+v, want the input alone, so that its key frames are measured", b)
	}
	if shown := w.shown(0); len(shown) == 0 || shown[0] != epoch {
		t.Errorf("%d pictures are shown, want all", len(shown))
	}
}

func TestAStillSlateHasTheFormatOfTheInput(t *testing.T) {
	start := pair(t, Config{Still: true})
	start.connect(0, 0)
	start.run(3 * time.Second)
	if b := first[Begin](t, start); b.Source != 0 {
		t.Errorf("it begins with %+v, want the input", b)
	}
	w := both(t, Config{Still: true})
	w.kill(1, false)
	w.run(time.Second)
	w.effects, w.emitted = nil, nil
	w.kill(0, false)
	w.run(5 * time.Second)
	w.wantSource(t, Slate)
	for _, e := range w.effects {
		if b, is := e.(Begin); is && !b.Continues {
			t.Errorf("%+v, want the format to go on", b)
		}
	}
	if n := len(w.shown(Slate)); n < 9 || w.gap() > repeated+41*ms {
		t.Errorf("%d pictures, the longest gap %s", n, w.gap())
	}
}
