package window

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
)

// workerList is a worker's playlist: from the first number on, each segment is
// named by its init section, with ! before it for a discontinuity and - for a gap.
func workerList(first, discontinuities int64, inits ...string) *m3u8.MediaPlaylist {
	p := &m3u8.MediaPlaylist{Version: 7, TargetDuration: 2, MediaSequence: first, DiscontinuitySequence: discontinuities}
	for i, in := range inits {
		id, gap := strings.CutPrefix(in, "-")
		id, jump := strings.CutPrefix(id, "!")
		msn := first + int64(i)
		p.Segments = append(p.Segments, m3u8.Segment{
			URI: media.SegmentName(msn), Duration: 2 * time.Second, Discontinuity: jump, Gap: gap,
			Map: &m3u8.Map{URI: "init-" + id + ".mp4"}, ProgramDateTime: time.Unix(2*msn, 0).UTC(),
		})
	}
	return p
}

func mustEntries(t *testing.T, p *m3u8.MediaPlaylist) []Entry {
	t.Helper()
	e, err := EntriesOf(p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// shown is a window in short: its discontinuity sequence, then each segment with
// its init section; - before a gap, ! before a discontinuity.
func shown(w *Window) string {
	p := w.Playlist()
	text := fmt.Sprintf("%d:", p.DiscontinuitySequence)
	for i, s := range p.Segments {
		mark := ""
		if s.Gap {
			mark = "-"
		}
		if s.Discontinuity {
			mark += "!"
		}
		text += fmt.Sprintf(" %s%d%s", mark, p.MediaSequence+int64(i), strings.TrimSuffix(strings.TrimPrefix(s.Map.URI, media.InitPrefix), media.InitExt))
	}
	if p.EndList {
		text += " end"
	}
	return text
}

// at is a time of the tests, in seconds.
func at(seconds float64) time.Time {
	return time.Unix(1000, 0).Add(time.Duration(seconds * float64(time.Second)))
}

// windowStep is a playlist that comes, and what the window lists after it.
type windowStep struct {
	list    *m3u8.MediaPlaylist
	missing string  // numbers whose media is missing
	now     float64 // seconds; media is there from 0 on
	want    string
}

var a4 = []string{"a", "a", "a", "a"}

var windowCases = []struct {
	name    string
	several bool // several sources, each of which may bring what is missing
	steps   []windowStep
}{
	{"slides", false, []windowStep{
		{workerList(10, 0, a4...), "", 0, "0: 10a 11a 12a 13a"},
		{workerList(11, 0, a4...), "", 0, "0: 11a 12a 13a 14a"},
		{workerList(14, 0, a4...), "", 0, "0: 14a 15a 16a 17a"},
	}},
	{"grows up to its size", false, []windowStep{
		{workerList(10, 0, "a"), "", 0, "0: 10a"},
		{workerList(10, 0, "a", "a", "a", "a", "a", "a"), "", 0, "0: 12a 13a 14a 15a"},
	}},
	{"never goes back", false, []windowStep{
		{workerList(10, 0, a4...), "", 0, "0: 10a 11a 12a 13a"},
		{workerList(0, 0, a4...), "", 0, "0: 10a 11a 12a 13a"},
		{workerList(10, 0, "a", "a"), "", 0, "0: 10a 11a 12a 13a"},
	}},
	{"begins anew where the worker jumped beyond it", false, []windowStep{
		{workerList(10, 0, a4...), "", 0, "0: 10a 11a 12a 13a"},
		{workerList(20, 0, a4...), "", 0, "0: 20a 21a 22a 23a"},
	}},
	{"begins anew with what there is, where nobody else can bring the rest", false, []windowStep{
		{workerList(10, 0, a4...), "", 0, "0: 10a 11a 12a 13a"},
		{workerList(20, 0, "a"), "", 0, "0: 20a"},
	}},
	{"fills a jump within it with gaps", false, []windowStep{
		{workerList(10, 0, a4...), "", 0, "0: 10a 11a 12a 13a"},
		{workerList(16, 0, "a"), "", 0, "0: 13a -14a -15a 16a"},
	}},
	{"waits for others that may fill a jump", true, []windowStep{
		{workerList(10, 0, a4...), "", 0, "0: 10a 11a 12a 13a"},
		{workerList(16, 0, "a"), "", 2.9, "0: 10a 11a 12a 13a"},
		{workerList(16, 0, "a"), "", 3, "0: 13a -14a -15a 16a"},
	}},
	{"waits for media, with what came behind it", false, []windowStep{
		{workerList(10, 0, a4...), "13", 1, "0: 10a 11a 12a"},
		{workerList(11, 0, a4...), "13", 1, "0: 10a 11a 12a"},
		{workerList(12, 0, a4...), "13", 2.9, "0: 10a 11a 12a"},
		{workerList(12, 0, a4...), "", 2.9, "0: 12a 13a 14a 15a"},
	}},
	{"goes on behind media that never came", false, []windowStep{
		{workerList(10, 0, a4...), "13", 1, "0: 10a 11a 12a"},
		{workerList(11, 0, a4...), "13", 2.9, "0: 10a 11a 12a"},
		{workerList(11, 0, a4...), "13", 3, "0: 11a 12a -13a 14a"},
		{workerList(12, 0, a4...), "13", 3, "0: 12a -13a 14a 15a"},
	}},
	{"does not wait with a whole window behind the hole", false, []windowStep{
		{workerList(10, 0, a4...), "13", 1, "0: 10a 11a 12a"},
		{workerList(13, 0, "a", "a", "a", "a", "a"), "13", 1, "0: 14a 15a 16a 17a"},
	}},
	{"lists what the sole worker says to be a gap", false, []windowStep{
		{workerList(10, 0, "a", "-a", "a"), "", 0, "0: 10a -11a 12a"},
	}},
	{"starts with what is whole behind a hole, once that had its time", false, []windowStep{
		{workerList(10, 0, "a", "a", "a", "a", "a", "a"), "12", 0.9, "0:"},
		{workerList(10, 0, "a", "a", "a", "a", "a", "a"), "12", 1, "0: 13a 14a 15a"},
	}},
	{"starts with a short rest rather than nothing", false, []windowStep{
		{workerList(10, 0, "a", "a"), "10", 1, "0: 11a"},
	}},
	{"starts with more rather than newer", false, []windowStep{
		{workerList(10, 0, a4...), "12", 1, "0: 10a 11a"},
	}},
	{"takes discontinuities over", false, []windowStep{
		{workerList(10, 3, "a", "!b", "b"), "", 0, "3: 10a !11b 12b"},
		{workerList(11, 3, "!b", "b", "b", "!a"), "", 0, "3: !11b 12b 13b !14a"},
		{workerList(12, 4, "b", "b", "!a", "a"), "", 0, "4: 12b 13b !14a 15a"},
		{workerList(15, 5, "a", "a", "a", "a"), "", 0, "5: 15a 16a 17a 18a"},
	}},
	{"starts later with the same numbers", false, []windowStep{
		{workerList(12, 4, "b", "b", "!a", "a"), "", 0, "4: 12b 13b !14a 15a"},
		{workerList(15, 5, "a", "a", "a", "a"), "", 0, "5: 15a 16a 17a 18a"},
	}},
	{"marks another init section though the worker forgot to", false, []windowStep{
		{workerList(10, 0, a4...), "", 0, "0: 10a 11a 12a 13a"},
		{workerList(12, 0, "b", "b", "b", "b"), "", 0, "0: 12a 13a !14b 15b"},
	}},
	{"marks another init section behind a jump", false, []windowStep{
		{workerList(10, 0, a4...), "", 0, "0: 10a 11a 12a 13a"},
		{workerList(2000, 0, "b", "b"), "", 0, "0: !2000b 2001b"},
	}},
	{"begins anew where the numbers jump more than the time", false, []windowStep{
		{workerList(10, 0, a4...), "", 0, "0: 10a 11a 12a 13a"},
		{dated(workerList(16, 0, "b"), 28), "", 0, "0: !16b"},
	}},
	{"counts discontinuities that fell into a jump", false, []windowStep{
		{workerList(10, 3, "a", "!b", "b"), "", 0, "3: 10a !11b 12b"},
		{workerList(20, 6, "b", "b", "b"), "", 0, "6: 20b 21b 22b"},
	}},
	{"never counts discontinuities down", false, []windowStep{
		{workerList(10, 3, "a", "!b", "b"), "", 0, "3: 10a !11b 12b"},
		{workerList(20, 0, "b", "b", "b"), "", 0, "4: 20b 21b 22b"},
		{workerList(30, 0, "!b", "b", "b"), "", 0, "4: !30b 31b 32b"},
		{workerList(30, 0, "!b", "b", "b", "!c", "c", "c"), "", 0, "5: 32b !33c 34c 35c"},
	}},
}

func TestWindow(t *testing.T) {
	for _, c := range windowCases {
		t.Run(c.name, func(t *testing.T) {
			w := Window{Size: 4, Sole: !c.several}
			for i, s := range c.steps {
				due := w.Due(mustEntries(t, s.list))
				chosen, again := w.Choose(due, func(e Entry) (time.Time, bool) {
					return at(0), e.Segment.Gap || s.missing != fmt.Sprint(e.MSN)
				}, 2, at(0), at(s.now))
				_, err := w.List(chosen, 2)
				if got := shown(&w); err != nil || got != s.want {
					t.Errorf("step %d: got %q, %v, want %q", i, got, err, s.want)
				}
				if !again.IsZero() && !again.After(at(s.now)) {
					t.Errorf("step %d: to be asked again at %s, which has been", i, again)
				}
			}
		})
	}
}

// dated moves a playlist's dates so that its first segment begins so many seconds
// after the epoch.
func dated(p *m3u8.MediaPlaylist, first int64) *m3u8.MediaPlaylist {
	for i := range p.Segments {
		p.Segments[i].ProgramDateTime = time.Unix(first+2*int64(i), 0).UTC()
	}
	return p
}

// list lists the segments of a playlist, all of them whole.
func (w *Window) list(t *testing.T, p *m3u8.MediaPlaylist) (bool, error) {
	t.Helper()
	due := w.Due(mustEntries(t, p))
	chosen, _ := w.Choose(due, func(Entry) (time.Time, bool) { return at(0), true }, p.TargetDuration, at(0), at(0))
	return w.List(chosen, p.TargetDuration)
}

func TestAnEndHoldsUntilTheSignalGoesOn(t *testing.T) {
	w := Window{Size: 4, Sole: true}
	if w.End(); w.Ended() {
		t.Error("nothing was listed: got ended, want not")
	}
	if _, err := w.list(t, workerList(10, 0, "a", "a")); err != nil {
		t.Fatal(err)
	}
	w.End()
	if got := shown(&w); got != "0: 10a 11a end" {
		t.Errorf("got %q, want the end", got)
	}
	if _, err := w.list(t, workerList(10, 0, "a", "a")); err != nil || !w.Ended() {
		t.Errorf("nothing new: got %v, ended %t, want ended", err, w.Ended())
	}
	if _, err := w.list(t, workerList(40, 0, "b")); err != nil || shown(&w) != "0: !40b" {
		t.Errorf("it is back: got %q, %v, want it without an end, as other media", shown(&w), err)
	}
}

func TestTheTargetDurationStays(t *testing.T) {
	w := Window{Size: 4, Sole: true}
	if _, err := w.list(t, workerList(10, 0, "a", "a")); err != nil {
		t.Fatal(err)
	}
	shorter := workerList(12, 0, "a")
	shorter.TargetDuration, shorter.Segments[0].Duration = 1, time.Second
	if _, err := w.list(t, shorter); err != nil || w.Playlist().TargetDuration != 2 {
		t.Errorf("got %v, target duration %d, want 2 still", err, w.Playlist().TargetDuration)
	}
	longer := workerList(13, 0, "a")
	longer.TargetDuration, longer.Segments[0].Duration = 4, 4*time.Second
	if listed, err := w.list(t, longer); listed || err == nil || w.Newest() != 12 {
		t.Errorf("got %t, %v, newest %d, want a refusal", listed, err, w.Newest())
	}
}

func TestSpansAgree(t *testing.T) {
	span := func(begins, units uint64) Span { return Span{Begins: begins, Units: units, Timescale: 90000} }
	for _, c := range []struct {
		name    string
		a, b    Span
		numbers int64
		want    bool
	}{
		{"one goes on from the other", span(0, 180180), span(180180, 180180), 1, true},
		{"five numbers on", span(0, 180180), span(5*180180, 180180), 5, true},
		{"another number's time", span(0, 180180), span(2*180180, 180180), 1, false},
		{"the same time", span(0, 180180), span(0, 180180), 1, false},
		{"segments that are not equally long", span(0, 180180), span(180180, 90000), 1, true},
		{"a frame was dropped", span(0, 180180), span(180180+3003, 180180), 1, true},
		{"began anew", span(1e15, 180180), span(0, 180180), 1, false},
		{"another timescale", span(0, 180180), Span{Begins: 180180, Units: 180180, Timescale: 48000}, 1, false},
	} {
		if got := c.b.Follows(c.a, c.numbers); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func TestEntriesOfRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*m3u8.Segment)
	}{
		{"a name that is not the number's", func(s *m3u8.Segment) { s.URI = "11.m4s" }},
		{"a name in another folder", func(s *m3u8.Segment) { s.URI = "../live02/10.m4s" }},
		{"no init section", func(s *m3u8.Segment) { s.Map = nil }},
		{"an init section in another folder", func(s *m3u8.Segment) { s.Map = &m3u8.Map{URI: "../live02/init-a.mp4"} }},
		{"an init section at another host", func(s *m3u8.Segment) { s.Map = &m3u8.Map{URI: "http://a/init-a.mp4"} }},
		{"a piece of an init section", func(s *m3u8.Segment) { s.Map = &m3u8.Map{URI: "init-a.mp4", ByteRange: &m3u8.ByteRange{}} }},
		{"a byte range", func(s *m3u8.Segment) { s.ByteRange = &m3u8.ByteRange{Length: 1} }},
		{"a key", func(s *m3u8.Segment) { s.Keys = []m3u8.Key{{Method: "NONE"}} }},
		{"a duration above the target", func(s *m3u8.Segment) { s.Duration = 3 * time.Second }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := workerList(10, 0, "a")
			if _, err := EntriesOf(p); err != nil {
				t.Fatalf("unchanged: got %v", err)
			}
			c.change(&p.Segments[0])
			if got, err := EntriesOf(p); err == nil {
				t.Errorf("got %+v, want an error", got)
			}
		})
	}
}
