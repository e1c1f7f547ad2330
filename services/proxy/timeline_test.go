package proxy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls"
)

var epoch = time.Date(2024, 4, 5, 11, 0, 0, 0, time.UTC)

// lists is a packager's playlist: n segments of two seconds from MSN first on, named
// and dated by their numbers, and then changed.
func lists(first int64, n int, changes ...func(*hls.MediaPlaylist)) *hls.MediaPlaylist {
	p := &hls.MediaPlaylist{Version: 6, TargetDuration: 2, MediaSequence: first}
	for msn := first; msn < first+int64(n); msn++ {
		p.Segments = append(p.Segments, hls.Segment{
			URI: fmt.Sprintf("%d.ts", msn), Duration: 2 * time.Second, ProgramDateTime: epoch.Add(time.Duration(msn) * 2 * time.Second),
		})
	}
	for _, change := range changes {
		change(p)
	}
	return p
}

// at changes the segment of that MSN.
func at(msn int64, change func(*hls.Segment)) func(*hls.MediaPlaylist) {
	return func(p *hls.MediaPlaylist) { change(&p.Segments[msn-p.MediaSequence]) }
}

func each(change func(msn int64, s *hls.Segment)) func(*hls.MediaPlaylist) {
	return func(p *hls.MediaPlaylist) {
		for i := range p.Segments {
			change(p.MediaSequence+int64(i), &p.Segments[i])
		}
	}
}

func undated(p *hls.MediaPlaylist) {
	each(func(_ int64, s *hls.Segment) { s.ProgramDateTime = time.Time{} })(p)
}

func broken(s *hls.Segment) { s.Discontinuity = true }

// begun is a timeline that has taken and listed these.
func begun(t *testing.T, p *hls.MediaPlaylist) (*timeline, *checker) {
	t.Helper()
	line, c := &timeline{base: "/live01/playlist.m3u8"}, &checker{}
	if o := line.offer(p); o.Added != len(p.Segments) || o.Conflict != "" {
		t.Fatalf("first offer: got %+v, want %d segments", o, len(p.Segments))
	}
	show(t, line, c)
	return line, c
}

// show lists what is pending and holds the playlist to the rules.
func show(t *testing.T, line *timeline, c *checker) *hls.MediaPlaylist {
	t.Helper()
	c.now = c.now.Add(2 * time.Second)
	line.list(len(line.pending()), c.now)
	if err := c.check(line.playlist().Encode()); err != nil {
		t.Fatal(err)
	}
	return line.playlist()
}

// want compares what is listed: "100 101 D102 G103", D for a discontinuity, G for a
// gap.
func want(t *testing.T, p *hls.MediaPlaylist, list string) {
	t.Helper()
	var got []string
	for i, s := range p.Segments {
		word := fmt.Sprint(p.MediaSequence + int64(i))
		if s.Gap {
			word = "G" + word
		}
		if s.Discontinuity {
			word = "D" + word
		}
		got = append(got, word)
	}
	if strings.Join(got, " ") != list {
		t.Errorf("playlist: got %s, want %s", strings.Join(got, " "), list)
	}
}

func TestOfferGrowsAtTheEndOnly(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	for _, step := range []struct {
		name  string
		offer *hls.MediaPlaylist
		want  offer
		list  string
	}{
		{"the same again", lists(100, 5), offer{}, "100 101 102 103 104"},
		{"one more", lists(101, 5), offer{Added: 1}, "101 102 103 104 105"},
		{"a peer that lags", lists(99, 5), offer{}, "101 102 103 104 105"},
		{"a peer that lists more of the past", lists(90, 17), offer{Added: 1}, "101 102 103 104 105 106"},
		{"next to the newest, with nothing in common", lists(107, 1), offer{Added: 1}, "101 102 103 104 105 106 107"},
		{"older than all that is listed", lists(90, 5), offer{Behind: true}, "101 102 103 104 105 106 107"},
		{"three at once", lists(106, 5), offer{Added: 3}, "101 102 103 104 105 106 107 108 109 110"},
		{"nothing", &hls.MediaPlaylist{TargetDuration: 2}, offer{}, "101 102 103 104 105 106 107 108 109 110"},
		{"behind a hole", lists(113, 3), offer{Hole: 2}, "101 102 103 104 105 106 107 108 109 110"},
		{"the hole is filled by the peer", lists(108, 6), offer{Added: 3}, "101 102 103 104 105 106 107 108 109 110 111 112 113"},
	} {
		if got := line.offer(step.offer); got != step.want {
			t.Errorf("%s: got %+v, want %+v", step.name, got, step.want)
		}
		p := show(t, line, c)
		t.Run(step.name, func(t *testing.T) { want(t, p, step.list) })
	}
}

func TestOfferRefusesWhatContradicts(t *testing.T) {
	mapped := func(uri string) func(int64, *hls.Segment) {
		return func(_ int64, s *hls.Segment) { s.Map = &hls.Map{URI: uri} }
	}
	for _, c := range []struct {
		name           string
		served, offers *hls.MediaPlaylist
		want           string // part of the conflict; empty: none
	}{
		{"another URI", lists(100, 5), lists(101, 5, at(103, func(s *hls.Segment) { s.URI = "x.ts" })), `msn 103 is "x.ts", "103.ts" was served`},
		{"another duration", lists(100, 5), lists(101, 5, at(103, func(s *hls.Segment) { s.Duration -= time.Millisecond })), "msn 103 lasts 1.999s"},
		{"another discontinuity", lists(100, 5), lists(101, 5, at(103, broken)), "msn 103: discontinuity true"},
		{"a discontinuity at its head, which is ours too or not", lists(100, 5), lists(102, 5, at(102, broken)), ""},
		{"no discontinuity at its head where ours is", lists(100, 5, at(102, broken)), lists(102, 5), ""},
		{"a date 400 ms away", lists(100, 5), lists(101, 5, at(103, func(s *hls.Segment) { s.ProgramDateTime = s.ProgramDateTime.Add(400 * time.Millisecond) })), ""},
		{"a date 600 ms away", lists(100, 5), lists(101, 5, at(103, func(s *hls.Segment) { s.ProgramDateTime = s.ProgramDateTime.Add(-600 * time.Millisecond) })), "msn 103 is dated"},
		{"no dates", lists(100, 5), lists(101, 5, undated), ""},
		{"no map", lists(100, 5, each(mapped("i.mp4"))), lists(101, 5), "with and without EXT-X-MAP"},
		{"another map", lists(100, 5, each(mapped("i.mp4"))), lists(101, 5, each(mapped("j.mp4"))), `EXT-X-MAP is "j.mp4", "i.mp4" was served`},
		{"another part of the map", lists(100, 5, each(mapped("i.mp4"))), lists(101, 5, each(func(_ int64, s *hls.Segment) {
			s.Map = &hls.Map{URI: "i.mp4", ByteRange: &hls.ByteRange{Length: 7, Offset: 9}}
		})), "7@9"},
		{"a longer target duration", lists(100, 5), lists(101, 5, func(p *hls.MediaPlaylist) { p.TargetDuration = 3 }), "target duration 3 s, 2 s was served"},
		{"a shorter target duration", lists(100, 5), lists(101, 5, func(p *hls.MediaPlaylist) { p.TargetDuration = 1 }), ""},
		{"a segment that is too long", lists(100, 5), lists(101, 5, at(105, func(s *hls.Segment) { s.Duration = 2500 * time.Millisecond })), "msn 105 lasts 2.5s, target duration is 2 s"},
		{"an absolute URI", lists(100, 5), lists(101, 5, at(105, func(s *hls.Segment) { s.URI = "http://elsewhere/105.ts" })), "leads to another host"},
		{"a URI out of the signal's folder", lists(100, 5), lists(101, 5, at(105, func(s *hls.Segment) { s.URI = "../../etc/passwd" })), "leads out of"},
		{"a map elsewhere", lists(100, 5), lists(105, 1, each(mapped("//elsewhere/i.mp4"))), "leads to another host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			line, check := begun(t, c.served)
			got := line.offer(c.offers)
			if c.want == "" && got.Conflict != "" || !strings.Contains(got.Conflict, c.want) {
				t.Errorf("conflict: got %q, want %q", got.Conflict, c.want)
			}
			if (got.Conflict == "") != (got.Added > 0) {
				t.Errorf("got %+v: something is added, or contradicts, never both", got)
			}
			show(t, line, check)
		})
	}
}

func TestBeginTellsNothingThatIsNotServed(t *testing.T) {
	line, _ := begun(t, lists(100, 5, func(p *hls.MediaPlaylist) {
		p.EndList, p.PlaylistType, p.DiscontinuitySequence = true, "EVENT", 7
		p.ServerControl, p.PartTarget = &hls.ServerControl{CanBlockReload: true}, time.Second
		p.Unknown = []hls.Tag{"#EXT-X-PART-INF:PART-TARGET=1,X=2", "#EXT-X-ALLOW-CACHE:NO"}
		p.Trailing = []hls.Tag{`#EXT-X-PART:DURATION=1,URI="p"`}
		p.Segments[4].Unknown = []hls.Tag{`#EXT-X-PART:DURATION=1,URI="p"`, "#EXT-CUE"}
	}))
	text := string(line.playlist().Encode())
	for _, not := range []string{"ENDLIST", "EVENT", "SERVER-CONTROL", "PART"} {
		if strings.Contains(text, not) {
			t.Errorf("playlist: got %s in it, want none:\n%s", not, text)
		}
	}
	for _, must := range []string{"#EXT-X-DISCONTINUITY-SEQUENCE:7\n", "#EXT-X-ALLOW-CACHE:NO\n", "#EXT-CUE\n"} {
		if !strings.Contains(text, must) {
			t.Errorf("playlist: want %q in it:\n%s", must, text)
		}
	}
}

func TestBeginTellsATargetDurationThatHolds(t *testing.T) {
	line, _ := begun(t, lists(100, 5, at(102, func(s *hls.Segment) { s.Duration = 3600 * time.Millisecond })))
	if got := line.playlist().TargetDuration; got != 4 {
		t.Errorf("target duration: got %d, want 4", got)
	}
}

func TestSkipListsGapsOrBeginsAnewBeyondAWindow(t *testing.T) {
	line, c := begun(t, lists(100, 5, at(103, broken)))
	if o := line.skip(lists(107, 3)); o.Added != 5 {
		t.Fatalf("skip of two: got %+v, want 5 added", o)
	}
	want(t, show(t, line, c), "G105 G106 107 108 109")
	if got := line.playlist().DiscontinuitySequence; got != 1 {
		t.Errorf("discontinuity sequence: got %d, want 1", got)
	}
	if o := line.offer(lists(103, 8)); o.Added != 1 || o.Conflict != "" {
		t.Errorf("a peer that has the missing ones: got %+v, want one added", o)
	}
	show(t, line, c)
	if o := line.skip(lists(200, 5)); o.Added != 5 {
		t.Fatalf("skip beyond a window: got %+v, want 5 added", o)
	}
	want(t, show(t, line, c), "D200 201 202 203 204")
	if got := line.playlist().DiscontinuitySequence; got != 1 {
		t.Errorf("discontinuity sequence: got %d, want 1", got)
	}
	for msn := int64(205); msn < 210; msn++ {
		line.offer(lists(msn-4, 5))
		show(t, line, c)
	}
	if got := line.playlist().DiscontinuitySequence; got != 2 {
		t.Errorf("discontinuity sequence when it has slid out: got %d, want 2", got)
	}
	if o := line.skip(lists(205, 5)); o.Added != 0 {
		t.Errorf("skip with nothing new: got %+v, want nothing", o)
	}
}

func TestRenumberGoesOnUnderADiscontinuity(t *testing.T) {
	restarted := func(first int64, n int) *hls.MediaPlaylist {
		return lists(first, n, each(func(msn int64, s *hls.Segment) {
			s.ProgramDateTime = epoch.Add(time.Duration(msn+110) * 2 * time.Second)
		}))
	}
	line, c := begun(t, lists(100, 5))
	if o := line.offer(restarted(0, 3)); !o.Behind {
		t.Fatalf("numbers fell: got %+v, want behind", o)
	}
	if o := line.renumber(restarted(0, 3), false); o.Added != 3 {
		t.Fatalf("renumber: got %+v, want 3 added", o)
	}
	want(t, show(t, line, c), "103 104 D105 106 107")
	s := line.playlist().Segments[2]
	if s.URI != "r1-0.ts" {
		t.Errorf("URI: got %s, want r1-0.ts: 0.ts may have been another segment", s.URI)
	}
	if e := line.entries[2]; e.Key != "/live01/r1-0.ts" || e.Source != "/live01/0.ts" {
		t.Errorf("keys: got %s from %s, want /live01/r1-0.ts from /live01/0.ts", e.Key, e.Source)
	}
	if o := line.offer(restarted(1, 3)); o.Added != 1 || o.Conflict != "" {
		t.Errorf("the second packager, restarted in step: got %+v, want aligned and one added", o)
	}
	show(t, line, c)
	if o := line.offer(lists(102, 5)); o.Hole == 0 && o.Conflict == "" {
		t.Errorf("one that goes on with the old numbers: got %+v, want no standby", o)
	}
	again := restarted(0, 3)
	each(func(_ int64, s *hls.Segment) { s.ProgramDateTime = s.ProgramDateTime.Add(time.Hour) })(again)
	if o := line.renumber(again, false); o.Added != 3 {
		t.Fatalf("a second time: got %+v, want 3 added", o)
	}
	p := show(t, line, c)
	if got := p.Segments[len(p.Segments)-1].URI; got != "r2-2.ts" {
		t.Errorf("URI: got %s, want r2-2.ts", got)
	}
}

func TestRenumberReplaysNothingUnlessItMust(t *testing.T) {
	other := each(func(_ int64, s *hls.Segment) { s.URI = "x" + s.URI })
	line, c := begun(t, lists(100, 5))
	if o := line.renumber(lists(100, 5, other), false); o.Added != 0 {
		t.Errorf("nothing new: got %+v, want nothing added", o)
	}
	if o := line.renumber(lists(101, 5, other), false); o.Added != 1 {
		t.Errorf("one new by its date: got %+v, want one added", o)
	}
	want(t, show(t, line, c), "101 102 103 104 D105")
	past := lists(0, 5, other) // its clock went back
	if o := line.renumber(past, false); o.Added != 0 {
		t.Errorf("dated before: got %+v, want nothing added", o)
	}
	if o := line.renumber(past, true); o.Added != 3 {
		t.Errorf("dated before, and nothing else for long: got %+v, want three added", o)
	}
	show(t, line, c)
	if o := line.offer(past); o.Conflict != "" {
		t.Errorf("what was just gone on with: got conflict %q, want none", o.Conflict)
	}
	line, c = begun(t, lists(100, 5, undated))
	if o := line.renumber(lists(0, 5, undated), false); o.Added != 3 {
		t.Errorf("without dates: got %+v, want the newest three", o)
	}
	show(t, line, c)
}

func TestAGapOfOnePackagerIsFilledByAnother(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	gapped := lists(101, 7)
	gapped.Segments[5].Gap = true // msn 106
	if o := line.offer(gapped); o != (offer{Added: 1}) {
		t.Errorf("up to its gap: got %+v", o)
	}
	if o := line.offer(gapped); o != (offer{Hole: 1}) {
		t.Errorf("at its gap: got %+v", o)
	}
	if o := line.offer(lists(102, 5)); o != (offer{Added: 1}) {
		t.Errorf("the peer has it: got %+v", o)
	}
	if o := line.offer(gapped); o != (offer{Added: 1}) {
		t.Errorf("behind its gap: got %+v", o)
	}
	p := show(t, line, c)
	if p.LastMSN() != 107 || p.Segments[len(p.Segments)-2].Gap {
		t.Errorf("msn 106 is a gap, though a peer has it")
	}
}

func TestAGapThatAllPackagersListIsListed(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	gapped := lists(100, 7)
	gapped.Segments[5].Gap = true // msn 105
	if o := line.offer(gapped); o != (offer{Hole: 1}) {
		t.Errorf("at first: got %+v", o)
	}
	if o := line.skip(gapped); o != (offer{Added: 2}) {
		t.Errorf("when nobody fills it: got %+v", o)
	}
	if p := show(t, line, c); p.LastMSN() != 106 || !p.Segments[len(p.Segments)-2].Gap {
		t.Errorf("msn 105 is no gap")
	}
}

func TestMissingSegmentBecomesAGapBeforeItIsListed(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	line.offer(lists(101, 6))
	if _, ok := line.missing(104); ok {
		t.Error("msn 104 is listed: it may not change any more")
	}
	if e, ok := line.missing(105); !ok || !e.Segment.Gap {
		t.Errorf("missing: got %+v %t, want a gap", e, ok)
	}
	want(t, show(t, line, c), "101 102 103 104 G105 106")
}

func TestListNeverShowsLessThanThreeTargetDurations(t *testing.T) {
	line, c := begun(t, lists(100, 1))
	for msn := int64(101); msn < 110; msn++ {
		line.offer(lists(msn, 1))
		show(t, line, c)
	}
	want(t, line.playlist(), "107 108 109")
}

func TestMapIsWrittenOnceForAllThatHaveIt(t *testing.T) {
	with := func(uri string) func(*hls.MediaPlaylist) {
		return func(p *hls.MediaPlaylist) {
			m := &hls.Map{URI: uri}
			each(func(_ int64, s *hls.Segment) { s.Map = m })(p)
		}
	}
	line, c := begun(t, lists(100, 5, with("init.mp4")))
	for msn := int64(101); msn < 104; msn++ {
		line.offer(lists(msn, 5, with("init.mp4")))
		show(t, line, c)
	}
	text := string(line.playlist().Encode())
	if got := strings.Count(text, "#EXT-X-MAP"); got != 1 {
		t.Errorf("EXT-X-MAP: got it %d times, want once:\n%s", got, text)
	}
	a, b := &hls.Map{URI: "f", ByteRange: &hls.ByteRange{Length: 5, Offset: 0}}, &hls.Map{URI: "f", ByteRange: &hls.ByteRange{Length: 5, Offset: 5}}
	line, _ = begun(t, lists(100, 5, each(func(msn int64, s *hls.Segment) {
		if s.Map = a; msn > 102 {
			s.Map = b
		}
	})))
	text = string(line.playlist().Encode())
	if !strings.Contains(text, "5@0") || !strings.Contains(text, "5@5") {
		t.Errorf("two parts of one resource: want both maps:\n%s", text)
	}
}

func TestWhatTheHeadSaidIsHandedOn(t *testing.T) {
	key := []hls.Key{{Method: "AES-128", URI: "k", IV: "0x1"}}
	line := &timeline{base: "/live01/playlist.m3u8"}
	line.offer(lists(100, 5, func(p *hls.MediaPlaylist) {
		p.Segments[0].Keys = key
		p.Segments[0].ByteRange = &hls.ByteRange{Length: 10, Offset: 0}
		p.Segments[1].ByteRange = &hls.ByteRange{Length: 10, Offset: -1}
		p.Segments[1].URI = p.Segments[0].URI
		p.Segments[0].Bitrate = 900
	}))
	line.list(5, epoch)
	line.offer(lists(105, 1))
	line.list(1, epoch.Add(2*time.Second))
	p := line.playlist()
	if got := p.Segments[0]; len(got.Keys) != 1 || got.ByteRange.Offset != 10 || got.Bitrate != 900 {
		t.Errorf("new head: got %+v, want the key, offset 10 and 900 kbit/s", got)
	}
	if got := p.Segments[4].Keys; len(got) != 1 || got[0].Method != "NONE" {
		t.Errorf("one that comes without a key: got %+v, want METHOD=NONE", got)
	}
}

func TestEncipheredSegmentsAreNoContainers(t *testing.T) {
	line, _ := begun(t, lists(100, 5, at(101, func(s *hls.Segment) { s.Keys = []hls.Key{{Method: "AES-128", URI: "k"}} }),
		at(103, func(s *hls.Segment) { s.Keys = []hls.Key{{Method: "NONE"}} })))
	for i, want := range []container{mpegTS, anyContainer, anyContainer, mpegTS, mpegTS} {
		if got := line.entries[i].wants(line.entries[i].Source); got != want {
			t.Errorf("msn %d: got %d, want %d", line.entries[i].MSN, got, want)
		}
	}
	line.offer(lists(102, 5))
	if e := line.entries[5]; e.wants(e.Source) != mpegTS {
		t.Error("msn 105: it is in the clear")
	}
}

func TestDatesThatWereServedNeverGoBack(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	line.offer(lists(104, 3, at(105, func(s *hls.Segment) { s.ProgramDateTime = epoch }), at(106, func(s *hls.Segment) { s.ProgramDateTime = epoch })))
	show(t, line, c)
	if o := line.offer(lists(105, 3, at(105, func(s *hls.Segment) { s.ProgramDateTime = epoch }), at(106, func(s *hls.Segment) { s.ProgramDateTime = epoch }))); o.Conflict != "" {
		t.Errorf("the packager that said so: got conflict %q, want none", o.Conflict)
	}
}

// simulated is a packager of the simulation.
type simulated struct {
	base     int64 // added to the encoder's numbers
	prefix   string
	lag      int64
	from     int64 // the oldest that it has
	frozen   int64 // newest that it had when it froze; 0 while it moves
	end, bad bool
	window   int64
}

func (s *simulated) list(newest int64, rnd *rand.Rand) *hls.MediaPlaylist {
	if s.frozen > 0 {
		newest = s.frozen
	}
	newest -= s.lag
	first := max(s.from, newest-s.window+1)
	if first > newest {
		return nil
	}
	p := lists(first, int(newest-first+1), each(func(n int64, seg *hls.Segment) {
		seg.URI = s.prefix + seg.URI
		if n%37 == 0 {
			seg.Discontinuity = true
		}
	}))
	p.MediaSequence += s.base
	for i := range p.Segments {
		p.Segments[i].URI = fmt.Sprintf("%s%d.ts", s.prefix, p.MediaSequence+int64(i))
	}
	p.DiscontinuitySequence = first / 37
	p.EndList = s.end
	if s.bad && rnd.IntN(3) == 0 {
		switch rnd.IntN(4) {
		case 0:
			p.TargetDuration = 5
		case 1:
			p.Segments[rnd.IntN(len(p.Segments))].Duration = 9 * time.Second
		case 2:
			p.Segments[rnd.IntN(len(p.Segments))].URI = "http://elsewhere/x.ts"
		case 3:
			p.Segments = p.Segments[:rnd.IntN(len(p.Segments))]
		}
	}
	return p
}

func (s *simulated) happen(newest int64, rnd *rand.Rand) {
	switch rnd.IntN(40) {
	case 0: // its numbers fall to 0
		*s = simulated{base: -newest, from: newest, window: s.window, prefix: s.prefix}
	case 1: // its numbers jump
		s.base += int64(rnd.IntN(500))
	case 2:
		s.lag = int64(rnd.IntN(12))
	case 3:
		s.frozen = newest
	case 4, 5, 6:
		s.frozen, s.lag, s.bad, s.end = 0, 0, false, false
	case 7:
		s.end = !s.end
	case 8: // it lost what it had
		s.from = newest + int64(rnd.IntN(5))
	case 9:
		s.prefix = string(rune('a' + rnd.IntN(3)))
	case 10: // it is what it was at first
		*s = simulated{window: s.window}
	case 11:
		s.bad = true
	}
}

func TestNoSeriesOfSwitchesBreaksTheRules(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		line, c := &timeline{base: "/live01/playlist.m3u8"}, &checker{}
		var packagers []*simulated
		for range 2 + rnd.IntN(2) {
			packagers = append(packagers, &simulated{window: 4 + rnd.Int64N(5)})
		}
		newest, still := int64(1000), 0
		for step := range 300 {
			if rnd.IntN(3) > 0 {
				newest++
			}
			grew := false
			for _, i := range rnd.Perm(len(packagers)) {
				packagers[i].happen(newest, rnd)
				p := packagers[i].list(newest, rnd)
				if p == nil || rnd.IntN(4) == 0 {
					continue
				}
				before := p.Encode()
				o := line.offer(p)
				switch {
				case still > 3 && o.Hole > 0:
					o = line.skip(p)
				case still > 5 && (o.Behind || o.Conflict != ""):
					o = line.renumber(p, rnd.IntN(4) == 0)
				}
				grew = grew || o.Added > 0
				if string(before) != string(p.Encode()) {
					t.Fatalf("seed %d, step %d: the packager's playlist was changed", seed, step)
				}
				if n := len(line.entries); n > 0 && line.entries[n-1].MSN-line.entries[0].MSN != int64(n-1) {
					t.Fatalf("seed %d, step %d: entries are not consecutive", seed, step)
				}
			}
			if still++; grew {
				still = 0
			}
			if n := len(line.pending()); n > 0 && rnd.IntN(3) > 0 {
				if rnd.IntN(10) == 0 {
					line.missing(line.pending()[0].MSN)
				}
				c.now = c.now.Add(time.Duration(rnd.IntN(3)) * time.Second)
				line.list(1+rnd.IntN(n), c.now)
			}
			if line.listed == 0 {
				continue
			}
			if err := c.check(line.playlist().Encode()); err != nil {
				t.Fatalf("seed %d, step %d: %v\n%s\nthen\n%s", seed, step, err, c.last.Encode(), line.playlist().Encode())
			}
		}
	}
}

// FuzzTimeline: whatever packagers list, nothing panics and no rule is broken.
func FuzzTimeline(f *testing.F) {
	for _, p := range []*hls.MediaPlaylist{
		lists(100, 5), lists(104, 3, at(105, broken)), lists(0, 3), lists(1<<62, 3),
		lists(7, 4, each(func(_ int64, s *hls.Segment) { s.Map, s.Keys = &hls.Map{URI: "i"}, []hls.Key{{Method: "NONE"}} })),
	} {
		f.Add([]byte("#EXTM3U\n"), p.Encode(), lists(102, 5).Encode())
		f.Add(lists(100, 5).Encode(), p.Encode(), lists(102, 5).Encode())
	}
	f.Fuzz(func(t *testing.T, a, b, d []byte) {
		line, c := &timeline{base: "/live01/playlist.m3u8"}, &checker{loops: true}
		for _, text := range [][]byte{a, b, d, a} {
			p, err := hls.ParseMedia(text)
			if err != nil || len(p.Segments) > 50 {
				continue
			}
			before := string(p.Encode())
			if o := line.offer(p); o.Hole > 0 && line.maxHole() < 1000 {
				line.skip(p)
			} else if o.Behind || o.Conflict != "" {
				line.renumber(p, true)
			}
			if before != string(p.Encode()) {
				t.Fatal("the packager's playlist was changed")
			}
			c.now = c.now.Add(time.Second)
			line.list(len(line.pending()), c.now)
			if line.listed == 0 {
				continue
			}
			if err := c.check(line.playlist().Encode()); err != nil && strings.HasPrefix(err.Error(), "rule") {
				t.Fatal(err)
			}
		}
	})
}
