package program

import (
	"testing"
	"time"
)

func TestARestartGoesOnWithTheSlateWhereTheTimelineEnded(t *testing.T) {
	for _, c := range []struct {
		name string
		ago  time.Duration
		want time.Duration // of the first picture
	}{
		{"just now", 4 * time.Second, epoch - 4*time.Second},
		{"long ago", 40 * time.Second, epoch},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := plain(1).format
			w := pair(t, Config{Resume: &Resume{End: epoch - c.ago, Format: f}})
			w.slateAfter = 0
			w.run(500 * ms)
			w.wantSource(t, Slate)
			if s := first[SlateOn](t, w); s.From != Nothing || s.Cause.Reason != Restarted {
				t.Errorf("%+v", s)
			}
			at := w.emitted[0].Sample
			if late := at.PTS - c.want; late < 0 || late > 100*ms {
				t.Errorf("the first picture is at %s, want %s", at.PTS-epoch, c.want-epoch)
			}
			w.connect(0, 0)
			w.run(3 * time.Second)
			w.wantSource(t, 0)
		})
	}
}

func TestAStoppedReceiverIsNoLossOfItsInputs(t *testing.T) {
	w := both(t, Config{})
	const slept = 5 * time.Second
	for i := range w.encoders { // what they send meanwhile comes in a burst
		w.stop(i, slept)
	}
	w.now += slept
	w.judge.asleep = w.now + time.Second
	w.step(Tick{})
	w.run(4 * time.Second)
	w.wantSource(t, 0)
	if len(w.effects) > 0 {
		t.Errorf("effects %+v", w.effects)
	}
	if gap := w.gap(); gap > 41*ms {
		t.Errorf("a gap of %s", gap)
	}
}

func TestAtTheStartABetterInputIsWaitedForBriefly(t *testing.T) {
	w := pair(t, Config{})
	w.connect(1, 0)
	w.run(300 * ms)
	w.connect(0, 0)
	w.run(2 * time.Second)
	if s := first[Switched](t, w); s.To != 0 {
		t.Errorf("%+v, want main first", s)
	}
	w = pair(t, Config{})
	w.encoders[0].delay = time.Hour // it connects and sends nothing
	w.connect(1, 0)
	w.connect(0, 0)
	w.judge.healthy[0] = never
	w.run(2 * time.Second)
	w.wantSource(t, 1)
}
