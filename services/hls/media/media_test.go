package media

import (
	"strings"
	"testing"
	"time"
)

func TestGridNumbersItsSegments(t *testing.T) {
	ntsc := 2002 * time.Millisecond
	for _, c := range []struct {
		name string
		grid Grid
		at   time.Duration // since the epoch
		want int64
	}{
		{"the plain grid", Grid{}, 11 * time.Second, 5},
		{"the first instant of a segment", Grid{}, 10 * time.Second, 5},
		{"before the epoch", Grid{}, -time.Nanosecond, -1},
		{"longer segments", Grid{Segment: ntsc}, 10 * time.Second, 4},
		{"an offset", Grid{Segment: ntsc, Offset: 7}, 10 * time.Second, 11},
	} {
		got := c.grid.At(time.Unix(0, int64(c.at)))
		if got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
		if start := c.grid.Start(got); start.After(time.Unix(0, int64(c.at))) || c.grid.At(start) != got {
			t.Errorf("%s: segment %d starts at %s", c.name, got, start)
		}
	}
}

func TestGridInUnits(t *testing.T) {
	if n, ok := (Grid{Segment: 2002 * time.Millisecond}).Units(90000); n != 180180 || !ok {
		t.Errorf("got %d, %v, want 180180 whole units", n, ok)
	}
	if n, ok := (Grid{Segment: 2002 * time.Millisecond}).Units(25); ok {
		t.Errorf("got %d whole units of 1/25 s in 2.002 s, want none", n)
	}
	if got := (Grid{Segment: 2002 * time.Millisecond}).TargetDuration(); got != 2 {
		t.Errorf("got target duration %d, want 2", got)
	}
}

func TestNamesOfMedia(t *testing.T) {
	for name, want := range map[string]bool{
		"7.m4s": true, "0.m4s": true, "07.m4s": false, "-1.m4s": false, "+1.m4s": false, ".m4s": false, "7.ts": false,
		"init-0a.mp4": true, "init-.mp4": false, "init-a/b.mp4": false, "init-..mp4": false, "99999999999999999999.m4s": false, "init-" + strings.Repeat("a", 64) + ".mp4": true, "init-" + strings.Repeat("a", 65) + ".mp4": false, "playlist.m3u8": false, ".new-7.m4s": false,
	} {
		if got := IsMedia(name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if got := InitName([]byte("x")); !IsInit(got) || got == InitName([]byte("y")) {
		t.Errorf("the name of an initialization section: got %q", got)
	}
}
