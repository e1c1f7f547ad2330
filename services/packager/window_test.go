package packager

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls"
)

// workerList is a worker's playlist: from the first number on, each segment is
// named by its init section, with ! before it for a discontinuity.
func workerList(first, discontinuities int64, inits ...string) *hls.MediaPlaylist {
	p := &hls.MediaPlaylist{Version: 7, TargetDuration: 2, MediaSequence: first, DiscontinuitySequence: discontinuities}
	for i, in := range inits {
		id, jump := strings.CutPrefix(in, "!")
		msn := first + int64(i)
		p.Segments = append(p.Segments, hls.Segment{
			URI: segmentName(msn), Duration: 2 * time.Second, Discontinuity: jump,
			Map: &hls.Map{URI: "init-" + id + ".mp4"}, ProgramDateTime: time.Unix(2*msn, 0).UTC(),
		})
	}
	return p
}

func mustEntries(t *testing.T, p *hls.MediaPlaylist) []entry {
	t.Helper()
	e, err := entriesOf(p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// shown is a window in short: its discontinuity sequence, then each segment with
// its init section.
func shown(w *window) string {
	p := w.playlist()
	text := fmt.Sprintf("%d:", p.DiscontinuitySequence)
	for i, s := range p.Segments {
		mark := ""
		if s.Discontinuity {
			mark = "!"
		}
		text += fmt.Sprintf(" %s%d%s", mark, p.MediaSequence+int64(i), strings.TrimSuffix(strings.TrimPrefix(s.Map.URI, initPrefix), initExt))
	}
	return text
}

func TestWindow(t *testing.T) {
	type step struct {
		list    *hls.MediaPlaylist
		missing string // numbers whose media is not there
		want    string
	}
	a4 := []string{"a", "a", "a", "a"}
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"slides", []step{
			{workerList(10, 0, a4...), "", "0: 10a 11a 12a 13a"},
			{workerList(11, 0, a4...), "", "0: 11a 12a 13a 14a"},
			{workerList(14, 0, a4...), "", "0: 14a 15a 16a 17a"},
		}},
		{"grows up to its size", []step{
			{workerList(10, 0, "a"), "", "0: 10a"},
			{workerList(10, 0, "a", "a", "a", "a", "a", "a"), "", "0: 12a 13a 14a 15a"},
		}},
		{"never goes back", []step{
			{workerList(10, 0, a4...), "", "0: 10a 11a 12a 13a"},
			{workerList(0, 0, a4...), "", "0: 10a 11a 12a 13a"},
			{workerList(10, 0, "a", "a"), "", "0: 10a 11a 12a 13a"},
		}},
		{"begins anew where the worker jumped", []step{
			{workerList(10, 0, a4...), "", "0: 10a 11a 12a 13a"},
			{workerList(20, 0, a4...), "", "0: 20a 21a 22a 23a"},
		}},
		{"waits for media, with what came behind it", []step{
			{workerList(10, 0, a4...), "13", "0: 10a 11a 12a"},
			{workerList(11, 0, a4...), "13", "0: 10a 11a 12a"},
			{workerList(12, 0, a4...), "13", "0: 10a 11a 12a"},
			{workerList(12, 0, a4...), "", "0: 12a 13a 14a 15a"},
		}},
		{"begins anew behind media that never came", []step{
			{workerList(10, 0, a4...), "13", "0: 10a 11a 12a"},
			{workerList(13, 0, a4...), "13", "0: 14a 15a 16a"},
			{workerList(14, 0, a4...), "13", "0: 14a 15a 16a 17a"},
		}},
		{"starts with what is whole behind a hole", []step{
			{workerList(10, 0, "a", "a", "a", "a", "a", "a"), "12", "0: 13a 14a 15a"},
		}},
		{"starts with a short rest rather than nothing", []step{
			{workerList(10, 0, "a", "a"), "10", "0: 11a"},
		}},
		{"starts with more rather than newer", []step{
			{workerList(10, 0, a4...), "12", "0: 10a 11a"},
		}},
		{"takes discontinuities over", []step{
			{workerList(10, 3, "a", "!b", "b"), "", "3: 10a !11b 12b"},
			{workerList(11, 3, "!b", "b", "b", "!a"), "", "3: !11b 12b 13b !14a"},
			{workerList(12, 4, "b", "b", "!a", "a"), "", "4: 12b 13b !14a 15a"},
			{workerList(15, 5, "a", "a", "a", "a"), "", "5: 15a 16a 17a 18a"},
		}},
		{"starts later with the same numbers", []step{
			{workerList(12, 4, "b", "b", "!a", "a"), "", "4: 12b 13b !14a 15a"},
			{workerList(15, 5, "a", "a", "a", "a"), "", "5: 15a 16a 17a 18a"},
		}},
		{"marks another init section though the worker forgot to", []step{
			{workerList(10, 0, a4...), "", "0: 10a 11a 12a 13a"},
			{workerList(12, 0, "b", "b", "b", "b"), "", "0: 12a 13a !14b 15b"},
		}},
		{"counts discontinuities that fell into a jump", []step{
			{workerList(10, 3, "a", "!b", "b"), "", "3: 10a !11b 12b"},
			{workerList(20, 6, "b", "b", "b"), "", "6: 20b 21b 22b"},
		}},
		{"never counts discontinuities down", []step{
			{workerList(10, 3, "a", "!b", "b"), "", "3: 10a !11b 12b"},
			{workerList(20, 0, "b", "b", "b"), "", "4: 20b 21b 22b"},
			{workerList(30, 0, "!b", "b", "b"), "", "4: !30b 31b 32b"},
			{workerList(30, 0, "!b", "b", "b", "!c", "c", "c"), "", "5: 32b !33c 34c 35c"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := window{size: 4}
			for i, s := range c.steps {
				_, err := w.advance(mustEntries(t, s.list), 2, func(e entry) bool { return s.missing != fmt.Sprint(e.msn) })
				if got := shown(&w); err != nil || got != s.want {
					t.Errorf("step %d: got %q, %v, want %q", i, got, err, s.want)
				}
			}
		})
	}
}

func TestGapsNeedNoMedia(t *testing.T) {
	list := workerList(10, 0, "a", "a", "a")
	list.Segments[1].Gap = true
	g := newSignal("live01", 4)
	g.entries, g.target = mustEntries(t, list), 2
	for _, name := range []string{"10.m4s", "12.m4s", "init-a.mp4"} {
		g.shelf.put(&media{name: name}, time.Time{}, nil)
	}
	if msns, err := g.publish(); len(msns) != 3 || err != nil || !strings.Contains(string(g.current.Load().body), "#EXT-X-GAP\n#EXTINF:2,\n11.m4s") {
		t.Errorf("got %v, %v\n%s\nwant three segments, the second a gap", msns, err, g.current.Load().body)
	}
}

func TestTheTargetDurationStays(t *testing.T) {
	w := window{size: 4}
	all := func(entry) bool { return true }
	if _, err := w.advance(mustEntries(t, workerList(10, 0, "a", "a")), 2, all); err != nil {
		t.Fatal(err)
	}
	shorter := workerList(12, 0, "a")
	shorter.TargetDuration, shorter.Segments[0].Duration = 1, time.Second
	if _, err := w.advance(mustEntries(t, shorter), 1, all); err != nil || w.playlist().TargetDuration != 2 {
		t.Errorf("got %v, target duration %d, want 2 still", err, w.playlist().TargetDuration)
	}
	longer := workerList(13, 0, "a")
	longer.TargetDuration, longer.Segments[0].Duration = 4, 4*time.Second
	if listed, err := w.advance(mustEntries(t, longer), 4, all); listed || err == nil || w.newest() != 12 {
		t.Errorf("got %t, %v, newest %d, want a refusal", listed, err, w.newest())
	}
}

func TestEntriesOfRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*hls.Segment)
	}{
		{"a name that is not the number's", func(s *hls.Segment) { s.URI = "11.m4s" }},
		{"a name in another folder", func(s *hls.Segment) { s.URI = "../live02/10.m4s" }},
		{"no init section", func(s *hls.Segment) { s.Map = nil }},
		{"an init section in another folder", func(s *hls.Segment) { s.Map = &hls.Map{URI: "../live02/init-a.mp4"} }},
		{"an init section at another host", func(s *hls.Segment) { s.Map = &hls.Map{URI: "http://a/init-a.mp4"} }},
		{"a piece of an init section", func(s *hls.Segment) { s.Map = &hls.Map{URI: "init-a.mp4", ByteRange: &hls.ByteRange{}} }},
		{"a byte range", func(s *hls.Segment) { s.ByteRange = &hls.ByteRange{Length: 1} }},
		{"a key", func(s *hls.Segment) { s.Keys = []hls.Key{{Method: "NONE"}} }},
		{"a duration above the target", func(s *hls.Segment) { s.Duration = 3 * time.Second }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := workerList(10, 0, "a")
			if _, err := entriesOf(p); err != nil {
				t.Fatalf("unchanged: got %v", err)
			}
			c.change(&p.Segments[0])
			if got, err := entriesOf(p); err == nil {
				t.Errorf("got %+v, want an error", got)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"0.m4s": true, "927081286.m4s": true, "init-0a9F_-.mp4": true,
		"01.m4s": false, "+1.m4s": false, "-1.m4s": false, ".m4s": false, "1.mp4": false, "1": false, "99999999999999999999.m4s": false,
		".new-1.m4s": false, ".new-init-a.mp4": false, "init-.mp4": false, "init-a.m4s": false, "init-../a.mp4": false, "init-a.b.mp4": false,
		"playlist.m3u8": false, "..": false, "": false, "init-" + strings.Repeat("a", 65) + ".mp4": false,
	} {
		if got := isMedia(name); got != want {
			t.Errorf("isMedia(%q): got %t, want %t", name, got, want)
		}
	}
}
