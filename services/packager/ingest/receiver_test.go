package ingest

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/disktest"
)

// statusOf is the status that an error is answered with, 204 for none.
func statusOf(err error) int {
	var no *refusal
	switch {
	case err == nil, errors.Is(err, errSame):
		return http.StatusNoContent
	case errors.As(err, &no):
		return no.status
	}
	return http.StatusInternalServerError
}

// encoder is another encoder than ours: its segments need not be equally long, nor
// begin at a multiple of anything.
type encoder struct {
	*brought
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
	e.must(media.PlaylistName, e.List.Encode())
}

func TestWhatAnotherEncoderCutsIsTaken(t *testing.T) {
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
			b := newBench(t, false)
			e := &encoder{newBrought(b), map[int64]time.Duration{}, map[int64]time.Duration{}}
			at := c.zero
			for n := c.first; n < c.first+20; n++ {
				e.begins[n], e.lasts[n] = at, c.lasts(n)
				at += c.lasts(n)
			}
			e.must(e.Init, disktest.InitOf(e.Init))
			for n := c.first; n < c.first+10; n++ {
				e.must(media.SegmentName(n), e.segment(n))
				e.say(n, n, false)
				b.pass(2 * time.Second)
				if got := b.snapshot(); got == nil || got.Newest() != n {
					t.Fatalf("msn %d: got %s", n, b.shown())
				}
			}
			n := c.first + 10
			if err := e.bring(media.SegmentName(n), e.segment(n+1)); statusOf(err) != http.StatusBadRequest {
				t.Errorf("another number's time: got %v, want it refused", err)
			}
			if err := e.bring(media.SegmentName(n), e.segment(n-1)); statusOf(err) != http.StatusBadRequest {
				t.Errorf("the time of the one before: got %v, want it refused", err)
			}
			e.must(media.SegmentName(n), e.segment(n))
			e.say(n, n, false)
			if got := b.snapshot(); got.Newest() != n || got.List.DiscontinuitySequence != 0 {
				t.Errorf("got %s, discontinuity sequence %d, want no discontinuity", b.shown(), got.List.DiscontinuitySequence)
			}
		})
	}
}

func TestAnEncoderThatBeginsAnewIsTakenAsItSays(t *testing.T) {
	b := newBench(t, false)
	e := &encoder{newBrought(b), map[int64]time.Duration{}, map[int64]time.Duration{}}
	for n := range int64(20) {
		e.begins[n], e.lasts[n] = time.Duration(n)*2*time.Second, 2*time.Second
	}
	for n := range int64(10) {
		e.begins[100+n], e.lasts[100+n] = time.Duration(n)*2*time.Second, 2*time.Second
	}
	e.begins[4] = 0 // anew, under the next number
	e.begins[5] = 2 * time.Second
	e.must(e.Init, disktest.InitOf(e.Init))
	for n := range int64(4) {
		e.must(media.SegmentName(n), e.segment(n))
	}
	e.say(0, 3, false)
	b.want("at first", "0 1 2 3")
	if err := e.bring("4.m4s", e.segment(4)); statusOf(err) != http.StatusBadRequest {
		t.Errorf("nothing says that it begins elsewhere: got %v, want it refused", err)
	}
	e.say(4, 4, true)
	e.must("4.m4s", e.segment(4))
	e.must("5.m4s", e.segment(5))
	e.say(5, 5, false)
	b.want("its playlist says so", "2 3 !4 5")
	// Far from where it was nobody takes it for another number, and where it does not
	// say so it is marked.
	e.begins[6], e.begins[7] = time.Hour-30*time.Minute, time.Hour-30*time.Minute+2*time.Second
	b.pass(time.Hour)
	e.must("6.m4s", e.segment(6))
	e.must("7.m4s", e.segment(7))
	e.say(6, 7, false)
	b.want("without a word", "!4 5 !6 7")
	// And where it jumps without a word.
	for n := int64(100); n < 104; n++ {
		e.must(media.SegmentName(n), e.segment(n))
	}
	e.say(100, 103, false)
	b.pass(3 * time.Second)
	b.want("behind a jump", "!100 101 102 103")
}

func TestASegmentThatIsNotWhatItsPlaylistSaysBecomesAGap(t *testing.T) {
	b := newBench(t, false)
	p := newBrought(b)
	p.publish(100, 103)
	p.must("104.m4s", disktest.SegmentAt(208*time.Second, 1500*time.Millisecond, 104, "live01"))
	p.Add(104)
	p.must(media.PlaylistName, p.List.Encode())
	b.want("at once", "100 101 102 103")
	p.Add(105)
	if err := p.bring("105.m4s", p.Segment(105)); statusOf(err) != http.StatusBadRequest {
		t.Errorf("it does not go on from 104: got %v, want it refused", err)
	}
	p.publish(106, 106)
	b.pass(3 * time.Second)
	b.want("in the end", "103 -104 -105 106")
	if got := b.log.count("it lasts 1.5s, its playlist says 2s"); got == 0 {
		t.Error("nobody says why")
	}
}

func TestOnlyALongerTargetDurationIsAConflict(t *testing.T) {
	b := newBench(t, false)
	p := newBrought(b)
	p.publish(100, 103)
	list := p.List
	list.TargetDuration = 3
	if err := p.bring(media.PlaylistName, list.Encode()); statusOf(err) != http.StatusConflict {
		t.Errorf("longer: got %v, want a conflict", err)
	}
	p.Init, p.Grid.Segment, p.List = "init-bbbb.mp4", time.Second, disktest.NewList()
	p.List.TargetDuration = 1
	p.publish(208, 211)
	b.pass(3 * time.Second)
	b.want("shorter", "!208 209 210 211")
	if got := b.snapshot().List.TargetDuration; got != 2 {
		t.Errorf("got target duration %d, want 2 still", got)
	}
}

func TestADeletedSignalEnds(t *testing.T) {
	b := newBench(t, false)
	p := newBrought(b)
	p.publish(100, 103)
	if err := b.k.End("live01"); err != nil {
		t.Fatal(err)
	}
	if got := b.k.Names(); len(got) != 0 {
		t.Errorf("got %v that go on, want none", got)
	}
	b.pass(2 * time.Second)
	b.want("another may have it still", "100 101 102 103")
	b.pass(time.Second)
	b.want("nobody has", "100 101 102 103 end")
	b.pass(lingers - 3*time.Second - 1)
	b.want("while players find it", "100 101 102 103 end")
	b.pass(1)
	b.want("45 s after the DELETE", "gone")
	if b.snapshot().Media["103.m4s"] == nil {
		t.Error("the media went with the playlist")
	}
	b.pass(mediaLingers)
	if b.k.Knows("live01") {
		t.Error("it is known still")
	}
	p.publish(130, 133)
	b.want("it is back", "130 131 132 133")
}

func TestADeleteOfOneOfTwoWorkersEndsNothing(t *testing.T) {
	b := newBench(t, false)
	one, two := newBrought(b), newBrought(b)
	one.publish(100, 103)
	two.publish(100, 103)
	if err := b.k.End("live01"); err != nil {
		t.Fatal(err)
	}
	b.pass(2 * time.Second)
	two.publish(104, 104)
	if got := b.k.Names(); len(got) != 1 {
		t.Errorf("got %v that go on, want live01", got)
	}
	for n := int64(105); n < 140; n++ {
		b.pass(2 * time.Second)
		two.publish(n, n)
	}
	b.want("much later", "136 137 138 139")
}

func TestASignalThatIsBackAfterItsEndGoesOn(t *testing.T) {
	b := newBench(t, false)
	p := newBrought(b)
	p.publish(100, 103)
	if err := b.k.End("live01"); err != nil {
		t.Fatal(err)
	}
	b.pass(3 * time.Second)
	b.want("ended", "100 101 102 103 end")
	p.must("103.m4s", p.Segment(103)) // a straggler brings nothing new
	b.want("still", "100 101 102 103 end")
	p.Init = "init-bbbb.mp4"
	p.publish(104, 104)
	b.want("back", "101 102 103 !104")
	if got := b.k.Names(); len(got) != 1 {
		t.Errorf("got %v that go on, want live01", got)
	}
	b.pass(lingers + mediaLingers)
	b.want("for good", "101 102 103 !104")
}

func TestASignalThatWasNeverShownEndsWithoutAWord(t *testing.T) {
	b := newBench(t, false)
	p := newBrought(b)
	p.must(p.Init, disktest.InitOf(p.Init))
	if err := b.k.End("live01"); err != nil {
		t.Fatal(err)
	}
	b.pass(time.Minute)
	if b.k.Knows("live01") || b.log.count("signal ended") != 0 {
		t.Errorf("got known %t, %d lines that it ended, want neither", b.k.Knows("live01"), b.log.count("signal ended"))
	}
}

func TestASignalThatNobodyBringsEndsAtLast(t *testing.T) {
	b := newBench(t, false)
	p := newBrought(b)
	p.publish(100, 103)
	b.pass(silentMost)
	b.want("silent", "100 101 102 103")
	b.pass(time.Second)
	b.pass(0)
	b.want("for too long", "100 101 102 103 end")
}
