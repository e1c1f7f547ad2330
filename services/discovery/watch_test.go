package discovery

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/hls/m3u8"
)

const (
	one = "http://localhost:8080"
	two = "http://localhost:9090"
)

var began = time.Date(2024, 4, 5, 11, 23, 45, 0, time.UTC)

func at(s int) time.Time { return began.Add(time.Duration(s) * time.Second) }

// good is the result of a request for a playlist whose first segment is msn.
func good(second int, msn int64, uris ...string) result {
	p := &m3u8.MediaPlaylist{TargetDuration: 2, MediaSequence: msn}
	for _, uri := range uris {
		p.Segments = append(p.Segments, m3u8.Segment{URI: uri, Duration: 2 * time.Second})
	}
	return result{At: at(second), Latency: 3 * time.Millisecond, Playlist: p}
}

func bad(second int, why string) result { return result{At: at(second), Err: why} }

func TestObserve(t *testing.T) {
	marks := func(msn int64, uris ...string) []health.Mark {
		var list []health.Mark
		for i, uri := range uris {
			list = append(list, health.Mark{MSN: msn + int64(i), URI: uri, Duration: 2 * time.Second})
		}
		return list
	}
	pos := func(msn int64) m3u8.Pos { return m3u8.Pos{MSN: msn, Part: -1} }
	steps := func(s ...health.Step) (list [8]health.Step) { copy(list[:], s); return list }
	for _, c := range []struct {
		name    string
		results []result
		want    health.Observation
	}{
		{"nothing yet", nil, health.Observation{Packager: one, Pos: pos(-1)}},
		{"a first playlist has not been seen growing", []result{good(1, 7, "7", "8")},
			health.Observation{Packager: one, At: at(1), First: at(1), Pos: pos(8), Latency: 3 * time.Millisecond,
				TargetDuration: 2 * time.Second, Steps: steps(health.Step{MSN: 8, At: at(1)}), Tail: marks(7, "7", "8")}},
		{"a playlist that grows", []result{good(1, 7, "7", "8"), good(2, 8, "8", "9")},
			health.Observation{Packager: one, At: at(2), First: at(1), Advanced: at(2), Pos: pos(9), Latency: 3 * time.Millisecond,
				TargetDuration: 2 * time.Second, Steps: steps(health.Step{MSN: 9, At: at(2)}, health.Step{MSN: 8, At: at(1)}), Tail: marks(8, "8", "9")}},
		{"a playlist that stands still", []result{good(1, 7, "7"), good(2, 8, "8"), good(3, 8, "8")},
			health.Observation{Packager: one, At: at(3), First: at(1), Advanced: at(2), Pos: pos(8), Latency: 3 * time.Millisecond,
				TargetDuration: 2 * time.Second, Steps: steps(health.Step{MSN: 8, At: at(2)}, health.Step{MSN: 7, At: at(1)}), Tail: marks(8, "8")}},
		{"a playlist that goes back has not grown", []result{good(1, 7, "7"), good(2, 3, "3")},
			health.Observation{Packager: one, At: at(2), First: at(1), Pos: pos(3), Latency: 3 * time.Millisecond,
				TargetDuration: 2 * time.Second, Steps: steps(health.Step{MSN: 3, At: at(2)}), Tail: marks(3, "3")}},
		{"bad from the start", []result{bad(1, "connection refused")},
			health.Observation{Packager: one, At: at(1), Err: "connection refused", Fails: 1, Pos: pos(-1)}},
		{"bad after good: what was known stays", []result{good(1, 7, "7"), bad(2, "status 500"), bad(3, "connection refused")},
			health.Observation{Packager: one, At: at(3), First: at(1), Err: "connection refused", Fails: 2, Pos: pos(7), Latency: 3 * time.Millisecond,
				TargetDuration: 2 * time.Second, Steps: steps(health.Step{MSN: 7, At: at(1)}), Tail: marks(7, "7")}},
		{"good after bad: the bad ones are over, and it has grown", []result{good(1, 7, "7"), bad(2, "status 500"), good(3, 9, "9")},
			health.Observation{Packager: one, At: at(3), First: at(1), Advanced: at(3), Pos: pos(9), Latency: 3 * time.Millisecond,
				TargetDuration: 2 * time.Second, Steps: steps(health.Step{MSN: 9, At: at(3)}, health.Step{MSN: 7, At: at(1)}), Tail: marks(9, "9")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := unobserved(one)
			for _, r := range c.results {
				got = observe(got, r)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestInterval(t *testing.T) {
	for _, c := range []struct {
		name         string
		target, want time.Duration
	}{
		{"a quarter of the target duration", 6 * time.Second, 1500 * time.Millisecond},
		{"not too often", time.Second / 2, 250 * time.Millisecond},
		{"not too seldom, whatever a packager claims", time.Hour, 5 * time.Second},
		{"nothing known", 0, 250 * time.Millisecond},
	} {
		if got := interval(c.target); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
