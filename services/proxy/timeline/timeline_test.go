package timeline

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/playlisttest"
)

func TestAppendGrowsAtTheEndOnly(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	for _, step := range []struct {
		name  string
		offer *m3u8.MediaPlaylist
		want  offered
		list  string
	}{
		{"the same again", lists(100, 5), offered{}, "100 101 102 103 104"},
		{"one more", lists(101, 5), offered{added: 1}, "101 102 103 104 105"},
		{"a peer that lags", lists(99, 5), offered{}, "101 102 103 104 105"},
		{"a peer that lists more of the past", lists(90, 17), offered{added: 1}, "102 103 104 105 106"},
		{"next to the newest, with nothing in common", lists(107, 1), offered{added: 1}, "103 104 105 106 107"},
		{"older than all that is listed", lists(90, 5), offered{Relation: Relation{Behind: true}}, "103 104 105 106 107"},
		{"three at once", lists(106, 5), offered{added: 3}, "106 107 108 109 110"},
		{"nothing", &m3u8.MediaPlaylist{TargetDuration: 2}, offered{}, "106 107 108 109 110"},
		{"behind a hole", lists(113, 3), offered{Relation: Relation{Hole: 2}}, "106 107 108 109 110"},
		{"the hole is filled by the peer", lists(108, 6), offered{added: 3}, "109 110 111 112 113"},
	} {
		if got := offer(t, line, first(step.offer)); got != step.want {
			t.Errorf("%s: got %+v, want %+v", step.name, got, step.want)
		}
		p := show(t, line, c)
		t.Run(step.name, func(t *testing.T) { want(t, p, step.list) })
	}
}

func TestNothingLeavesThatPlayersCannotHaveSeen(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	offer(t, line, first(lists(105, 8)))
	want(t, show(t, line, c), "105 106 107 108 109 110 111 112") // those of before were listed for long
	c.now = c.now.Add(-2 * time.Second)                          // at once
	offer(t, line, first(lists(113, 3)))
	want(t, show(t, line, c), "105 106 107 108 109 110 111 112 113 114 115")
}

func TestBeginTellsNothingThatIsNotServed(t *testing.T) {
	line, _ := begun(t, lists(100, 5, func(p *m3u8.MediaPlaylist) {
		p.EndList, p.PlaylistType, p.DiscontinuitySequence = true, "VOD", 7
		p.ServerControl, p.PartTarget = &m3u8.ServerControl{CanBlockReload: true, CanSkipUntil: 12 * time.Second, HoldBack: 6 * time.Second}, time.Second
		p.Unknown = []m3u8.Tag{"#EXT-X-PART-INF:PART-TARGET=1,X=2", "#EXT-X-ALLOW-CACHE:NO", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3"}
		p.Trailing = []m3u8.Tag{`#EXT-X-PART:DURATION=1,URI="p"`}
		p.Segments[4].Unknown = []m3u8.Tag{`#EXT-X-PART:DURATION=1,URI="p"`, "#EXT-CUE"}
	}))
	line.Retag(first(lists(100, 5, func(p *m3u8.MediaPlaylist) {
		p.Unknown = []m3u8.Tag{"#EXT-X-PART-INF:PART-TARGET=1,X=2", "#EXT-X-ALLOW-CACHE:NO", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3"}
		p.Trailing = []m3u8.Tag{`#EXT-X-PART:DURATION=1,URI="p"`}
		p.Segments[4].Unknown = []m3u8.Tag{`#EXT-X-PART:DURATION=1,URI="p"`, "#EXT-CUE"}
	})))
	text := string(line.Playlist().Encode())
	for _, not := range []string{"ENDLIST", "VOD", "CAN-", "PART", "SKIP"} {
		if strings.Contains(text, not) {
			t.Errorf("playlist: got %s in it, want none:\n%s", not, text)
		}
	}
	for _, must := range []string{"#EXT-X-DISCONTINUITY-SEQUENCE:7\n", "#EXT-X-ALLOW-CACHE:NO\n", "#EXT-CUE\n", "HOLD-BACK=6"} {
		if !strings.Contains(text, must) {
			t.Errorf("playlist: want %q in it:\n%s", must, text)
		}
	}
}

func TestBeginIsAsFarAsTheOtherRenditions(t *testing.T) {
	line := blank()
	if _, err := line.Begin(first(lists(100, 5, func(p *m3u8.MediaPlaylist) { p.DiscontinuitySequence = 7 })), 2); err != nil {
		t.Fatal(err)
	}
	line.List(5, epoch)
	if got := line.Playlist().DiscontinuitySequence; got != 9 {
		t.Errorf("discontinuity sequence: got %d, want 7 of the packager and 2 that were added: 9", got)
	}
}

func TestTargetDurationRisesAndNeverFalls(t *testing.T) {
	target := func(seconds int) func(*m3u8.MediaPlaylist) {
		return func(p *m3u8.MediaPlaylist) { p.TargetDuration = seconds }
	}
	late := func(s *m3u8.Segment) { s.Duration = 6400 * time.Millisecond }
	line, c := begun(t, lists(100, 5, at(102, func(s *m3u8.Segment) { s.Duration = 3600 * time.Millisecond })))
	for _, step := range []struct {
		name string
		list *m3u8.MediaPlaylist
		want int
	}{
		{"as its longest segment at first", lists(100, 5, at(102, func(s *m3u8.Segment) { s.Duration = 3600 * time.Millisecond })), 4},
		{"a packager's that is shorter", lists(103, 5, target(2)), 4},
		{"a packager's that is longer", lists(104, 5, target(5)), 5},
		{"a segment that is too long", lists(105, 5, at(109, late)), 6},
		{"when that has gone", lists(110, 5), 6},
	} {
		offer(t, line, first(step.list))
		if got := show(t, line, c).TargetDuration; got != step.want {
			t.Errorf("%s: got %d, want %d", step.name, got, step.want)
		}
	}
}

func TestAListThatCannotBeServedChangesNothing(t *testing.T) {
	bad := at(105, func(s *m3u8.Segment) { s.URI = "%00.ts" })
	line, c := begun(t, lists(100, 5))
	before := string(line.Playlist().Encode())
	for _, do := range []struct {
		name string
		do   func() (int, error)
	}{
		{"append", func() (int, error) { return line.Append(first(lists(101, 5, bad))) }},
		{"skip", func() (int, error) { n, _, err := line.Skip(first(lists(102, 5, bad))); return n, err }},
		{"skip of more than a window", func() (int, error) {
			n, _, err := line.Skip(first(lists(500, 5, at(501, func(s *m3u8.Segment) { s.URI = "%00.ts" }))))
			return n, err
		}},
		{"adopt", func() (int, error) { n, _, err := line.Adopt(first(lists(105, 5, bad)), 0); return n, err }},
		{"a key", func() (int, error) {
			return line.Append(first(lists(101, 5, at(103, func(s *m3u8.Segment) { s.Keys = []m3u8.Key{{Method: "AES-128", URI: "%00"}} }))))
		}},
		{"a map", func() (int, error) {
			return line.Append(first(lists(105, 1, at(105, func(s *m3u8.Segment) { s.Map = &m3u8.Map{URI: "%00"} }))))
		}},
	} {
		if n, err := do.do(); n != 0 || err == nil {
			t.Errorf("%s: got %d and %v, want an error", do.name, n, err)
		}
		if after := string(show(t, line, c).Encode()); after != before || line.Epoch != 0 || line.Next() != 105 {
			t.Errorf("%s: playlist: got\n%s\nwant it as it was:\n%s", do.name, after, before)
		}
	}
	if _, err := blank().Begin(first(lists(105, 1, bad)), 0); err == nil {
		t.Error("begin: want an error")
	}
}

func TestAGapOfOnePackagerIsFilledByAnother(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	gapped := lists(101, 7, at(106, func(s *m3u8.Segment) { s.Gap = true }))
	if o := offer(t, line, first(gapped)); o != (offered{added: 1}) {
		t.Errorf("up to its gap: got %+v", o)
	}
	if o := offer(t, line, first(gapped)); o != (offered{Relation: Relation{Hole: 1}}) {
		t.Errorf("at its gap: got %+v", o)
	}
	if o := offer(t, line, by(1, lists(102, 5))); o != (offered{added: 1}) {
		t.Errorf("the peer has it: got %+v", o)
	}
	if o := offer(t, line, first(gapped)); o != (offered{added: 1}) {
		t.Errorf("behind its gap: got %+v", o)
	}
	p := show(t, line, c)
	if p.LastMSN() != 107 || p.Segments[len(p.Segments)-2].Gap {
		t.Errorf("msn 106 is a gap, though a peer has it")
	}
}

func TestAGapThatAllPackagersListIsListed(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	gapped := lists(100, 7, at(105, func(s *m3u8.Segment) { s.Gap = true }))
	if o := offer(t, line, first(gapped)); o != (offered{Relation: Relation{Hole: 1}}) {
		t.Errorf("at first: got %+v", o)
	}
	if n, _, err := line.Skip(first(gapped)); n != 2 || err != nil {
		t.Errorf("when nobody fills it: got %d and %v, want 2", n, err)
	}
	if p := show(t, line, c); p.LastMSN() != 106 || !p.Segments[len(p.Segments)-2].Gap {
		t.Errorf("msn 105 is no gap")
	}
}

func TestListNeverShowsLessThanThreeTargetDurations(t *testing.T) {
	line, c := begun(t, lists(100, 1))
	for msn := int64(101); msn < 110; msn++ {
		offer(t, line, first(lists(msn, 1)))
		show(t, line, c)
	}
	want(t, line.Playlist(), "107 108 109")
}

func TestAnEventLosesNothing(t *testing.T) {
	line, c := begun(t, lists(100, 5, event))
	line.Window = 2 * time.Second
	for msn := int64(105); msn < 120; msn++ {
		offer(t, line, first(lists(100, int(msn-99), event)))
		p := show(t, line, c)
		if p.MediaSequence != 100 || p.PlaylistType != "EVENT" {
			t.Fatalf("got %s from %d on, want EVENT from 100 on", p.PlaylistType, p.MediaSequence)
		}
	}
	offer(t, line, first(lists(100, 21)))
	if p := show(t, line, c); p.PlaylistType != "" || p.MediaSequence == 100 {
		t.Errorf("when it is none any more: got %q from %d on, want a window", p.PlaylistType, p.MediaSequence)
	}
	offer(t, line, first(lists(100, 22, event)))
	if p := show(t, line, c); p.PlaylistType != "" {
		t.Errorf("when something was removed: got %s, want no type", p.PlaylistType)
	}
}

func TestAnEventThatIsBegunWithoutItsHeadIsNone(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	offer(t, line, first(lists(90, 16, event)))
	if p := show(t, line, c); p.PlaylistType != "" {
		t.Errorf("got %s, want no type: it has segments that ours does not list", p.PlaylistType)
	}
}

func TestEndIsTheEndOfWhatIsListed(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	line.Ended = true
	if !line.Playlist().EndList {
		t.Error("all is listed: want ENDLIST")
	}
	offer(t, line, first(lists(101, 5)))
	if line.Playlist().EndList {
		t.Error("one is pending: want no ENDLIST")
	}
	if p := show(t, line, c); !p.EndList {
		t.Error("that is listed: want ENDLIST")
	}
}

func TestPrependCompletesAWindow(t *testing.T) {
	short := func(t *testing.T, p *m3u8.MediaPlaylist) *Timeline {
		line, _ := begun(t, p)
		return line
	}
	for _, c := range []struct {
		name   string
		line   *Timeline
		list   *m3u8.MediaPlaylist
		from   int64
		added  int
		listed string
		number int64
	}{
		{"what is before", short(t, lists(105, 5)), lists(100, 11), 0, 5, "100 101 102 103 104 105 106 107 108 109", 0},
		{"what players had of it", short(t, lists(105, 5)), lists(100, 11), 103, 2, "103 104 105 106 107 108 109", 0},
		{"players had no more", short(t, lists(105, 5)), lists(100, 11), 105, 0, "105 106 107 108 109", 0},
		{"nothing is before", short(t, lists(105, 5)), lists(105, 6), 0, 0, "105 106 107 108 109", 0},
		{"it lags", short(t, lists(105, 5)), lists(90, 5), 0, 0, "105 106 107 108 109", 0},
		{"discontinuities among them", short(t, lists(105, 5, at(105, broken), func(p *m3u8.MediaPlaylist) { p.DiscontinuitySequence = 3 })),
			lists(100, 11, at(102, broken), at(105, broken)), 0, 5, "100 101 D102 103 104 D105 106 107 108 109", 2},
		{"one that cannot be served", short(t, lists(105, 5)), lists(100, 11, at(101, func(s *m3u8.Segment) { s.URI = "%00" })), 0, 0, "105 106 107 108 109", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := playlisttest.Total(c.line.Playlist())
			if got := c.line.Prepend(first(c.list), c.from); got != c.added {
				t.Errorf("added: got %d, want %d", got, c.added)
			}
			p := c.line.Playlist()
			want(t, p, c.listed)
			if p.DiscontinuitySequence != c.number || playlisttest.Total(p) != before {
				t.Errorf("discontinuity sequence: got %d to %d, want %d to %d", p.DiscontinuitySequence, playlisttest.Total(p), c.number, before)
			}
		})
	}
	line, c := begun(t, lists(100, 5))
	if _, _, err := line.Adopt(first(lists(0, 5)), 2); err != nil {
		t.Fatal(err)
	}
	show(t, line, c)
	if n := line.Prepend(first(lists(0, 5)), 0); n != 0 {
		t.Errorf("numbers of before a restart: got %d, want none: they mean other segments", n)
	}
}

func TestDatesThatWereServedNeverGoBack(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	back := func(s *m3u8.Segment) { s.ProgramDateTime = epoch }
	offer(t, line, first(lists(104, 3, at(105, back), at(106, back))))
	show(t, line, c)
	if o := offer(t, line, first(lists(105, 3, at(105, back), at(106, back)))); o.Conflict != "" {
		t.Errorf("the packager that said so: got conflict %q, want none", o.Conflict)
	}
	show(t, line, c)
	offer(t, line, first(lists(107, 2, at(108, broken), at(108, back))))
	p := show(t, line, c)
	if got := p.Segments[len(p.Segments)-1].ProgramDateTime; !got.Equal(epoch) {
		t.Errorf("at a discontinuity: got %s, want %s as the packager has it", got, epoch)
	}
}

func TestDatesGoOnFromThoseServed(t *testing.T) {
	for _, c := range []struct {
		name   string
		offset time.Duration
		want   time.Duration // how far it is from the first packager's word
	}{
		{"clocks that agree to 400 ms", 400 * time.Millisecond, 400 * time.Millisecond},
		{"a clock that is 3 s ahead", 3 * time.Second, 0},
		{"a clock that is an hour behind", -time.Hour, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			line, check := begun(t, lists(100, 5))
			o := offer(t, line, by(1, lists(101, 6, dated(c.offset), at(106, broken))))
			if o.added != 2 || (o.Drift.Abs() > maxDrift) != (c.offset.Abs() > maxDrift) {
				t.Errorf("got %+v, want two added, and a word of the drift", o)
			}
			p := show(t, line, check)
			if got := p.Segments[len(p.Segments)-2].ProgramDateTime.Sub(epoch.Add(210 * time.Second)); got != c.want {
				t.Errorf("msn 105: got %s from the first packager's date, want %s", got, c.want)
			}
			if got := p.Segments[len(p.Segments)-1].ProgramDateTime.Sub(epoch.Add(212 * time.Second)); got != c.offset {
				t.Errorf("msn 106, at a discontinuity: got %s from the first packager's date, want its own: %s", got, c.offset)
			}
		})
	}
}
