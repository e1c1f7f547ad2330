package transcoder

import (
	"testing"
	"time"

	"livestream-tui/services/worker/mezzanine"
)

func TestRateOfTheMezzanine(t *testing.T) {
	for _, c := range []struct {
		rate     float64
		constant bool
		want     string
	}{
		{24000.0 / 1001, true, "24000/1001"},
		{24, true, "24"},
		{25, true, "25"},
		{30000.0 / 1001, true, "30000/1001"},
		{29.97, true, "30000/1001"},
		{30, true, "30"},
		{50, true, "50"},
		{60000.0 / 1001, true, "60000/1001"},
		{60, true, "60"},
		{1, true, "24"},
		{12, true, "24"},
		{12.5, true, "25"},
		{15, true, "30"},
		{15000.0 / 1001, true, "30000/1001"},
		{20, true, "60"},
		{48, true, "50"},
		{18, true, "24"},
		{120, true, "60"},
		{120000.0 / 1001, true, "60000/1001"},
		{100, true, "50"},
		{144, true, "60"},
		{240, true, "60"},
		{29.6, false, "30"},
		{30.2, false, "30"},
		{57, false, "60"},
		{90, false, "60"},
	} {
		if got := rateFor(pacing{c.rate, c.constant}).String(); got != c.want {
			t.Errorf("%v frames a second, constant %v: got %s, want %s", c.rate, c.constant, got, c.want)
		}
	}
}

// timesAt are the times of frames at a rate, those left out that skip names, rounded
// to a unit.
func timesAt(rate float64, n int, unit time.Duration, skip func(int) bool) []time.Duration {
	var list []time.Duration
	for i := range n {
		if skip == nil || !skip(i) {
			list = append(list, time.Duration(float64(i)/rate*float64(time.Second)).Round(unit))
		}
	}
	return list
}

func TestPace(t *testing.T) {
	film := 24000.0 / 1001
	for _, c := range []struct {
		name  string
		times []time.Duration
		said  []ratio
		want  pacing
	}{
		{"exact", timesAt(25, 100, time.Microsecond, nil), []ratio{{25, 1}}, pacing{25, true}},
		{"rounded to milliseconds", timesAt(film, 100, time.Millisecond, nil), []ratio{{24000, 1001}}, pacing{film, true}},
		{"the average is wrong, the base is right", timesAt(film, 1000, time.Millisecond, nil), []ratio{{25, 1}, {24000, 1001}}, pacing{film, true}},
		{"frames that are missing", timesAt(30, 300, time.Microsecond, func(i int) bool { return i%7 == 3 }), []ratio{{27, 1}, {30, 1}}, pacing{30, true}},
		{"nothing said of missing frames", timesAt(30, 300, time.Microsecond, func(i int) bool { return i%7 == 3 }), nil, pacing{30, false}},
		{"one frame", timesAt(30, 1, time.Microsecond, nil), []ratio{{10, 1}}, pacing{10, true}},
		{"nothing", nil, nil, pacing{fallbackRate, true}},
	} {
		got := pace(c.times, c.said...)
		if got.Constant != c.want.Constant || got.Rate/c.want.Rate < 0.9999 || got.Rate/c.want.Rate > 1.0001 {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSegmentsAreWholeFramesOfEachRate(t *testing.T) {
	for _, r := range rates {
		length, frames := segmentOf(r)
		if time.Duration(int64(frames)*r.Den)*time.Second != length*time.Duration(r.Num) {
			t.Errorf("%s: %d frames are not %s", r, frames, length)
		}
		if mezzanine.Timescale*r.Den%r.Num != 0 {
			t.Errorf("%s: a frame is no whole number of units of 1/%d s", r, mezzanine.Timescale)
		}
	}
}
