package timeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/hls/m3u8"
)

func TestCompareFindsWhatContradicts(t *testing.T) {
	mapped := func(uri string) func(int64, *m3u8.Segment) {
		return func(_ int64, s *m3u8.Segment) { s.Map = &m3u8.Map{URI: uri} }
	}
	token := func(word string) func(*m3u8.MediaPlaylist) {
		return each(func(_ int64, s *m3u8.Segment) { s.URI += "?token=" + word })
	}
	ranged := func(length int64) func(*m3u8.MediaPlaylist) {
		return each(func(msn int64, s *m3u8.Segment) {
			s.URI, s.ByteRange = "all.ts", &m3u8.ByteRange{Length: length, Offset: length * msn}
		})
	}
	for _, c := range []struct {
		name              string
		served, offers    *m3u8.MediaPlaylist
		conflict, renamed string // part of it; empty: none
	}{
		{name: "another URI is another name", served: lists(100, 5), offers: lists(101, 5, at(103, func(s *m3u8.Segment) { s.URI = "x.ts" })), renamed: `msn 103 is "/live01/x.ts", "/live01/103.ts" was served`},
		{name: "another query is none", served: lists(100, 5, token("a")), offers: lists(101, 5, token("b"))},
		{name: "a query where none was", served: lists(100, 5), offers: lists(101, 5, token("b"))},
		{name: "another way to write a name", served: lists(100, 5), offers: lists(101, 5, each(func(_ int64, s *m3u8.Segment) { s.URI = "./x/../" + s.URI }))},
		{name: "an absolute URI of its own host", served: lists(100, 5), offers: lists(101, 5, each(func(_ int64, s *m3u8.Segment) { s.URI = "http://server1:8080/live01/" + s.URI }))},
		{name: "another host", served: lists(100, 5), offers: lists(101, 5, each(func(_ int64, s *m3u8.Segment) { s.URI = "http://cdn.example/live01/" + s.URI })), renamed: `msn 104 is "http://cdn.example/live01/104.ts"`},
		{name: "another duration", served: lists(100, 5), offers: lists(101, 5, at(103, func(s *m3u8.Segment) { s.Duration -= 1010 * time.Millisecond })), conflict: "msn 103 lasts 990ms"},
		{name: "another duration and another name", served: lists(100, 5), offers: lists(101, 5, at(103, func(s *m3u8.Segment) { s.URI, s.Duration = "x.ts", 1989*time.Millisecond })), conflict: "msn 103 lasts 1.989s", renamed: "x.ts"},
		{name: "a duration that was an estimate", served: lists(100, 5), offers: lists(101, 5, at(103, func(s *m3u8.Segment) { s.Duration -= 900 * time.Millisecond }))},
		{name: "the same duration in other words", served: lists(100, 5), offers: lists(101, 5, at(103, func(s *m3u8.Segment) { s.Duration -= 10 * time.Millisecond }))},
		{name: "another discontinuity", served: lists(100, 5), offers: lists(101, 5, at(103, broken)), conflict: "msn 103: discontinuity true"},
		{name: "a discontinuity at its head, which is ours too or not", served: lists(100, 5), offers: lists(102, 5, at(102, broken))},
		{name: "no discontinuity at its head where ours is", served: lists(100, 5, at(102, broken)), offers: lists(102, 5)},
		{name: "other dates", served: lists(100, 5), offers: lists(101, 5, dated(-time.Hour))},
		{name: "no dates", served: lists(100, 5), offers: lists(101, 5, undated)},
		{name: "no map", served: lists(100, 5, each(mapped("i.mp4"))), offers: lists(101, 5), conflict: "with and without EXT-X-MAP"},
		{name: "another map", served: lists(100, 5, each(mapped("i.mp4"))), offers: lists(101, 5, each(mapped("j.mp4")))},
		{name: "another part", served: lists(100, 5, ranged(10)), offers: lists(101, 5, ranged(11)), conflict: "another part"},
		{name: "a longer target duration", served: lists(100, 5), offers: lists(101, 5, func(p *m3u8.MediaPlaylist) { p.TargetDuration = 3 })},
		{name: "a segment that is too long", served: lists(100, 5), offers: lists(101, 5, at(105, func(s *m3u8.Segment) { s.Duration = 2500 * time.Millisecond }))},
		{name: "a URI out of the folder", served: lists(100, 5), offers: lists(101, 5, at(105, func(s *m3u8.Segment) { s.URI = "../../elsewhere/105" }))},
	} {
		t.Run(c.name, func(t *testing.T) {
			line, check := begun(t, c.served)
			got := line.Compare(by(0, c.offers))
			for _, w := range []struct{ name, got, want string }{{"conflict", got.Conflict, c.conflict}, {"renamed", got.Renamed, c.renamed}} {
				if w.want == "" && w.got != "" || !strings.Contains(w.got, w.want) {
					t.Errorf("%s: got %q, want %q", w.name, w.got, w.want)
				}
			}
			if got.Conflict == "" {
				offer(t, line, first(c.offers))
			}
			show(t, line, check)
		})
	}
}

func TestCompareLooksAtTheNewestOfALongWindow(t *testing.T) {
	line, _ := begun(t, lists(100, 500))
	if r := line.Compare(first(lists(100, 501, at(120, broken)))); r.Conflict != "" {
		t.Errorf("an old one: got %q, want none: the newest tell", r.Conflict)
	}
	if r := line.Compare(first(lists(100, 501, at(590, broken)))); r.Conflict == "" {
		t.Error("a new one: want a conflict")
	}
}

// is is what segment n of an encoder is, as one packager writes it.
func is(encoder string, n int64, packager string) Content {
	return Content{
		Digest: fmt.Sprint(encoder, n, packager), HasStart: true, Format: container.FormatMPEGTS,
		Start: container.Timestamp{Ticks: 180_000*n + int64(len(encoder))*1_000_000, Scale: 90_000},
	}
}

func TestSame(t *testing.T) {
	with := func(c Content, change func(*Content)) Content {
		change(&c)
		return c
	}
	a := is("e", 1, "a")
	for _, c := range []struct {
		name               string
		a, b               Content
		same, whole, known bool
	}{
		{"nothing is known", Content{}, Content{}, false, false, false},
		{"nothing is known of one", a, Content{HasStart: true}, false, false, false},
		{"the same bytes", a, Content{Digest: a.Digest}, true, true, true},
		{"other bytes that begin at the same time", a, is("e", 1, "b"), true, false, true},
		{"to 2 ms", a, with(is("e", 1, "b"), func(c *Content) { c.Start.Ticks += 180 }), true, false, true},
		{"3 ms away", a, with(is("e", 1, "b"), func(c *Content) { c.Start.Ticks -= 270 }), false, false, true},
		{"other bytes that begin at another time", a, is("e", 2, "b"), false, false, true},
		{"no time", a, Content{Digest: "x"}, false, false, true},
		{"another scale", a, with(is("e", 1, "b"), func(c *Content) { c.Start.Scale = 48_000 }), false, false, true},
		{"another format", a, with(is("e", 1, "b"), func(c *Content) { c.Format = container.FormatMP4 }), false, false, true},
		{"another init section", a, with(is("e", 1, "b"), func(c *Content) { c.Init = "i" }), false, false, true},
		{"enciphered", a, with(is("e", 1, "b"), func(c *Content) { c.Sealed = true }), false, false, true},
		{"enciphered, the same bytes", with(a, func(c *Content) { c.Sealed = true }), with(a, func(c *Content) { c.Sealed = true }), true, true, true},
	} {
		for _, pair := range [][2]Content{{c.a, c.b}, {c.b, c.a}} {
			if same, whole, known := Same(pair[0], pair[1]); same != c.same || whole != c.whole || known != c.known {
				t.Errorf("%s: got %t %t %t, want %t %t %t", c.name, same, whole, known, c.same, c.whole, c.known)
			}
		}
	}
}

func TestUnseenIsWhatPlayersHaveNotHadYet(t *testing.T) {
	// Served: 100 to 104 of encoder e. Theirs are 10 to 14, which are 102 to 106 of it.
	known := func(line *Timeline) {
		for i := range line.Entries {
			line.Entries[i].Content = is("e", line.Entries[i].MSN, "a")
		}
	}
	sample := func(theirs int64, c Content) Sample { return Sample{theirs, c} }
	theirs := lists(10, 5, dated(92*2*time.Second))
	for _, c := range []struct {
		name    string
		serve   func(*Timeline)
		list    *m3u8.MediaPlaylist
		samples []Sample
		want    int64
		placed  bool
	}{
		{name: "the same bytes as the last", serve: known, list: theirs, samples: []Sample{sample(12, is("e", 104, "a"))}, want: 3, placed: true},
		{name: "the same bytes as one before", serve: known, list: theirs, samples: []Sample{sample(10, is("e", 102, "a"))}, want: 3, placed: true},
		{name: "the same time", serve: known, list: theirs, samples: []Sample{sample(11, is("e", 103, "b"))}, want: 3, placed: true},
		{name: "right behind the last", serve: known, list: theirs, samples: []Sample{sample(13, is("e", 105, "b"))}, want: 3, placed: true},
		{name: "the newest that tells counts", serve: known, list: theirs, samples: []Sample{sample(12, is("e", 104, "b")), sample(14, is("e", 106, "b"))}, want: 3, placed: true},
		{name: "they tell against their dates", serve: known, list: lists(10, 5, dated(time.Hour)), samples: []Sample{sample(12, is("e", 104, "b"))}, want: 3, placed: true},
		{name: "nothing new in them", serve: known, list: theirs, samples: []Sample{sample(14, is("e", 104, "b"))}, want: 5, placed: true},
		{name: "a sample that has left the list", serve: known, list: theirs, samples: []Sample{sample(9, is("e", 104, "b"))}, want: 3},
		{name: "by dates", list: theirs, want: 3},
		{name: "by dates, to 500 ms", list: lists(10, 5, dated(92*2*time.Second-400*time.Millisecond)), want: 3},
		{name: "by dates, all of it", list: lists(10, 5, dated(time.Hour)), want: 0},
		{name: "by dates, nothing of it", list: lists(10, 5), want: 5},
		{name: "theirs have no dates", list: lists(10, 5, undated), want: 2},
		{name: "ours have none", serve: func(line *Timeline) {
			for i := range line.Entries {
				line.Entries[i].Segment.ProgramDateTime = time.Time{}
			}
		}, list: theirs, want: 2},
		{name: "two, without dates", list: lists(10, 2, undated), want: 0},
		{name: "other media by the samples, without dates", serve: known, list: lists(10, 5, undated), samples: []Sample{sample(12, is("other", 104, "b"))}, want: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			line, _ := begun(t, lists(100, 5))
			if c.serve != nil {
				c.serve(line)
			}
			if got := line.Unseen(by(1, c.list), c.samples); got != c.want {
				t.Errorf("unseen: got %d, want %d", got, c.want)
			}
			if got := line.Placed(by(1, c.list), c.samples); got != c.placed {
				t.Errorf("placed: got %t, want %t", got, c.placed)
			}
		})
	}
}

func TestUnseenOfEncipheredSegmentsIsByTheirTimes(t *testing.T) {
	line, _ := begun(t, lists(100, 5))
	line.Entries[4].Content = is("e", 104, "a")
	line.Entries[4].Content.Sealed = true
	c := is("e", 104, "b")
	c.Sealed = true
	if got := line.Unseen(by(1, lists(10, 5, undated)), []Sample{{11, c}}); got != 2 {
		t.Errorf("unseen: got %d, want 2: each packager has a key of its own", got)
	}
}

func TestLookIsTheEntryThatItWouldBe(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	if _, _, err := line.Adopt(first(lists(0, 3)), 0); err != nil {
		t.Fatal(err)
	}
	show(t, line, c)
	l := by(1, lists(1, 4, at(1, func(s *m3u8.Segment) { s.Keys = []m3u8.Key{{Method: "AES-128", URI: "k"}} }),
		at(3, func(s *m3u8.Segment) { s.Gap = true }), at(4, func(s *m3u8.Segment) { s.URI = "http://cdn.example/4.ts" })))
	e, ok := line.Look(l, 2)
	if !ok || e.MSN != 107 || e.Media.Packager != 1 || e.Media.Target != "/live01/2.ts" || len(e.Keys) != 1 || e.Keys[0].Target != "/live01/k" {
		t.Errorf("2: got %+v %t, want msn 107 at the second packager, with its key", e, ok)
	}
	for theirs, why := range map[int64]string{0: "not listed", 3: "a gap", 4: "elsewhere", 5: "not listed yet"} {
		if _, ok := line.Look(l, theirs); ok {
			t.Errorf("%d: got an entry, want none: it is %s", theirs, why)
		}
	}
}

func TestOutsidersAreTheSameForEverybody(t *testing.T) {
	cdn := each(func(_ int64, s *m3u8.Segment) { s.URI = "http://cdn.example/" + s.URI })
	line, _ := begun(t, lists(100, 5, cdn))
	if !line.Outsiders(by(1, lists(99, 5, cdn))) {
		t.Error("segments of a third host: want them to be the same")
	}
	if line.Outsiders(by(1, lists(105, 5, cdn))) {
		t.Error("none in common: want no word of them")
	}
	line, _ = begun(t, lists(100, 5))
	if line.Outsiders(by(1, lists(100, 5))) {
		t.Error("segments of the packagers: want no word of them")
	}
}
