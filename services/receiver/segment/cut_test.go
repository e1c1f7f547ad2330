package segment

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/receiver/sample"
)

// first is when the samples of these tests begin, second 900000000 of segments of 2 s.
const first = 1_800_000_000 * time.Second

// format is that of pictures without sound, whose size is told by the last byte.
func format(pps byte, sound bool) sample.Format {
	f := sample.Format{Video: &sample.VideoFormat{
		Codec: sample.H264, PPS: []byte{104, 206, 15, pps},
		SPS: []byte{103, 66, 192, 12, 218, 5, 6, 126, 124, 4, 64, 0, 0, 3, 0, 64, 0, 0, 12, 131, 197, 10, 168},
	}}
	if sound {
		f.Audio = &sample.AudioFormat{Codec: sample.AAC, Config: []byte{0x11, 0x90}, Rate: 48000, Channels: 2}
	}
	return f
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func picture25(at time.Duration, key bool) sample.Sample {
	return sample.Sample{DTS: first + at, PTS: first + at, Sync: key, Data: []byte{0, 0, 0, 1, byte(at / ms(40))}}
}

// play gives pictures of 25 a second from a time up to another, with key frames at some times.
func (st *station) play(from, to time.Duration, keys ...time.Duration) {
	for at := from; at < to; at += ms(40) {
		x := picture25(at, slices.Contains(keys, at))
		st.take(st.s.Add(x, x.DTS))
	}
}

// hear gives frames of sound from one number up to another.
func (st *station) hear(from, to int, now time.Duration) {
	for n := from; n < to; n++ {
		at := first + sample.At(int64(n)*1024, 48000)
		st.take(st.s.Add(sample.Sample{Track: sample.Audio, DTS: at, PTS: at, Sync: true, Data: []byte{byte(n), byte(n >> 8)}}, now))
	}
}

// said is the segments in short: how long each is, with - when it does not begin with a key
// frame and | when a discontinuity is before it.
func (st *station) said() string {
	var list []string
	for _, s := range st.out.Segments {
		text := strings.TrimSuffix(s.Duration.String(), "s")
		if !s.Independent {
			text = "-" + text
		}
		if s.Discontinuity {
			text = "|" + text
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

func every(step, to time.Duration) (list []time.Duration) {
	for t := time.Duration(0); t < to; t += step {
		list = append(list, t)
	}
	return list
}

func TestSegmentsBeginWhereTheKeyFramesAllow(t *testing.T) {
	for _, c := range []struct {
		name   string
		length time.Duration // given
		keys   []time.Duration
		want   string
		target int
		rare   bool
	}{
		{"every 2 s", 0, every(ms(2000), ms(9000)), "2 2 2 2", 2, false},
		{"every second: two each", 0, every(ms(1000), ms(9000)), "2 2 2 2", 2, false},
		{"every 2.2 s: a bit longer than the target", 0, every(ms(2200), ms(9000)), "2.2 2.2 2.2 2.2", 2, false},
		{"every 2.4 s: the next even number", 0, every(ms(2400), ms(10000)), "2.4 2.4 2.4", 4, false},
		{"every 3 s", 0, every(ms(3000), ms(10000)), "3 3 3", 4, false},
		{"every 6 s", 0, every(ms(6000), ms(13000)), "6 6", 6, false},
		{"every 8 s: to be encoded", 0, every(ms(8000), ms(17000)), "6.28 -1.72 6.28", 6, true},
		{"one by one, when half a second is asked for", ms(500), every(ms(1000), ms(4500)), "1 1 1 1", 2, false},
		{"4 s are asked for", ms(4000), every(ms(1000), ms(9000)), "4 4", 4, false},
		{"one that comes early: the next may be too late", 0, []time.Duration{0, ms(2000), ms(3000), ms(5000), ms(7000)}, "2 1 2 2", 2, false},
		{"one that comes at once merges", 0, []time.Duration{0, ms(2000), ms(2200), ms(4200), ms(6200)}, "2 2.2 2", 2, false},
		{"every 1.52 s", 0, every(ms(1520), ms(7000)), "1.52 1.52 1.52", 2, false},
		{"one that is missing splits", 0, []time.Duration{0, ms(2000), ms(6000), ms(8000)}, "2 2.28 -1.72 2", 2, false},
		{"2 s are asked for, key frames come every 4 s", ms(2000), every(ms(4000), ms(9000)), "2.28 -1.72 2.28 -1.72", 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := on(t, c.length, State{})
			st.begin(format(200, false), false)
			st.play(0, c.keys[len(c.keys)-1]+ms(1000), c.keys...)
			if got := st.said(); !strings.HasPrefix(got+" ", c.want+" ") {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got := st.s.State(); got.Target() != c.target || got.Rare != c.rare || !st.s.Known() {
				t.Errorf("got target %d, rare %t, want %d, %t", got.Target(), got.Rare, c.target, c.rare)
			}
			for _, s := range st.out.Segments {
				if int(s.Duration.Round(time.Second)/time.Second) > c.target {
					t.Errorf("segment %d lasts %s, more than %d s", s.MSN, s.Duration, c.target)
				}
			}
			if st.out.Segments[0].MSN != 900_000_000 {
				t.Errorf("the first number is %d, want that of the time in steps of 2 s", st.out.Segments[0].MSN)
			}
			st.check()
		})
	}
}

func TestALastPictureThatStandsStill(t *testing.T) {
	for _, c := range []struct {
		name string
		to   time.Duration // when the next key frame comes
		want string
	}{
		{"not at all", ms(3440), "2 1.44"},
		{"up to just below half a second more", ms(4480), "2 2.48"},
		{"longer: it begins a segment by itself", ms(4600), "2 1.4 -1.2"},
		{"for as long as a segment is", ms(5880), "2 1.4 -2.48"},
		{"for longer: the timeline is broken", ms(6000), "2 1.4 -2 |2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := on(t, ms(2000), State{})
			st.begin(format(200, false), false)
			st.play(0, ms(3440), 0, ms(2000))
			st.play(c.to, c.to+ms(3000), c.to, c.to+ms(2000))
			st.take(st.s.End())
			if got := st.said(); !strings.HasPrefix(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
			st.check()
		})
	}
}

func TestAnotherFormatHasAnInitializationSectionOfItsOwn(t *testing.T) {
	st := on(t, 0, State{})
	for i, f := range []sample.Format{format(200, true), format(201, true), format(200, true)} {
		from := ms(3000 * i)
		st.begin(f, false)
		st.hear(i*141, i*141+70, first+from)
		st.play(from, from+ms(3000), from, from+ms(2000))
		st.hear(i*141+70, i*141+141, first+from)
	}
	st.take(st.s.End())
	st.check()
	if got, want := st.said(), "2 1 |2 1 |2 1"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	s := st.out.Segments
	if a, b, c := s[1].Init, s[2].Init, s[4].Init; a.Name == b.Name || a.Name != c.Name || a.Number != 1 || b.Number != 2 || c.Number != 3 {
		t.Errorf("got %s %d, %s %d, %s %d, want the first and the third to be the same", a.Name, a.Number, b.Name, b.Number, c.Name, c.Number)
	} else if a.Stretch != 1 || b.Stretch != 1 || c.Stretch != 1 {
		t.Errorf("got stretches %d, %d, %d, want one: only the pictures' parameter sets differ", a.Stretch, b.Stretch, c.Stretch)
	}
	if s[5].Discontinuities != 2 || s[1].End() != s[2].Start {
		t.Errorf("got %d discontinuities, %s and %s, want two and no gap", s[5].Discontinuities, s[1].End(), s[2].Start)
	}
	sound := 0
	for _, one := range s {
		sound += samplesOf(t, one, audioTrack)
	}
	if sound != 3*141 {
		t.Errorf("got %d frames of sound, want all of %d", sound, 3*141)
	}
}

func samplesOf(t *testing.T, s Segment, track uint32) (n int) {
	t.Helper()
	list, err := fmp4.CheckSegment(s.Data())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if run, ok := f.Track(track); ok {
			n += run.Samples
		}
	}
	return n
}

func TestAnEqualFormatGoesOnInTheSameSegment(t *testing.T) {
	st := on(t, 0, State{})
	st.begin(format(200, false), false)
	st.play(0, ms(3000), 0, ms(2000))
	st.begin(format(200, false), false)
	st.play(ms(3000), ms(7040), ms(3000), ms(5000), ms(7000))
	if got, want := st.said(), "2 1 2 2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	st.check()
}

func TestSoundThatIsTooLateComesWithTheNextFragment(t *testing.T) {
	st := on(t, 0, State{})
	st.begin(format(200, true), false)
	st.hear(0, 60, first)
	st.play(0, ms(2040), 0, ms(2000))
	if len(st.out.Segments) != 0 {
		t.Fatal("the segment is finished without its sound")
	}
	st.take(st.s.Tick(first + ms(2299)))
	if len(st.out.Segments) != 0 {
		t.Fatal("it did not wait for 300 ms")
	}
	st.take(st.s.Tick(first + ms(2300)))
	if len(st.out.Segments) != 1 {
		t.Fatal("it waits for longer than 300 ms")
	}
	st.hear(60, 200, first+ms(2310))
	st.play(ms(2040), ms(4040), ms(4000))
	st.take(st.s.End())
	st.check()
	if a, b := samplesOf(t, st.out.Segments[0], audioTrack), samplesOf(t, st.out.Segments[1], audioTrack); a != 59 || a+b < 185 {
		t.Errorf("got %d and %d frames of sound, want 59, since the last one has no end, and all others", a, b)
	}
}

func TestSlatesAreMarked(t *testing.T) {
	st := on(t, 0, State{})
	st.begin(format(200, false), false)
	st.play(0, ms(4200), 0, ms(2000), ms(4000))
	st.begin(format(200, false), true)
	st.play(ms(4200), ms(8200), ms(4200), ms(6000), ms(8000))
	st.begin(format(200, false), false)
	st.play(ms(8200), ms(12040), ms(8200), ms(10000), ms(12000))
	st.check()
	var got []string
	for _, s := range st.out.Segments {
		text := fmt.Sprint((s.Start - first).Seconds())
		if s.Filler {
			text += " filler"
			if !strings.HasPrefix(string(s.Data()[4:]), "stypslat") {
				t.Errorf("segment %d does not begin with styp slat: %q", s.MSN, s.Data()[:16])
			}
		}
		for _, slate := range s.Slates {
			text += fmt.Sprintf(" %g", (slate.Start - first).Seconds())
			if slate.End > 0 {
				text += fmt.Sprintf("-%g", (slate.End - first).Seconds())
			}
		}
		got = append(got, text)
	}
	want := []string{"0", "2", "4 4.2", "6 filler 4.2", "8 4.2-8.2", "10"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAfterARestartTheTimelineGoesOn(t *testing.T) {
	before := on(t, 0, State{})
	before.begin(format(200, false), false)
	before.play(0, ms(4040), every(ms(2000), ms(5000))...)
	kept := before.s.State()
	if kept.Next != 900_000_002 || kept.End != first+ms(4000) || kept.Length != 2*time.Second {
		t.Fatalf("got %+v", kept)
	}
	for _, c := range []struct {
		name string
		at   time.Duration
		f    sample.Format
		want string
	}{
		{"at its end", ms(4000), format(200, false), "2"},
		{"a picture later", ms(4040), format(200, false), "2"},
		{"much later", ms(9000), format(200, false), "|2"},
		{"in another format", ms(4000), format(201, false), "|2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := on(t, 0, kept)
			if !st.s.Known() {
				t.Error("the key frames are unknown")
			}
			st.begin(c.f, true)
			st.play(c.at, c.at+ms(2040), c.at, c.at+ms(2000))
			if got := st.said(); got != c.want || st.out.Segments[0].MSN != kept.Next {
				t.Errorf("got %s with number %d, want %s with %d", got, st.out.Segments[0].MSN, c.want, kept.Next)
			}
		})
	}
}

func TestFragmentsAreShortAndOneBeginsWithEachKeyFrame(t *testing.T) {
	st := on(t, 0, State{})
	st.begin(format(200, false), false)
	st.play(0, ms(2040), 0, ms(1000), ms(2000))
	var got []string
	for _, f := range st.out.Fragments {
		text := fmt.Sprint((f.Start - first).Milliseconds())
		if f.Key {
			text += "*"
		}
		got = append(got, text)
	}
	if want := strings.Fields("0* 400 800 1000* 1400 1800"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFormatThatCannotBeAiredIsRefused(t *testing.T) {
	st := on(t, 0, State{})
	for _, f := range []sample.Format{
		{},
		{Video: &sample.VideoFormat{Codec: "VP9"}},
		{Video: format(200, false).Video, Audio: &sample.AudioFormat{Codec: sample.AAC, Rate: 48000}},
		{Video: format(200, false).Video, Audio: &sample.AudioFormat{Codec: sample.AAC, Config: []byte{0x11, 0x90}}},
		{Video: &sample.VideoFormat{Codec: sample.H264, SPS: []byte{1}, PPS: []byte{1}}},
	} {
		if err := st.s.Begin(Generation{Format: f}); err == nil {
			t.Errorf("%+v: got no error", f)
		}
	}
}

func TestTheInitHasNoBitrates(t *testing.T) {
	in, err := NewInit(format(200, true))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := fmp4.ParseInit(in.Data)
	if err != nil || len(parsed.Tracks) != 2 || parsed.Tracks[0].Codec != "avc1.42c00c" || parsed.Tracks[1].Codec != "mp4a.40.2" {
		t.Errorf("got %+v, %v", parsed, err)
	}
	n := 0
	for rest := string(in.Data); ; n++ {
		i := strings.Index(rest, "btrt")
		if i < 0 {
			break
		}
		if got := rest[i+4 : i+16]; got != strings.Repeat("\x00", 12) {
			t.Errorf("btrt has %x", got)
		}
		rest = rest[i+4:]
	}
	esds := strings.Index(string(in.Data), "esds")
	if n != 2 || esds < 0 || strings.Contains(string(in.Data[esds:esds+50]), "\x00\x01\xf7\x39") {
		t.Errorf("got %d btrt, and %x", n, in.Data[esds:esds+50])
	}
}

func TestAStretchEndsWhereADecoderCannotGoOn(t *testing.T) {
	plain := format(200, true)
	other, rate := *plain.Audio, *plain.Audio
	other.Codec, other.Config, other.Rate = sample.Opus, nil, 48000
	rate.Rate, rate.Config = 44100, []byte{0x12, 0x10}
	st := on(t, 0, State{})
	for _, c := range []struct {
		name string
		f    sample.Format
		want int
	}{
		{"the first", plain, 1},
		{"other parameter sets", format(201, true), 1},
		{"another rate of sound", sample.Format{Video: plain.Video, Audio: &rate}, 2},
		{"another codec of sound", sample.Format{Video: plain.Video, Audio: &other}, 3},
		{"no sound", format(200, false), 4},
		{"sound again", plain, 5},
	} {
		st.begin(c.f, false)
		if got := st.s.Init().Stretch; got != c.want {
			t.Errorf("%s: got stretch %d, want %d", c.name, got, c.want)
		}
	}
}
