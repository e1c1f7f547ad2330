package timeline

import (
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

func TestSkipListsGapsOrBeginsAnewBeyondAWindow(t *testing.T) {
	line, c := begun(t, lists(100, 5, at(103, broken)))
	if n, gone, err := line.Skip(first(lists(107, 3))); n != 5 || gone != nil || err != nil {
		t.Fatalf("skip of two: got %d, %v and %v, want 5", n, gone, err)
	}
	want(t, show(t, line, c), "G105 G106 107 108 109")
	if got := line.Playlist().DiscontinuitySequence; got != 1 {
		t.Errorf("discontinuity sequence: got %d, want 1", got)
	}
	if o := offer(t, line, by(1, lists(103, 8))); o.added != 1 || o.Conflict != "" {
		t.Errorf("a peer that has the missing ones: got %+v, want one added", o)
	}
	show(t, line, c)
	listed := len(line.Entries)
	if n, gone, err := line.Skip(first(lists(200, 5))); n != 5 || len(gone) != listed || err != nil {
		t.Fatalf("skip beyond a window: got %d, %d gone and %v, want 5 and %d", n, len(gone), err, listed)
	}
	want(t, show(t, line, c), "D200 201 202 203 204")
	if got := line.Playlist().DiscontinuitySequence; got != 1 {
		t.Errorf("discontinuity sequence: got %d, want 1", got)
	}
	for msn := int64(205); msn < 210; msn++ {
		offer(t, line, first(lists(msn-4, 5)))
		show(t, line, c)
	}
	if got := line.Playlist().DiscontinuitySequence; got != 2 {
		t.Errorf("discontinuity sequence when it has slid out: got %d, want 2", got)
	}
	if n, _, _ := line.Skip(first(lists(205, 5))); n != 0 {
		t.Errorf("skip with nothing new: got %d, want nothing", n)
	}
}

func TestMissingSegmentBecomesAGapBeforeItIsListed(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	offer(t, line, first(lists(101, 6)))
	if line.Miss(104) {
		t.Error("msn 104 is listed: it may not change any more")
	}
	if !line.Miss(105) || !line.Entry(105).Segment.Gap {
		t.Error("msn 105: want a gap")
	}
	want(t, show(t, line, c), "102 103 104 G105 106")
}

func TestBreakIsOneMoreDiscontinuity(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	if line.Break() {
		t.Error("nothing is pending: want none")
	}
	offer(t, line, first(lists(101, 6, at(105, broken))))
	before := line.Count()
	if !line.Break() { // 105 has one by itself: the one that is added is another
		t.Error("two are pending: want one")
	}
	if got := line.Count(); got != before+1 {
		t.Errorf("discontinuity number: got %d, want %d", got, before+1)
	}
	want(t, show(t, line, c), "102 103 104 D105 D106")
	if o := offer(t, line, by(1, lists(102, 6, at(105, broken)))); o.Conflict != "" || o.added != 1 {
		t.Errorf("a packager that knows of none: got %+v, want one added", o)
	}
}

func TestAdoptGoesOnUnderADiscontinuity(t *testing.T) {
	restarted := func(first int64, n int) *m3u8.MediaPlaylist { return lists(first, n, dated(220*time.Second)) }
	line, c := begun(t, lists(100, 5))
	if o := offer(t, line, first(restarted(0, 3))); !o.Behind {
		t.Fatalf("numbers fell: got %+v, want behind", o)
	}
	if n, _, err := line.Adopt(first(restarted(0, 3)), 0); n != 3 || err != nil {
		t.Fatalf("adopt: got %d and %v, want 3 added", n, err)
	}
	want(t, show(t, line, c), "103 104 D105 106 107")
	s := line.Playlist().Segments[2]
	if s.URI != "r1-0.ts" {
		t.Errorf("URI: got %s, want r1-0.ts: 0.ts may have been another segment", s.URI)
	}
	if m := line.Entries[2].Media; m.Key != "/live01/r1-0.ts" || m.Target != "/live01/0.ts" {
		t.Errorf("got %s from %s, want /live01/r1-0.ts from /live01/0.ts", m.Key, m.Target)
	}
	if o := offer(t, line, by(1, restarted(1, 3))); o.added != 1 || o.Conflict+o.Renamed != "" {
		t.Errorf("the second packager, restarted in step: got %+v, want aligned and one added", o)
	}
	show(t, line, c)
	if o := offer(t, line, by(1, lists(102, 5))); o.Hole == 0 && o.Conflict == "" {
		t.Errorf("one that goes on with the old numbers: got %+v, want no standby", o)
	}
	if n, _, err := line.Adopt(first(lists(0, 3, dated(time.Hour))), 0); n != 3 || err != nil {
		t.Fatalf("a second time: got %d and %v, want 3 added", n, err)
	}
	p := show(t, line, c)
	if got := p.Segments[len(p.Segments)-1].URI; got != "r2-2.ts" {
		t.Errorf("URI: got %s, want r2-2.ts", got)
	}
}

func TestAdoptGivesUpWhatWasNeverListed(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	offer(t, line, first(lists(102, 5)))
	n, gone, err := line.Adopt(by(1, lists(7, 4)), 1)
	if n != 3 || len(gone) != 2 || gone[0].MSN != 105 || err != nil {
		t.Fatalf("got %d, %d gone and %v, want 3 in place of 105 and 106", n, len(gone), err)
	}
	want(t, show(t, line, c), "103 104 D105 106 107")
	if got := line.Playlist().Segments[2].URI; got != "r1-8.ts" {
		t.Errorf("msn 105: got %s, want r1-8.ts", got)
	}
	if n, _, err := line.Adopt(by(1, lists(7, 4)), 4); n != 0 || err != nil {
		t.Errorf("with nothing of it: got %d and %v, want nothing", n, err)
	}
}

func TestAdoptBehindAHoleThatWasNeverListed(t *testing.T) {
	line, c := begun(t, lists(100, 5, at(101, broken)))
	if _, _, err := line.Skip(first(lists(500, 5))); err != nil {
		t.Fatal(err)
	}
	if n, gone, err := line.Adopt(by(1, lists(7, 3)), 0); n != 3 || len(gone) != 5 || err != nil {
		t.Fatalf("got %d, %d gone and %v, want 3 in place of 5", n, len(gone), err)
	}
	p := show(t, line, c)
	want(t, p, "D500 501 502")
	if p.DiscontinuitySequence != 1 {
		t.Errorf("discontinuity sequence: got %d, want 1", p.DiscontinuitySequence)
	}
}
