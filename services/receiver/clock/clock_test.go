package clock

import (
	"math/rand/v2"
	"testing"
	"time"

	"livestream-tui/services/receiver/sample"
)

const (
	ms    = time.Millisecond
	epoch = 1_800_000_000 * time.Second
)

// bench feeds a clock with pictures of 40 ms.
type bench struct {
	c    Clock
	next time.Duration // the next DTS
}

// picture maps the next picture.
func (b *bench) picture(arrival time.Duration, onAir bool) (at time.Duration, j Jump) {
	s, j := b.c.Map(sample.Sample{DTS: b.next, PTS: b.next}, arrival, onAir)
	b.next += 40 * ms
	return s.DTS, j
}

func TestTheFirstPictureIsStampedWithItsArrival(t *testing.T) {
	for _, first := range []time.Duration{0, 95443 * time.Second, -time.Hour, epoch} {
		b := bench{next: first}
		if at, _ := b.picture(epoch, false); at != epoch {
			t.Errorf("first DTS %s: got %s, want the epoch", first, at-epoch)
		}
	}
}

func TestABurstAtTheBeginningMovesBackWhatCameBefore(t *testing.T) {
	var b bench
	moved := time.Duration(0)
	var at time.Duration
	for i := range 50 { // two seconds of pictures at once
		var j Jump
		at, j = b.picture(epoch+time.Duration(i)*ms, false)
		if moved += j.By; j.By != 0 && (!j.Tracks[sample.Video] || j.Tracks[sample.Audio]) {
			t.Fatalf("picture %d moves tracks %v", i, j.Tracks)
		}
	}
	if at != epoch+49*ms {
		t.Errorf("the last is at %s, want its arrival", at-epoch)
	}
	if want := 49*ms - 49*40*ms; moved != want {
		t.Errorf("what came before has moved by %s, want %s", moved, want)
	}
}

func TestABurstAtOneInstantIsStampedWithIt(t *testing.T) {
	var b bench
	for i := range 50 {
		if at, _ := b.picture(epoch, false); at != epoch {
			t.Fatalf("picture %d is %s after its arrival", i, at-epoch)
		}
	}
}

func TestNothingOnAirIsMuchLaterThanItsArrival(t *testing.T) {
	var b bench
	b.picture(epoch, true)
	last := time.Duration(0)
	for i := range 100 {
		arrival := epoch + time.Duration(i+1)*20*ms // twice as fast as it should be
		at, _ := b.picture(arrival, true)
		if at > arrival+Ahead || at <= last {
			t.Fatalf("picture %d at %s, arrival %s, the one before %s", i, at-epoch, arrival-epoch, last-epoch)
		}
		last = at
	}
}

func TestDriftIsFollowedSlowly(t *testing.T) {
	for _, ppm := range []int64{-200, 200} {
		var b bench
		r := rand.New(rand.NewPCG(1, 2))
		var before, greatest, last time.Duration
		for i := range 25 * 600 {
			due := epoch + time.Duration(i)*(40*ms+40*ms*time.Duration(ppm)/1_000_000)
			arrival := max(last, due+time.Duration(r.Int64N(int64(50*ms))))
			last = arrival
			at, j := b.picture(arrival, i > 50)
			if i > 50 {
				if j.By != 0 || j.Anew {
					t.Fatalf("%d ppm: picture %d jumps by %s", ppm, i, j.By)
				}
				greatest = max(greatest, (at - before - 40*ms).Abs())
			}
			if late := arrival - at; i > 50 && (late < -Ahead || late > 80*ms) {
				t.Fatalf("%d ppm: picture %d is stamped %s before its arrival", ppm, i, late)
			}
			before = at
		}
		if most := 110 * ms / slew; greatest > most {
			t.Errorf("%d ppm: a picture is moved by %s, want %s at most", ppm, greatest, most)
		}
	}
}

func TestAJumpGoesOnEvenly(t *testing.T) {
	for _, c := range []struct {
		name string
		jump time.Duration
		anew bool
	}{
		{"a day forward", 24 * time.Hour, true},
		{"a day back", -24 * time.Hour, true},
		{"to zero", -95443 * time.Second, true},
		{"33 bits", -(1 << 33) * time.Second / 90000, true},
		{"two seconds back", -2 * time.Second, true},
		{"three pictures back", -120 * ms, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := bench{next: 95443 * time.Second}
			now, last := epoch, time.Duration(0)
			for range 100 {
				last, _ = b.picture(now, true)
				now += 40 * ms
			}
			b.next += c.jump
			at, j := b.picture(now, true)
			if j.Anew != c.anew {
				t.Errorf("anew %v, want %v", j.Anew, c.anew)
			}
			if d := at - last; c.anew && (d < 39*ms || d > 41*ms) || d <= 0 {
				t.Errorf("the picture after the jump is %s after the one before", d)
			}
			now += 40 * ms
			if _, j := b.picture(now, true); j.Anew {
				t.Error("the next one jumps again")
			}
		})
	}
}

func TestSoundJumpsWithItsPictures(t *testing.T) {
	var c Clock
	audio := &sample.AudioFormat{Codec: sample.AAC, Rate: 48000, Channels: 2}
	c.Format(audio)
	now, base := epoch, time.Duration(0)
	var video, sound time.Duration
	frame := sample.At(1024, 48000)
	n := int64(0)
	for i := range 300 {
		if i == 150 {
			base = 30 * time.Hour
		}
		dts := time.Duration(i) * 40 * ms
		v, _ := c.Map(sample.Sample{DTS: base + dts, PTS: base + dts}, now, true)
		video = v.DTS
		for ; time.Duration(n)*frame <= dts-100*ms; n++ { // sound comes 100 ms later
			a, _ := c.Map(sample.Sample{Track: sample.Audio, DTS: base + time.Duration(n)*frame, PTS: base + time.Duration(n)*frame}, now, true)
			sound = a.DTS
		}
		if apart := video - sound; i > 5 && (apart < 80*ms || apart > 160*ms) {
			t.Fatalf("picture %d: sound is %s behind", i, apart)
		}
		now += 40 * ms
	}
}

func TestSoundIsCountedInSamples(t *testing.T) {
	for _, rate := range []int{44100, 48000} {
		var c Clock
		c.Format(&sample.AudioFormat{Codec: sample.AAC, Rate: rate, Channels: 2})
		last := int64(0)
		r := rand.New(rand.NewPCG(3, 4))
		for i := range 2000 {
			dts := sample.At(int64(i)*1024, rate).Round(ms) // as RTMP has it
			s, _ := c.Map(sample.Sample{Track: sample.Audio, DTS: dts, PTS: dts}, epoch+dts+time.Duration(r.IntN(30))*ms, i > 100)
			n := sample.Count(s.DTS, rate)
			if d := n - last; i > 101 && (d < 1023 || d > 1025) {
				t.Fatalf("%d Hz, frame %d: %d samples after the one before", rate, i, d)
			}
			if s.DTS != sample.At(n, rate) || s.PTS != s.DTS {
				t.Fatalf("%d Hz, frame %d: %s is no sample", rate, i, s.DTS)
			}
			last = n
		}
		hole := sample.At(2000*1024, rate) + 100*ms
		s, _ := c.Map(sample.Sample{Track: sample.Audio, DTS: hole, PTS: hole}, epoch+hole+30*ms, true)
		if d := sample.Count(s.DTS, rate) - last; d < 1024+int64(rate)/12 {
			t.Errorf("%d Hz: a hole of 100 ms is %d samples", rate, d)
		}
	}
}

func TestAStallIsCaughtUp(t *testing.T) {
	for _, onAir := range []bool{false, true} {
		var b bench
		now := epoch
		for range 100 {
			b.picture(now, onAir)
			now += 40 * ms
		}
		now += 900 * ms // it stands still, and goes on where it was
		jumped := time.Duration(0)
		for range 400 {
			at, j := b.picture(now, onAir)
			jumped += j.By
			if late := now - at; late < 0 {
				t.Fatalf("%s after its arrival", -late)
			}
			now += 40 * ms
		}
		if jumped < 850*ms || jumped > 900*ms {
			t.Errorf("on air %v: caught up by %s, want nearly 900 ms", onAir, jumped)
		}
	}
}

func TestABurstAfterAStopIsNotEven(t *testing.T) {
	var b bench
	now := epoch
	for range 50 {
		b.picture(now, false)
		now += 40 * ms
	}
	if even := b.c.Even(now); even < 1900*ms {
		t.Errorf("even for %s, want 2 s", even)
	}
	now += 20 * time.Second
	for range 500 {
		if at, _ := b.picture(now, false); at > now {
			t.Fatalf("stamped %s after its arrival", at-now)
		}
		now += ms
	}
	if even := b.c.Even(now); even > 50*ms {
		t.Errorf("even for %s in a burst", even)
	}
	if !b.c.Settled(now) || (&Clock{}).Settled(now) {
		t.Error("settled")
	}
}

func FuzzMap(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6})
	f.Fuzz(func(t *testing.T, b []byte) {
		var c Clock
		c.Format(&sample.AudioFormat{Codec: sample.AAC, Rate: 44100, Channels: 2})
		now, dts, last := epoch, time.Duration(0), time.Duration(0)
		for i := 0; i+2 < len(b); i += 3 {
			now += time.Duration(b[i]) * ms
			dts += time.Duration(int8(b[i+1])) * 20 * ms
			if b[i+1] == 0x7f {
				dts += time.Duration(int8(b[i+2])) * time.Hour
			}
			track := sample.Track(b[i+2] & 1)
			s, _ := c.Map(sample.Sample{Track: track, DTS: dts, PTS: dts}, now, true)
			if track == sample.Video {
				if s.DTS <= last || s.PTS < s.DTS {
					t.Fatalf("DTS %s after %s, PTS %s", s.DTS, last, s.PTS)
				}
				last = s.DTS
			}
		}
	})
}
