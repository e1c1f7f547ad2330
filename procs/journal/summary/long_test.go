package summary

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"livestream-tui/procs/machine"
	"livestream-tui/procs/platform"
)

// longNight is a journal of n events, of a hundred signals that go off air again and again.
func longNight(n int) []platform.Event {
	const signals = 100
	list := []platform.Event{started(0)}
	for i := range signals {
		list = append(list, aired(1, fmt.Sprint("live", i), platform.AirOn))
	}
	for i := 0; len(list) < n; i++ {
		s, signal := float64(2+i*10), fmt.Sprint("live", i%signals)
		list = append(list, command(s, platform.Kill, ""))
		list = append(list, platform.Event{Time: at(s), Process: "server1", What: platform.Exit{
			State: platform.Backoff, Cause: machine.CauseExit, Reason: "exit status 1", Times: 1 + i%5, Since: at(s - float64(i%5)*10),
		}})
		list = append(list, moved(s+1, signal, -1, true), moved(s+2, signal, 12, false), off(s+1, signal), back(s+1, s+5, signal, 3))
	}
	return list[:n]
}

func longWindow() Span { return Span{at(0), at(1e6)} }

func BenchmarkLongNight(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			list := longNight(n)
			for b.Loop() {
				Of(list, longWindow(), at(1e6))
			}
		})
	}
}

// TestALongNightCostsNoMoreForEachEvent holds the time that ten times as many events take
// against ten times the time: what is quadratic takes a hundred times as long, in each round.
func TestALongNightCostsNoMoreForEachEvent(t *testing.T) {
	takes := func(list []platform.Event) time.Duration {
		began := time.Now()
		Of(list, longWindow(), at(1e6))
		return time.Since(began)
	}
	short, long := longNight(2000), longNight(20_000)
	few, many := time.Hour, time.Hour
	for range 20 { // a busy machine may delay one
		few, many = min(few, takes(short)), min(many, takes(long))
		if many < 30*few {
			return
		}
	}
	t.Errorf("20,000 events took %s, 2,000 took %s: want about ten times as long", many, few)
}

// slowly is without, span by span.
func slowly(s, o spans) spans {
	for _, cut := range o {
		var left spans
		for _, one := range s {
			for _, part := range []Span{{one.From, earliest(one.To, cut.From)}, {latest(one.From, cut.To), one.To}} {
				if part.From.Before(part.To) {
					left = append(left, part)
				}
			}
		}
		s = left
	}
	return s
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func TestWithoutIsEachSpanTakenAway(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	some := func() spans {
		var list []Span
		for range r.IntN(6) {
			from := float64(r.IntN(20))
			list = append(list, Span{at(from), at(from + float64(r.IntN(6)))})
		}
		return union(list...)
	}
	for range 2000 {
		s, o := some(), some()
		if got, want := fmt.Sprint(s.without(o)), fmt.Sprint(slowly(s, o)); got != want {
			t.Fatalf("%v without %v: got %s, want %s", s, o, got, want)
		}
	}
}
