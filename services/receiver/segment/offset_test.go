package segment

import (
	"testing"
	"time"

	"livestream-tui/services/hls/fmp4"
)

// A packager refuses a segment whose pictures do not last as long as its playlist says.
func TestASegmentBeforeAnotherDistanceFromDTSToPTSLastsAsLongAsItSays(t *testing.T) {
	st := on(t, 0, State{})
	play := func(from, to, offset time.Duration) {
		for at := from; at < to; at += ms(40) {
			x := picture25(at, at == from || at == from+ms(2000))
			x.PTS += offset
			st.take(st.s.Add(x, x.DTS))
		}
	}
	st.begin(format(200, false), false)
	play(0, ms(2400), 0)
	st.begin(format(201, false), false) // with B-frames
	play(ms(2400), ms(4800), ms(80))
	st.begin(format(200, false), false) // and without again, once the last picture was shown
	play(ms(4880), ms(7280), 0)
	st.take(st.s.End())
	if got, want := st.said(), "2 480m |2 400m |2 400m"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	for i, s := range st.out.Segments {
		list, err := fmp4.CheckSegment(s.Data())
		if err != nil {
			t.Fatal(err)
		}
		ticks := int64(0)
		for _, f := range list {
			if run, ok := f.Track(videoTrack); ok {
				ticks += int64(run.Duration)
			}
		}
		if lasts := time.Duration(ticks) * time.Second / videoScale; (lasts - s.Duration).Abs() > time.Millisecond {
			t.Errorf("segment %d: its pictures last %s, want %s", i, lasts, s.Duration)
		}
	}
}
