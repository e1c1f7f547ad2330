package transcoder

import (
	"bytes"
	"testing"
	"time"
)

var (
	pal  = ratio{25, 1}
	ntsc = ratio{30000, 1001}
)

func TestPlanShowsTheWholeFilmEachTurn(t *testing.T) {
	for _, c := range []struct {
		name           string
		rate           ratio
		frames, sound  int64 // sound in samples
		turnFrames     int64
		turns, still   int64
		turn, loopTime time.Duration
	}{
		{"a whole number of segments", pal, 400, 16 * sampleRate, 400, 1, 0, 16 * time.Second, 16 * time.Second},
		{"an odd number of seconds is repeated", pal, 275, 11 * sampleRate, 275, 2, 0, 22 * time.Second, 88 * time.Second},
		{"sound is shorter", pal, 400, 6 * sampleRate, 400, 1, 0, 16 * time.Second, 16 * time.Second},
		{"sound is longer", pal, 150, 16 * sampleRate, 400, 1, 0, 16 * time.Second, 16 * time.Second},
		{"no sound at all", pal, 200, 0, 200, 1, 0, 8 * time.Second, 8 * time.Second},
		{"what a codec adds to the sound is no part of the film", pal, 400, 16*sampleRate + 2048, 400, 1, 0, 16 * time.Second, 16 * time.Second},
		{"sound a little longer than a short picture", pal, 50, 100800, 53, 50, 0, 106 * time.Second, 424 * time.Second},
		{"a second in twenty is rather filled by a still than minutes of sound encoded", pal, 575, 23 * sampleRate, 575, 1, 25, 24 * time.Second, 24 * time.Second},
		{"a film of a minute and a half ends in a still", pal, 2275, 0, 2275, 1, 25, 92 * time.Second, 184 * time.Second},
		{"a single frame", pal, 1, 0, 1, 50, 0, 2 * time.Second, 8 * time.Second},
		{"segments of 2.002 s", ntsc, 300, 480480, 300, 1, 0, 10010 * time.Millisecond, 320320 * time.Millisecond},
		{"a long film at 30000/1001 ends in a still rather than its sound encoded for a day", ntsc, 323700, 0, 323700, 1, 300, 10810800 * time.Millisecond, 43243200 * time.Millisecond},
	} {
		p := newPlan(c.rate, c.frames, c.sound)
		if p.Frames != c.turnFrames || p.Turns != c.turns || p.Still != c.still || p.Turn() != c.turn || p.Loop() != c.loopTime {
			t.Errorf("%s: got %d frames, %d turns, %d still, turn %s, loop %s, want %d, %d, %d, %s, %s",
				c.name, p.Frames, p.Turns, p.Still, p.Turn(), p.Loop(), c.turnFrames, c.turns, c.still, c.turn, c.loopTime)
		}
	}
}

func TestPlanEndsOnSegmentsAndFramesOfSound(t *testing.T) {
	for _, rate := range rates {
		for _, frames := range []int64{1, 7, 100, 1001, 5003, 98765, 400000} {
			p := newPlan(rate, frames, 0)
			if p.pictureFrames()%int64(p.Group) != 0 || p.Turn()%p.Segment != 0 {
				t.Errorf("%s, %d frames: the picture of %d frames does not end on a segment", rate, frames, p.pictureFrames())
			}
			if samplesIn(p.Loop())%frameLength != 0 || p.Loop()%p.Turn() != 0 {
				t.Errorf("%s, %d frames: the sound of %s does not end on a frame", rate, frames, p.Loop())
			}
			if p.samplesAt(p.Rounds*p.pictureFrames()) != samplesIn(p.Loop()) {
				t.Errorf("%s, %d frames: picture and sound of a loop differ", rate, frames)
			}
			if p.Loop() > max(soundMost, 4*p.Turn()) {
				t.Errorf("%s, %d frames: got %s of sound for a turn of %s", rate, frames, p.Loop(), p.Turn())
			}
		}
	}
}

func TestLoopOfSoundHoldsSilence(t *testing.T) {
	pcm := []byte{1, 1, 1, 1, 2, 2, 2, 2} // two samples
	l := loop{sound: bytes.NewReader(pcm), length: 2, starts: []int64{0, 3}, end: 5}
	var out bytes.Buffer
	if err := l.write(&out, -2, 9); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for i := 0; i < out.Len(); i += sampleBytes {
		got = append(got, out.Bytes()[i])
	}
	if want := []byte{1, 2, 1, 2, 0, 1, 2, 1, 2}; !bytes.Equal(got, want) {
		t.Errorf("got samples %v, want %v", got, want)
	}
}
