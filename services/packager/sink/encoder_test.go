package sink_test

import (
	"errors"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/disktest"
	"livestream-tui/services/packager/sink"
	"livestream-tui/services/packager/sinktest"
	"livestream-tui/services/packager/window"
)

// isRefused reports whether an error is a refusal for a reason.
func isRefused(err error, reason sink.Reason) bool {
	var no *sink.Refusal
	return errors.As(err, &no) && no.Reason == reason
}

// encoder is another encoder than ours: its segments need not be equally long, nor
// begin at a multiple of anything.
type encoder struct {
	*sinktest.Worker
	begins map[int64]time.Duration // on its timeline
	lasts  map[int64]time.Duration
}

func (e *encoder) segment(msn int64) []byte {
	return disktest.SegmentAt(e.begins[msn], e.lasts[msn], msn, "another encoder")
}

// say lists segments from one number to another.
func (e *encoder) say(from, to int64, discontinuity bool) {
	e.T.Helper()
	for msn := from; msn <= to; msn++ {
		e.Add(msn)
		s := &e.List.Segments[len(e.List.Segments)-1]
		s.Duration, s.ProgramDateTime = e.lasts[msn], time.Time{}
		s.Discontinuity = discontinuity && msn == from
	}
	e.Must(media.PlaylistName, e.List.Encode())
}

func TestSegmentsOfAnotherEncoderAreTaken(t *testing.T) {
	for _, c := range []struct {
		name  string
		first int64
		zero  time.Duration
		lasts func(i int64) time.Duration
	}{
		{"from zero", 0, 0, func(int64) time.Duration { return 2 * time.Second }},
		{"from number one", 1, 0, func(int64) time.Duration { return 2 * time.Second }},
		{"longer segments", 7, 0, func(int64) time.Duration { return 2480 * time.Millisecond }},
		{"29.97 frames a second", 100, 3 * time.Minute, func(int64) time.Duration { return 2002 * time.Millisecond }},
		{"each of another length", 5, 1234567 * time.Microsecond, func(i int64) time.Duration { return time.Duration(1900+97*(i%5)) * time.Millisecond }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sinktest.New(t, false)
			e := &encoder{sinktest.NewWorker(b), map[int64]time.Duration{}, map[int64]time.Duration{}}
			at := c.zero
			for n := c.first; n < c.first+20; n++ {
				e.begins[n], e.lasts[n] = at, c.lasts(n)
				at += c.lasts(n)
			}
			e.Must(e.Init, disktest.InitOf(e.Init))
			for n := c.first; n < c.first+10; n++ {
				e.Must(media.SegmentName(n), e.segment(n))
				e.say(n, n, false)
				b.Pass(2 * time.Second)
				if got := b.Snapshot(); got == nil || got.Newest() != n {
					t.Fatalf("msn %d: got %s", n, b.Shown())
				}
			}
			n := c.first + 10
			if err := e.Bring(media.SegmentName(n), e.segment(n+1)); !isRefused(err, sink.Malformed) {
				t.Errorf("another number's time: got %v, want it refused", err)
			}
			if err := e.Bring(media.SegmentName(n), e.segment(n-1)); !isRefused(err, sink.Malformed) {
				t.Errorf("the time of the one before: got %v, want it refused", err)
			}
			e.Must(media.SegmentName(n), e.segment(n))
			e.say(n, n, false)
			if got := b.Snapshot(); got.Newest() != n || got.List.DiscontinuitySequence != 0 {
				t.Errorf("got %s, discontinuity sequence %d, want no discontinuity", b.Shown(), got.List.DiscontinuitySequence)
			}
		})
	}
}

func TestAnEncoderThatBeginsAnewIsTakenAsItSays(t *testing.T) {
	b := sinktest.New(t, false)
	e := &encoder{sinktest.NewWorker(b), map[int64]time.Duration{}, map[int64]time.Duration{}}
	for n := range int64(20) {
		e.begins[n], e.lasts[n] = time.Duration(n)*2*time.Second, 2*time.Second
	}
	for n := range int64(10) {
		e.begins[100+n], e.lasts[100+n] = time.Duration(n)*2*time.Second, 2*time.Second
	}
	e.begins[4] = 0 // it begins anew under the next number
	e.begins[5] = 2 * time.Second
	e.Must(e.Init, disktest.InitOf(e.Init))
	for n := range int64(4) {
		e.Must(media.SegmentName(n), e.segment(n))
	}
	e.say(0, 3, false)
	b.Want("at first", "0 1 2 3")
	if err := e.Bring("4.m4s", e.segment(4)); !isRefused(err, sink.Malformed) {
		t.Errorf("nothing says that it begins elsewhere: got %v, want it refused", err)
	}
	e.say(4, 4, true)
	e.Must("4.m4s", e.segment(4))
	e.Must("5.m4s", e.segment(5))
	e.say(5, 5, false)
	b.Want("its playlist says so", "2 3 !4 5")
	// Far from where it was it cannot be taken for another number. When it does not say
	// that it began anew, a discontinuity is marked.
	e.begins[6], e.begins[7] = time.Hour-30*time.Minute, time.Hour-30*time.Minute+2*time.Second
	b.Pass(time.Hour)
	e.Must("6.m4s", e.segment(6))
	e.Must("7.m4s", e.segment(7))
	e.say(6, 7, false)
	b.Want("without a word", "!4 5 !6 7")
	// And when it jumps without saying so.
	for n := int64(100); n < 104; n++ {
		e.Must(media.SegmentName(n), e.segment(n))
	}
	e.say(100, 103, false)
	b.Pass(3 * time.Second)
	b.Want("behind a jump", "!100 101 102 103")
}

func TestASegmentUnlikeItsPlaylistEntryBecomesAGap(t *testing.T) {
	b := sinktest.New(t, false)
	p := sinktest.NewWorker(b)
	p.Publish(100, 103)
	p.Must("104.m4s", disktest.SegmentAt(208*time.Second, 1500*time.Millisecond, 104, "live01"))
	p.Add(104)
	p.Must(media.PlaylistName, p.List.Encode())
	b.Want("at once", "100 101 102 103")
	p.Add(105)
	if err := p.Bring("105.m4s", p.Segment(105)); !isRefused(err, sink.Malformed) {
		t.Errorf("it does not go on from 104: got %v, want it refused", err)
	}
	p.Publish(106, 106)
	b.Pass(3 * time.Second)
	b.Want("in the end", "103 -104 -105 106")
	if got := b.Log.Count("it lasts 1.5s, its playlist says 2s"); got == 0 {
		t.Error("nobody says why")
	}
}

func TestOnlyALongerTargetDurationIsAConflict(t *testing.T) {
	b := sinktest.New(t, false)
	p := sinktest.NewWorker(b)
	p.Publish(100, 103)
	list := p.List
	list.TargetDuration = 3
	if err := p.Bring(media.PlaylistName, list.Encode()); !isRefused(err, sink.Conflict) {
		t.Errorf("longer: got %v, want a conflict", err)
	}
	p.Init, p.Grid.Segment, p.List = "init-bbbb.mp4", time.Second, disktest.NewList()
	p.List.TargetDuration = 1
	p.Publish(208, 211)
	b.Pass(3 * time.Second)
	b.Want("shorter", "!208 209 210 211")
	if got := b.Snapshot().List.TargetDuration; got != 2 {
		t.Errorf("got target duration %d, want 2 still", got)
	}
}

func TestADeletedSignalEnds(t *testing.T) {
	b := sinktest.New(t, false)
	p := sinktest.NewWorker(b)
	p.Publish(100, 103)
	if err := b.Sink.End("live01"); err != nil {
		t.Fatal(err)
	}
	if got := b.Sink.Names(); len(got) != 0 {
		t.Errorf("got %v that go on, want none", got)
	}
	b.Pass(2 * time.Second)
	b.Want("another may have it still", "100 101 102 103")
	b.Pass(time.Second)
	b.Want("nobody has", "100 101 102 103 end")
	b.Pass(sink.Lingers - 3*time.Second - 1)
	b.Want("while players find it", "100 101 102 103 end")
	b.Pass(1)
	b.Want("45 s after the DELETE", "gone")
	if b.Snapshot().Media["103.m4s"] == nil {
		t.Error("the media went with the playlist")
	}
	b.Pass(sink.MediaLingers)
	if b.Sink.Knows("live01") {
		t.Error("it is known still")
	}
	p.Publish(130, 133)
	b.Want("it is back", "130 131 132 133")
}

func TestADeleteOfOneOfTwoWorkersEndsNothing(t *testing.T) {
	b := sinktest.New(t, false)
	one, two := sinktest.NewWorker(b), sinktest.NewWorker(b)
	one.Publish(100, 103)
	two.Publish(100, 103)
	if err := b.Sink.End("live01"); err != nil {
		t.Fatal(err)
	}
	b.Pass(2 * time.Second)
	two.Publish(104, 104)
	if got := b.Sink.Names(); len(got) != 1 {
		t.Errorf("got %v that go on, want live01", got)
	}
	for n := int64(105); n < 140; n++ {
		b.Pass(2 * time.Second)
		two.Publish(n, n)
	}
	b.Want("much later", "136 137 138 139")
}

func TestASignalThatIsBackAfterItsEndGoesOn(t *testing.T) {
	b := sinktest.New(t, false)
	p := sinktest.NewWorker(b)
	p.Publish(100, 103)
	if err := b.Sink.End("live01"); err != nil {
		t.Fatal(err)
	}
	b.Pass(3 * time.Second)
	b.Want("ended", "100 101 102 103 end")
	p.Must("103.m4s", p.Segment(103)) // a straggler brings nothing new
	b.Want("still", "100 101 102 103 end")
	p.Init = "init-bbbb.mp4"
	p.Publish(104, 104)
	b.Want("back", "101 102 103 !104")
	if got := b.Sink.Names(); len(got) != 1 {
		t.Errorf("got %v that go on, want live01", got)
	}
	b.Pass(sink.Lingers + sink.MediaLingers)
	b.Want("for good", "101 102 103 !104")
}

func TestASignalThatWasNeverShownEndsWithoutAWord(t *testing.T) {
	b := sinktest.New(t, false)
	p := sinktest.NewWorker(b)
	p.Must(p.Init, disktest.InitOf(p.Init))
	if err := b.Sink.End("live01"); err != nil {
		t.Fatal(err)
	}
	b.Pass(time.Minute)
	if b.Sink.Knows("live01") || b.Log.Count("signal ended") != 0 {
		t.Errorf("got known %t, %d lines that it ended, want neither", b.Sink.Knows("live01"), b.Log.Count("signal ended"))
	}
}

func TestASignalWithoutAWorkerEndsEventually(t *testing.T) {
	b := sinktest.New(t, false)
	p := sinktest.NewWorker(b)
	p.Publish(100, 103)
	b.Pass(sink.SilentMost)
	b.Want("silent", "100 101 102 103")
	b.Pass(time.Second)
	b.Pass(0)
	b.Want("for too long", "100 101 102 103 end")
}

func TestCopiesThatWorkersEncodeApartAreEqualByTheirTimes(t *testing.T) {
	bring := func(b *sinktest.Bench, name string, body []byte, encoded bool) error {
		m, err := window.ParseMedia(name, body)
		if err != nil {
			t.Fatal(err)
		}
		m.Encoded = encoded
		return b.Sink.Put("live01", m, time.Time{})
	}
	at, lasts := 200*time.Second, 2*time.Second
	for _, c := range []struct {
		name          string
		first, second bool // are encoded apart
		late          time.Duration
		want          error // nil: a conflict
	}{
		{"both are", true, true, 0, sink.ErrSame},
		{"both are, at other times", true, true, 40 * time.Millisecond, nil},
		{"the second is not", true, false, 0, nil},
		{"the first was not", false, true, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sinktest.New(t, false)
			p := sinktest.NewWorker(b)
			p.Must(p.Init, disktest.InitOf(p.Init))
			if err := bring(b, "100.m4s", disktest.SegmentAt(at, lasts, 100, "one"), c.first); err != nil {
				t.Fatal(err)
			}
			err := bring(b, "100.m4s", disktest.SegmentAt(at+c.late, lasts, 100, "two"), c.second)
			if c.want != nil && !errors.Is(err, c.want) || c.want == nil && !isRefused(err, sink.Conflict) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestWhatALiveSignalListsReachesPlayers(t *testing.T) {
	b := sinktest.New(t, false)
	p := sinktest.NewWorker(b)
	p.Publish(100, 101)
	p.List.IndependentSegments = false
	p.Must("102.m4s", p.Segment(102))
	p.Add(102)
	p.List.Segments[2].DateRanges = []m3u8.DateRange{{Attributes: []m3u8.Attribute{{Name: "ID", Value: "slate-1", Quoted: true}}}}
	p.Must(media.PlaylistName, p.List.Encode())
	got := b.Snapshot().List
	if len(got.Segments) != 3 || len(got.Segments[2].DateRanges) != 1 || len(got.Segments[1].DateRanges) != 0 {
		t.Errorf("got %+v, want the date range before segment 102", got.Segments)
	}
	if got.IndependentSegments {
		t.Error("a segment need not begin with a key frame, but the playlist says that each does")
	}
}
