package program

import (
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sample"
)

// TestAPictureWhoseTimesDoNotRiseIsMoved holds the last line of defence, whatever a clock says.
func TestAPictureWhoseTimesDoNotRiseIsMoved(t *testing.T) {
	w := both(t, Config{})
	a, key := &w.state.air, w.encoders[0].sample(sample.Video, 0, 0, false)
	w.judge.jumps = []time.Duration{epoch} // it belongs to no sound
	pts := a.pts + 40*ms
	for range 50 {
		w.state.effects = nil
		key.DTS, key.PTS = a.dts-10*ms, pts
		w.state.show(key)
		w.judge.see(w.state.effects)
	}
}

func TestPicturesThatDependOnWhatWasNotAiredAreDropped(t *testing.T) {
	w := pair(t, Config{})
	w.slateAfter = 0
	w.encoders[0].connected = false
	w.step(Connected{0, input.About{}})
	w.step(Format{0, w.encoders[0].format})
	for i, pts := range []int{3, 1, 2, 6, 4, 5, 9} { // an open GOP: its key frame is shown third
		dts := time.Duration(i) * 40 * ms
		w.now = epoch + dts
		m := w.encoders[0].sample(sample.Video, dts, time.Duration(pts)*40*ms, i%6 == 0)
		w.step(Arrived{0, m})
	}
	w.run(400 * ms)
	var shown []time.Duration
	for _, e := range w.emitted {
		if e.Source == 0 {
			shown = append(shown, (e.Sample.PTS-epoch)/(40*ms))
		}
	}
	if want := []time.Duration{3, 6, 4, 5, 9}; !slices.Equal(shown, want) {
		t.Errorf("pictures %d are shown, want %d", shown, want)
	}
}

// shown are the times at which pictures of a source are shown, in order of decoding.
func (w *world) shown(of Source) (pts []time.Duration) {
	for _, e := range w.emitted {
		if e.Source == of && e.Sample.Track == sample.Video {
			pts = append(pts, e.Sample.PTS)
		}
	}
	return pts
}

func TestAnInputThatIsBehindIsShiftedToTheEndOfTheTimeline(t *testing.T) {
	w := both(t, Config{})
	w.kill(1, false)
	w.kill(0, false)
	w.run(2 * time.Second)
	w.connect(0, 0)
	w.run(600 * ms)
	w.encoders[0].delay = 300 * ms // its clock was set before
	w.emitted = nil
	w.run(2 * time.Second)
	w.wantSource(t, 0)
	if s := w.state.air.shift; s < 250*ms || s > 350*ms {
		t.Errorf("a shift of %s, want 300 ms", s)
	}
	pts := w.shown(0)
	for i := 1; i < len(pts); i++ {
		if d := pts[i] - pts[i-1]; d < 39*ms || d > 41*ms {
			t.Fatalf("picture %d is %s after the one before", i, d)
		}
	}
}

func TestASwitchWaitsUntilPicturesOnAirReachTheKeyFrame(t *testing.T) {
	w := both(t, Config{})
	w.kill(0, false)
	w.run(1500 * ms)
	w.wantSource(t, 1)
	w.encoders[1].delay = 300 * ms
	w.run(time.Second)
	w.connect(0, 0)
	w.emitted = nil
	w.run(9 * time.Second)
	w.wantSource(t, 0)
	if gap := w.gap(); gap > 80*ms {
		t.Errorf("a gap of %s, although both inputs have all pictures", gap)
	}
	if s := w.state.air.shift; s > 40*ms {
		t.Errorf("a shift of %s", s)
	}
}

func TestSoundThatStopsIsFilled(t *testing.T) {
	w := both(t, Config{})
	w.encoders[0].noSound = true
	w.run(3 * time.Second)
	var pictures, sound time.Duration
	for _, e := range w.emitted {
		if e.Sample.Track == sample.Video {
			pictures = e.Sample.DTS
		} else {
			sound = e.Sample.DTS
		}
	}
	if behind := pictures - sound; behind > soundLate+40*ms {
		t.Errorf("sound is %s behind", behind)
	}
	if got := strings.Join(w.state.View(w.now).Inputs[0].Warnings, "; "); !strings.Contains(got, "its sound stopped 3 s ago") {
		t.Errorf("warnings %q", got)
	}
}

func TestAShiftMeltsAway(t *testing.T) {
	w := both(t, Config{})
	w.state.air.shift, w.state.air.melted = 50*ms, w.now
	w.run(30 * time.Second)
	if got := w.state.air.shift; got < 19*ms || got > 21*ms {
		t.Errorf("the shift is %s after 30 s, want 20 ms", got)
	}
}

func TestABurstOfANewConnectionIsPutWhereItBelongs(t *testing.T) {
	w := pair(t, Config{})
	w.encoders[0].gop = 70
	w.connect(0, 0)
	w.stop(0, 2*time.Second) // the first two seconds come at once
	w.run(3500 * ms)
	w.wantSource(t, 0)
	pts := w.shown(0)
	if early := epoch - pts[0]; early.Abs() > ms {
		t.Errorf("the first picture is at %s, want 0", pts[0]-epoch)
	}
	for i := 1; i < len(pts); i++ {
		if d := pts[i] - pts[i-1]; d < 39*ms || d > 41*ms {
			t.Fatalf("picture %d is %s after the one before", i, d)
		}
	}
}

func TestAFilmsSoundIsHeardOnTheSlate(t *testing.T) {
	w := both(t, Config{})
	f := w.encoders[0].format
	film := slateOf(f)
	for i := range int64(94) { // two seconds and a little, so that its end is cut
		at := sample.At(i*1024, 48000)
		film.Audio = append(film.Audio, sample.Sample{Track: sample.Audio, DTS: at, PTS: at, Sync: true, Data: []byte{2}})
	}
	w.step(Made{For: f, Slate: film})
	w.kill(1, false)
	w.kill(0, false)
	w.emitted = nil
	w.run(6 * time.Second)
	heard, silent := 0, 0
	for _, e := range w.emitted {
		switch {
		case e.Sample.Track == sample.Video:
		case e.Sample.Data[0] == 2:
			heard++
		default:
			silent++
		}
	}
	if want := 6 * 48000 / 1024; heard < want-6 || silent > 3 {
		t.Errorf("%d frames of the film, %d silent ones; want %d and hardly any", heard, silent, want)
	}
}
