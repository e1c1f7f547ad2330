package timeline

import (
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

func ad(id string, more ...m3u8.Attribute) m3u8.DateRange {
	return m3u8.DateRange{Attributes: append([]m3u8.Attribute{{Name: "ID", Value: id, Quoted: true}}, more...)}
}

func ranges(msn int64, list ...m3u8.DateRange) func(*m3u8.MediaPlaylist) {
	return at(msn, func(s *m3u8.Segment) { s.DateRanges = list })
}

func tagged(msn int64, list ...m3u8.Tag) func(*m3u8.MediaPlaylist) {
	return at(msn, func(s *m3u8.Segment) { s.Unknown = list })
}

func behind(list ...m3u8.Tag) func(*m3u8.MediaPlaylist) {
	return func(p *m3u8.MediaPlaylist) { p.Trailing = list }
}

func TestTagsStandWhereThePackagerHasThem(t *testing.T) {
	ended := m3u8.Attribute{Name: "DURATION", Value: "4"}
	for _, c := range []struct {
		name string
		// The packager lists these one after the other; ours is one segment longer.
		lists []*m3u8.MediaPlaylist
		want  []string
	}{
		{"a date range stays at its segment", []*m3u8.MediaPlaylist{lists(100, 5, ranges(102, ad("a"))), lists(101, 5, ranges(102, ad("a")))},
			[]string{`#EXT-X-DATERANGE:ID="a" 102.ts`}},
		{"also when that is the first", []*m3u8.MediaPlaylist{lists(100, 5, ranges(102, ad("a"))), lists(101, 5, ranges(102, ad("a"))), lists(102, 5, ranges(102, ad("a")))},
			[]string{`#EXT-X-DATERANGE:ID="a" 102.ts`}},
		{"and leaves with it", []*m3u8.MediaPlaylist{lists(100, 5, ranges(100, ad("a"))), lists(101, 5), lists(102, 5)}, nil},
		{"one that its packager keeps at the head is ours at the head", []*m3u8.MediaPlaylist{lists(100, 5, ranges(100, ad("a"))), lists(101, 5, ranges(101, ad("a"))), lists(102, 5, ranges(102, ad("a")))},
			[]string{`#EXT-X-DATERANGE:ID="a" 102.ts`}},
		{"at the head, and still with a segment that is listed", []*m3u8.MediaPlaylist{lists(100, 5, ranges(103, ad("a"))), lists(101, 5, ranges(101, ad("a")), ranges(103, ad("a")))},
			[]string{`#EXT-X-DATERANGE:ID="a" 103.ts`}},
		{"updated where it stands", []*m3u8.MediaPlaylist{lists(100, 5, ranges(102, ad("a"))), lists(101, 5, ranges(102, ad("a", ended)))},
			[]string{`#EXT-X-DATERANGE:ID="a",DURATION=4 102.ts`}},
		{"updated at the first segment, which it stays with", []*m3u8.MediaPlaylist{lists(100, 5, ranges(101, ad("a"))), lists(101, 5, ranges(101, ad("a", ended)))},
			[]string{`#EXT-X-DATERANGE:ID="a",DURATION=4 101.ts`}},
		{"moved", []*m3u8.MediaPlaylist{lists(100, 5, ranges(102, ad("a"))), lists(101, 5, ranges(104, ad("a")))},
			[]string{`#EXT-X-DATERANGE:ID="a" 104.ts`}},
		{"new at a segment that is listed", []*m3u8.MediaPlaylist{lists(100, 5), lists(101, 5, ranges(103, ad("a")))},
			[]string{`#EXT-X-DATERANGE:ID="a" 103.ts`}},
		{"removed", []*m3u8.MediaPlaylist{lists(100, 5, ranges(102, ad("a"))), lists(101, 5)}, nil},
		{"behind the last", []*m3u8.MediaPlaylist{lists(100, 5), lists(101, 5, behind(`#EXT-X-DATERANGE:ID="a"`, `#EXT-X-PART:DURATION=1,URI="p"`))},
			[]string{`#EXT-X-DATERANGE:ID="a" (end)`}},
		{"from behind the last to its segment", []*m3u8.MediaPlaylist{lists(100, 5, behind(`#EXT-X-DATERANGE:ID="a"`)), lists(101, 5, ranges(105, ad("a")))},
			[]string{`#EXT-X-DATERANGE:ID="a" 105.ts`}},
		{"unknown tags at the head of each list stay one", []*m3u8.MediaPlaylist{lists(100, 5, tagged(100, "#EXT-X-MINE:1")), lists(101, 5, tagged(101, "#EXT-X-MINE:1")), lists(102, 5, tagged(102, "#EXT-X-MINE:1"))},
			[]string{"#EXT-X-MINE:1 102.ts"}},
		{"and are as they are said last", []*m3u8.MediaPlaylist{lists(100, 5, tagged(100, "#EXT-X-MINE:1")), lists(101, 5, tagged(101, "#EXT-X-MINE:2")), lists(102, 5, tagged(102, "#EXT-X-MINE:3"))},
			[]string{"#EXT-X-MINE:3 102.ts"}},
		{"CUE-OUT stays at its segment", []*m3u8.MediaPlaylist{lists(100, 5, tagged(103, "#EXT-X-CUE-OUT:30")), lists(101, 5, tagged(103, "#EXT-X-CUE-OUT:30")), lists(103, 5, tagged(103, "#EXT-X-CUE-OUT:30"))},
			[]string{"#EXT-X-CUE-OUT:30 103.ts"}},
		{"and leaves with it", []*m3u8.MediaPlaylist{lists(100, 5, tagged(101, "#EXT-X-CUE-OUT:30")), lists(101, 5, tagged(101, "#EXT-X-CUE-OUT:30")), lists(103, 5)}, nil},
		{"tags of a whole playlist", []*m3u8.MediaPlaylist{lists(100, 5), lists(101, 5, func(p *m3u8.MediaPlaylist) { p.Unknown = []m3u8.Tag{"#EXT-X-ALLOW-CACHE:NO"} })},
			[]string{"#EXT-X-ALLOW-CACHE:NO 101.ts"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			line, check := begun(t, c.lists[0])
			line.Retag(first(c.lists[0]))
			for _, l := range c.lists[1:] {
				offer(t, line, first(l))
				line.Retag(first(l))
				show(t, line, check)
			}
			wantLines(t, lines(line.Playlist(), "#EXT-X-DATERANGE", "#EXT-X-MINE", "#EXT-X-CUE", "#EXT-X-ALLOW"), c.want...)
		})
	}
}

func TestTagsOfAPackagerThatLagsLeaveTheNewestAlone(t *testing.T) {
	line, _ := begun(t, lists(100, 5, ranges(104, ad("a")), tagged(104, "#EXT-X-CUE-OUT:30")))
	line.Retag(by(1, lists(98, 5)))
	wantLines(t, lines(line.Playlist(), "#EXT-X-DATERANGE", "#EXT-X-CUE"), `#EXT-X-DATERANGE:ID="a" 104.ts`, "#EXT-X-CUE-OUT:30 104.ts")
}

func TestTagsOfOtherSegmentsAreNotTaken(t *testing.T) {
	line, c := begun(t, lists(100, 5, ranges(104, ad("a"))))
	if _, _, err := line.Adopt(by(1, lists(0, 5)), 3); err != nil {
		t.Fatal(err)
	}
	line.Retag(by(1, lists(0, 5, ranges(2, ad("before")), ranges(4, ad("b")))))
	wantLines(t, lines(show(t, line, c), "#EXT-X-DATERANGE"), `#EXT-X-DATERANGE:ID="a" 104.ts`, `#EXT-X-DATERANGE:ID="b" r1-4.ts`)
	if _, _, err := line.Skip(by(1, lists(7, 1))); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(-time.Second)
	line.Retag(by(1, lists(5, 3, ranges(5, ad("gap")))))
	show(t, line, c)
}

func TestTagsAtTheHeadOfAShorterWindowAreNotLeftBehind(t *testing.T) {
	line, c := begun(t, lists(100, 5, tagged(100, "#EXT-X-MINE:1"), ranges(100, ad("a"))))
	line.Window = 20 * time.Second
	for msn := int64(101); msn < 104; msn++ {
		l := first(lists(msn, 5, tagged(msn, "#EXT-X-MINE:1"), ranges(msn, ad("a"))))
		offer(t, line, l)
		line.Retag(l)
		show(t, line, c)
	}
	wantLines(t, lines(line.Playlist(), "#EXT-X-DATERANGE", "#EXT-X-MINE"), `#EXT-X-DATERANGE:ID="a" 100.ts`, "#EXT-X-MINE:1 100.ts")
}
