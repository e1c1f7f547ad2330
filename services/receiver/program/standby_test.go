package program

import (
	"testing"
	"time"
)

// standing is a signal that another receiver has led for so long, and has an input.
func standing(t *testing.T, long time.Duration) *world {
	t.Helper()
	w := pair(t, Config{StandBy: true})
	w.judge.asleep = epoch + time.Hour // nothing is on air here
	w.connect(0, 0)
	w.run(long)
	if len(w.emitted) > 0 || !w.state.Good() || w.state.View(w.now).Source != Nothing {
		t.Fatalf("%d samples are aired, good %t, on air %d: want an input that is good, and nothing aired", len(w.emitted), w.state.Good(), w.state.View(w.now).Source)
	}
	return w
}

func TestOneThatTakesOverGoesOnWhereTheOtherHasLeftOff(t *testing.T) {
	for _, silent := range []time.Duration{0, 1500 * ms, 3 * time.Second, 5 * time.Second} {
		w := standing(t, 20*time.Second)
		end := w.now - silent
		w.step(Lead{Resume: &Resume{End: end, Format: plain(1).format, TakenOver: true}})
		w.run(100 * ms)
		w.wantSource(t, 0)
		if s := first[Switched](t, w); s.To != 0 || s.Cause.Reason != TakenOver {
			t.Errorf("%s: got %+v", silent, s)
		}
		gop := time.Duration(w.encoders[0].gop) * w.encoders[0].frame
		if at := w.emitted[0].Sample.PTS; at < end || at > end+gop+100*ms {
			t.Errorf("%s: the first picture comes %s after the end, want it within a group of pictures (%s)", silent, at-end, gop)
		}
	}
}

func TestOneThatStandsByAgainAirsNothing(t *testing.T) {
	w := standing(t, 3*time.Second)
	lead := Lead{Resume: &Resume{End: w.now - time.Second, Format: plain(1).format, TakenOver: true}}
	w.step(lead)
	w.run(time.Second)
	w.wantSource(t, 0)
	w.step(StandBy{})
	aired := len(w.emitted)
	w.run(5 * time.Second)
	if got := len(w.emitted) - aired; got > 0 || w.state.View(w.now).Source != Nothing {
		t.Errorf("%d samples are aired, %d is on air", got, w.state.View(w.now).Source)
	}
	lead.Resume.End = w.now - time.Second
	w.judge.began = false
	w.step(lead)
	w.run(100 * ms)
	w.wantSource(t, 0)
}

func TestOneThatTakesOverWithoutAnInputAirsTheSlate(t *testing.T) {
	w := pair(t, Config{StandBy: true})
	w.slateAfter = 0
	w.run(time.Second)
	w.step(Lead{Resume: &Resume{End: w.now - time.Second, Format: plain(1).format, TakenOver: true}})
	w.run(500 * ms)
	w.wantSource(t, Slate)
}
