package window

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/media"
)

func TestShelfKeepsMediaForItsTime(t *testing.T) {
	start := time.Date(2024, 4, 5, 11, 23, 45, 0, time.UTC)
	s := Cache{Keep: 10 * time.Second, Most: 3}
	put := func(names ...string) {
		for _, name := range names {
			n, err := media.SegmentNumber(name)
			if err != nil {
				n = -1
			}
			s.Put(&Media{Name: name, MSN: n, Body: []byte("12345")}, start, start)
		}
	}
	for _, c := range []struct {
		name   string
		put    string
		at     int // seconds
		needed string
		want   string
	}{
		{"what is needed stays", "init-a.mp4 1.m4s 2.m4s", 0, "init-a.mp4 1.m4s 2.m4s", "1.m4s 2.m4s init-a.mp4"},
		{"for any time", "", 1000, "init-a.mp4 1.m4s 2.m4s", "1.m4s 2.m4s init-a.mp4"},
		{"what has left stays", "3.m4s", 1001, "init-a.mp4 2.m4s 3.m4s", "1.m4s 2.m4s 3.m4s init-a.mp4"},
		{"up to its time", "", 1011, "init-a.mp4 2.m4s 3.m4s", "1.m4s 2.m4s 3.m4s init-a.mp4"},
		{"and no longer", "", 1012, "init-a.mp4 2.m4s 3.m4s", "2.m4s 3.m4s init-a.mp4"},
		{"what is needed again", "", 1013, "init-a.mp4 3.m4s", "2.m4s 3.m4s init-a.mp4"},
		{"has its time anew", "", 1020, "init-a.mp4 2.m4s 3.m4s", "2.m4s 3.m4s init-a.mp4"},
		{"from when it leaves", "", 1030, "init-a.mp4 3.m4s", "2.m4s 3.m4s init-a.mp4"},
		{"so many stay at most, the newest", "4.m4s 5.m4s 6.m4s", 1031, "init-a.mp4", "4.m4s 5.m4s 6.m4s init-a.mp4"},
		{"the first to have left goes first", "", 1039, "", "5.m4s 6.m4s init-a.mp4"},
		{"of those that left together the init section goes last", "7.m4s init-b.mp4 8.m4s", 1040, "", "7.m4s 8.m4s init-b.mp4"},
	} {
		if c.put != "" {
			put(strings.Fields(c.put)...)
		}
		before := len(s.items)
		dropped := s.Sweep(func(name string) bool { return slices.Contains(strings.Fields(c.needed), name) }, start.Add(time.Duration(c.at)*time.Second))
		got := strings.Join(s.Names(), " ")
		if got != c.want || dropped != (len(s.items) != before) {
			t.Errorf("%s: got %q, dropped %t, want %q", c.name, got, dropped, c.want)
		}
		if s.Bytes() != 5*len(s.items) {
			t.Errorf("%s: got %d bytes, want %d", c.name, s.Bytes(), 5*len(s.items))
		}
	}
}

func TestTheFutureIsNotServed(t *testing.T) {
	s := Cache{}
	for _, m := range []*Media{{Name: "1.m4s", MSN: 1}, {Name: "2.m4s", MSN: 2}, {Name: "3.m4s", MSN: 3}, {Name: "init-a.mp4", MSN: -1}} {
		s.Put(m, time.Time{}, time.Time{})
	}
	if got := slices.Sorted(maps.Keys(s.UpTo(2))); !slices.Equal(got, []string{"1.m4s", "2.m4s", "init-a.mp4"}) {
		t.Errorf("got %v, want all but 3.m4s", got)
	}
}
