package transcoder

import (
	"math"
	"slices"
	"time"
)

// rates are the frame rates of a mezzanine, lowest first: those of film and
// television. Each has a segment length that is a whole number of frames and of
// microseconds.
var rates = []ratio{{24000, 1001}, {24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {50, 1}, {60000, 1001}, {60, 1}}

// segmentOf is how long a segment of a rate is, and how many frames it has: 2 s, and
// 2.002 s where the rate is a multiple of 1000/1001.
func segmentOf(r ratio) (length time.Duration, frames int) {
	length = 2 * time.Second
	if r.Den == 1001 {
		length = 2002 * time.Millisecond
	}
	return length, int(math.Round(r.value() * length.Seconds()))
}

// isRate reports whether f is the rate r, as exactly as containers store it.
func isRate(f float64, r ratio) bool { return math.Abs(f/r.value()-1) < 0.0002 }

// pacing is how the frames of a film follow each other.
type pacing struct {
	// Rate is that of the film's frames, or of the closest ones where they do not
	// come at a constant rate.
	Rate     float64
	Constant bool
}

// fallbackRate is that of a film of which no rate is known.
const fallbackRate = 25

// pace finds out how frames follow each other by their times and by the rates that the
// container says.
func pace(times []time.Duration, said ...ratio) pacing {
	if len(times) < 3 {
		for _, r := range said {
			if v := r.value(); v > 0 && v < 1000 {
				return pacing{v, true}
			}
		}
		return pacing{fallbackRate, true}
	}
	slices.Sort(times)
	first, n := times[0], len(times)-1
	span := times[n] - first
	if span <= 0 {
		return pacing{fallbackRate, false}
	}
	mean := float64(n) / span.Seconds()
	if even(times, mean) {
		for _, r := range said {
			// Times are often rounded to milliseconds: then the container knows better.
			if v := r.value(); v > 0 && math.Abs(v/mean-1) < 0.003 && even(times, v) {
				return pacing{v, true}
			}
		}
		return pacing{mean, true}
	}
	steps := make([]time.Duration, 0, n)
	for i := range n {
		if d := times[i+1] - times[i]; d > time.Millisecond {
			steps = append(steps, d)
		}
	}
	if len(steps) == 0 {
		return pacing{fallbackRate, false}
	}
	slices.Sort(steps)
	closest := float64(time.Second) / float64(steps[len(steps)/10])
	for _, r := range said {
		// A film that lacks some frames, such as the recording of a screen.
		if v := r.value(); v > 0 && math.Abs(v/closest-1) < 0.03 && multiples(steps, v) {
			return pacing{v, true}
		}
	}
	return pacing{closest, false}
}

// multiples reports whether nearly all steps are whole numbers of frames of a rate.
func multiples(steps []time.Duration, rate float64) bool {
	good := 0
	for _, s := range steps {
		n := s.Seconds() * rate
		if math.Abs(n-math.Round(n)) < 0.1 {
			good++
		}
	}
	return good*20 >= len(steps)*19
}

// even reports whether times are those of a constant rate, rounding aside.
func even(times []time.Duration, rate float64) bool {
	step := float64(time.Second) / rate
	tolerance := min(step/5, float64(2*time.Millisecond))
	for i, t := range times {
		if math.Abs(float64(t-times[0])-float64(i)*step) > tolerance {
			return false
		}
	}
	return true
}

// rateFor is the rate of the mezzanine of a film: its own where it is one of rates,
// else the nearest that loses no frame; above the highest, an even part of it or the
// highest.
func rateFor(p pacing) ratio {
	if !p.Constant {
		for _, r := range rates {
			if r.Den == 1 && r.value() >= 0.98*p.Rate {
				return r
			}
		}
		return rates[len(rates)-1]
	}
	for _, r := range rates {
		if isRate(p.Rate, r) {
			return r
		}
	}
	highest := rates[len(rates)-1]
	if p.Rate > highest.value() {
		for _, r := range slices.Backward(rates) {
			if part := math.Round(p.Rate / r.value()); part >= 2 && r.value() > 45 && isRate(p.Rate/part, r) {
				return r
			}
		}
		return highest
	}
	for _, r := range rates {
		if times := math.Round(r.value() / p.Rate); times >= 2 && isRate(p.Rate*times, r) {
			return r // each frame is shown as often as the others
		}
	}
	for _, r := range rates {
		if r.Den == 1 && r.value() > p.Rate {
			return r
		}
	}
	return highest
}
