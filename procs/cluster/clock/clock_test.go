package clock

import (
	"testing"
	"time"

	"livestream-tui/services/cluster"
)

const ms = time.Millisecond

func TestMeasure(t *testing.T) {
	sent := time.Unix(1000, 0)
	at := func(d time.Duration) int64 { return sent.Add(d).UnixNano() }
	for _, c := range []struct {
		name       string
		came, left time.Duration
		took       time.Duration
		want       Trip
	}{
		{"the same clock", 5 * ms, 5 * ms, 10 * ms, Trip{10 * ms, 0}},
		{"an answer that took a while", 5 * ms, 25 * ms, 30 * ms, Trip{10 * ms, 0}},
		{"a minute ahead", time.Minute + 5*ms, time.Minute + 5*ms, 10 * ms, Trip{10 * ms, time.Minute}},
		{"a minute behind", -time.Minute + 5*ms, -time.Minute + 5*ms, 10 * ms, Trip{10 * ms, -time.Minute}},
		{"a clock that stepped back in between", 5 * ms, -time.Second, 10 * ms, Trip{10 * ms, 0}},
	} {
		if got := Measure(sent, c.took, cluster.Clock{Came: at(c.came), Sent: at(c.left)}); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestTheShortestOfTheLastTripsCounts(t *testing.T) {
	var trips Trips
	if _, ok := trips.Best(); ok {
		t.Error("no trip: got one")
	}
	trips = trips.Add(Trip{1 * ms, 7 * ms})
	for i := range kept {
		if best, _ := trips.Best(); best.Offset != 7*ms {
			t.Errorf("after %d more: got %+v", i, best)
		}
		trips = trips.Add(Trip{time.Duration(10+i) * ms, 0})
	}
	if best, _ := trips.Best(); best.RTT != 10*ms || len(trips) != kept {
		t.Errorf("got %+v of %d, want the old one gone", best, len(trips))
	}
}

func TestAClockThatWasSetIsNoticedAtOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		trip Trip
		want time.Duration
	}{
		{"set by five seconds", Trip{9 * ms, 5 * time.Second}, 5 * time.Second},
		{"set back by 20 ms", Trip{4 * ms, -20 * ms}, -20 * ms},
		{"a slow trip, which may be right", Trip{100 * ms, 45 * ms}, 0},
	} {
		trips := Trips{}.Add(Trip{2 * ms, 0}).Add(Trip{3 * ms, 1 * ms}).Add(c.trip)
		if best, _ := trips.Best(); best.Offset != c.want {
			t.Errorf("%s: got %s, want %s", c.name, best.Offset, c.want)
		}
	}
}

func TestASlowTripIsNotCertain(t *testing.T) {
	for rtt, want := range map[time.Duration]bool{ms: true, 49 * ms: true, 50 * ms: false, time.Second: false} {
		if got := (Trip{RTT: rtt}).IsCertain(); got != want {
			t.Errorf("%s: got %t", rtt, got)
		}
	}
}

func TestOffsetsAreFromTheMedian(t *testing.T) {
	got := Offsets(map[string]time.Duration{"a": 0, "b": 10 * ms, "c": 5 * time.Second})
	if got["a"] != -10*ms || got["b"] != 0 || got["c"] != 5*time.Second-10*ms {
		t.Errorf("got %v", got)
	}
	if got := Offsets(map[string]time.Duration{"a": 0, "b": 200 * ms}); got["a"] != -100*ms || got["b"] != 100*ms {
		t.Errorf("two: got %v", got)
	}
	if got := Offsets(nil); len(got) != 0 {
		t.Errorf("none: got %v", got)
	}
}
