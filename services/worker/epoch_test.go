package worker

import (
	"testing"
	"time"
)

func TestSegmentAt(t *testing.T) {
	for _, c := range []struct {
		name string
		at   time.Time
		want int64
	}{
		{"the epoch", time.Unix(0, 0), 0},
		{"just before a segment", time.Unix(1999999, 999999999), 999999},
		{"at its start", time.Unix(2000000, 0), 1000000},
		{"in its midst", time.Unix(2000001, 999999999), 1000000},
		{"before the epoch", time.Unix(-1, 0), -1},
		{"at a start before the epoch", time.Unix(-2, 0), -1},
	} {
		if got := segmentAt(c.at); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
	if got := startOf(1000000); !got.Equal(time.Unix(2000000, 0)) {
		t.Errorf("start: got %s", got)
	}
}

func TestSeekTo(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name   string
		n      int64
		length time.Duration
		want   seek
	}{
		{"the first turn", 0, 8 * s, seek{0, 0}},
		{"within it", 3, 8 * s, seek{6 * s, 0}},
		{"at the seam", 4, 8 * s, seek{0, 8 * s}},
		{"the last of a turn", 7, 8 * s, seek{6 * s, 8 * s}},
		{"of a longer loop", 13, 24 * s, seek{2 * s, 24 * s}},
		{"our days", 860000001, 24 * s, seek{18 * s, 1719999984 * s}},
	} {
		got := seekTo(c.n, c.length)
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
		if got.In+got.Offset != time.Duration(c.n)*SegmentDuration || got.In%SegmentDuration != 0 {
			t.Errorf("%s: %+v does not begin segment %d", c.name, got, c.n)
		}
	}
}

func TestLoopLength(t *testing.T) {
	const ms = time.Millisecond
	for film, want := range map[time.Duration]time.Duration{
		40 * ms: 8, 3000 * ms: 8, 8000 * ms: 8, 11999 * ms: 8, 12000 * ms: 16, 16021 * ms: 16, 24000 * ms: 24, 7200123 * ms: 7200,
	} {
		if got := loopLength(film); got != want*time.Second {
			t.Errorf("%s: got %s, want %d s", film, got, want)
		}
	}
}

func TestTheClockGoesOnFromTheLastNumber(t *testing.T) {
	c := newClock()
	later := c.now().Add(time.Hour)
	if got := c.notBefore(later).now(); got.Before(later) || got.Sub(later) > time.Minute {
		t.Errorf("got %s, want %s or a little later", got, later)
	}
	if got := c.notBefore(c.now().Add(-time.Hour)); got != c {
		t.Error("an earlier time changed the clock")
	}
}
