package segment

import (
	"bytes"
	"cmp"
	"slices"
	"testing"
	"time"

	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/receiver/sample"
	"livestream-tui/services/receiver/sampletest"
)

// epoch is when the samples of tests begin: it has a fraction that no timescale divides.
const epoch = 1_800_000_000*time.Second + 123_456_789

// station feeds samples to a segmenter, each at the time when its DTS is due.
type station struct {
	*testing.T
	s   *Segmenter
	out Output
}

func on(t *testing.T, length time.Duration, kept State) *station {
	return &station{T: t, s: New(length, kept)}
}

func (st *station) begin(f sample.Format, slate bool) {
	st.Helper()
	if err := st.s.Begin(Generation{Format: f, Slate: slate}); err != nil {
		st.Fatal(err)
	}
}

func (st *station) take(o Output) {
	st.out.Fragments = append(st.out.Fragments, o.Fragments...)
	st.out.Segments = append(st.out.Segments, o.Segments...)
}

// add gives samples that begin at a time after the epoch; each arrives late by late.
func (st *station) add(list []sample.Sample, at time.Duration, late func(sample.Sample) time.Duration) {
	type arrival struct {
		x  sample.Sample
		at time.Duration
	}
	var all []arrival
	for _, x := range list {
		x = x.Shifted(epoch + at)
		all = append(all, arrival{x, x.DTS + late(x)})
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	for _, a := range all {
		st.take(st.s.Add(a.x, a.at))
		st.take(st.s.Tick(a.at + time.Millisecond))
	}
}

func punctual(sample.Sample) time.Duration { return 0 }

// check parses everything and checks that the tracks have no gaps within a format, and that
// the segments are numbered and timed one after the other.
func (st *station) check() {
	st.Helper()
	due := map[uint32]uint64{}
	init := ""
	for i, s := range st.out.Segments {
		if i > 0 {
			before := st.out.Segments[i-1]
			if s.MSN != before.MSN+1 || !s.Discontinuity && s.Start != before.End() {
				st.Errorf("segment %d starts at %s, want %d at %s", s.MSN, s.Start, before.MSN+1, before.End())
			}
		}
		if s.Init.Name != init || s.Discontinuity {
			clear(due)
		}
		init = s.Init.Name
		list, err := fmp4.CheckSegment(s.Data())
		if err != nil {
			st.Fatalf("segment %d: %v", s.MSN, err)
		}
		for n, f := range list {
			if f.Sequence != uint32(s.MSN<<8)+uint32(n) {
				st.Errorf("segment %d: fragment %d has the number %d", s.MSN, n, f.Sequence)
			}
			if v, ok := f.Track(videoTrack); !ok || n == 0 && v.Independent != s.Independent {
				st.Errorf("segment %d, fragment %d: video %t, independent %t, want %t", s.MSN, n, ok, v.Independent, s.Independent)
			}
			for _, run := range f.Tracks {
				if want, ok := due[run.TrackID]; ok && run.DecodeTime != want {
					st.Errorf("segment %d, fragment %d: track %d begins at %d, want %d", s.MSN, n, run.TrackID, run.DecodeTime, want)
				}
				due[run.TrackID] = run.DecodeTime + run.Duration
			}
		}
	}
}

// decode has FFmpeg decode every stretch of one initialization section.
func (st *station) decode() {
	st.Helper()
	for list := st.out.Segments; len(list) > 0; {
		n := slices.IndexFunc(list, func(s Segment) bool { return s.Init != list[0].Init })
		if n < 0 {
			n = len(list)
		}
		b := slices.Clone(list[0].Init.Data)
		for _, s := range list[:n] {
			b = append(b, s.Data()...)
		}
		sampletest.Run(st.T, b, "-v", "warning", "-xerror", "-i", "-", "-f", "null", "-")
		list = list[n:]
	}
}

func TestRealSamplesBecomeSegmentsThatFFmpegDecodesWithoutAWarning(t *testing.T) {
	for _, c := range []struct {
		name   string
		source sampletest.Source
		want   []time.Duration // the first segments' lengths
	}{
		{"H.264 and AAC", sampletest.Source{Seconds: 9}, seconds(2, 2, 2, 2)},
		{"B-frames", sampletest.Source{Seconds: 9, Video: "-c:v libx264 -preset veryfast -bf 2"}, seconds(2, 2, 2, 2)},
		{"NTSC and 44.1 kHz", sampletest.Source{Seconds: 9, FPS: "30000/1001", GOP: 60, Audio: "-c:a aac -ar 44100 -ac 1"}, []time.Duration{2002 * time.Millisecond, 2002 * time.Millisecond, 2002 * time.Millisecond}},
		{"no sound", sampletest.Source{Seconds: 9, Audio: "-an"}, seconds(2, 2, 2, 2)},
		{"HEVC with B-frames", sampletest.Source{Seconds: 7, Video: "-c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=2:open-gop=0 -tag:v hvc1"}, seconds(2, 2, 2)},
		{"Opus", sampletest.Source{Seconds: 7, Audio: "-c:a libopus"}, seconds(2, 2, 2)},
		{"a key frame a second", sampletest.Source{Seconds: 7, GOP: 25}, seconds(2, 2, 2)},
		{"a key frame every 3 s: segments of 4 s at most", sampletest.Source{Seconds: 10, GOP: 75}, seconds(3, 3, 3)},
		{"a key frame every 5 s", sampletest.Source{Seconds: 16, GOP: 125}, seconds(5, 5, 5)},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, list := sampletest.Make(t, c.source)
			st := on(t, 0, State{})
			st.begin(f, false)
			st.add(list, 0, punctual)
			for i, want := range c.want {
				if len(st.out.Segments) <= i {
					t.Fatalf("got %d segments, want %d", len(st.out.Segments), len(c.want))
				}
				if got := st.out.Segments[i].Duration; (got - want).Abs() > time.Millisecond {
					t.Errorf("segment %d lasts %s, want %s", i, got, want)
				}
			}
			st.take(st.s.End())
			st.check()
			st.decode()
			total := 0
			for _, s := range st.out.Segments {
				total += samplesIn(t, s)
			}
			if total != len(list) {
				t.Errorf("got %d samples, want %d", total, len(list))
			}
		})
	}
}

func seconds(list ...time.Duration) []time.Duration {
	for i := range list {
		list[i] *= time.Second
	}
	return list
}

func samplesIn(t *testing.T, s Segment) int {
	t.Helper()
	list, err := fmp4.CheckSegment(s.Data())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range list {
		for _, run := range f.Tracks {
			n += run.Samples
		}
	}
	return n
}

func TestTheOrderOfTheTracksDoesNotChangeABit(t *testing.T) {
	f, list := sampletest.Make(t, sampletest.Source{Seconds: 9, Video: "-c:v libx264 -preset veryfast -bf 2"})
	var first []Segment
	for _, c := range []struct {
		name string
		late func(sample.Sample) time.Duration
	}{
		{"in step", punctual},
		{"sound 250 ms late", func(x sample.Sample) time.Duration { return time.Duration(x.Track) * 250 * time.Millisecond }},
		{"pictures 1 s late", func(x sample.Sample) time.Duration { return time.Duration(1-x.Track) * time.Second }},
	} {
		st := on(t, 0, State{})
		st.begin(f, false)
		st.add(list, 0, c.late)
		st.take(st.s.End())
		st.check()
		if first == nil {
			first = st.out.Segments
			continue
		}
		for i, s := range st.out.Segments {
			if !bytes.Equal(s.Data(), first[i].Data()) || s.Init.Name != first[i].Init.Name {
				t.Errorf("%s: segment %d differs", c.name, i)
			}
		}
	}
}
