package canvas

import (
	"testing"
	"time"
)

func TestFiguresAsText(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Elapsed(0), "00:00"},
		{Elapsed(-time.Second), "00:00"},
		{Elapsed(42*time.Minute + 17*time.Second), "42:17"},
		{Elapsed(3*time.Hour + 5*time.Second), "3:00:05"},
		{Elapsed(76 * time.Hour), "3d04h"},
		{Size(0), "0"},
		{Size(900 << 10), "900K"},
		{Size(148 << 20), "148M"},
		{Size(1288490189), "1.2G"},
		{Millis(-1), "-"},
		{Millis(0.42), "0.4ms"},
		{Millis(9.96), "10ms"},
		{Millis(41.3), "41ms"},
		{Millis(999.6), "1.0s"},
		{Millis(2100), "2.1s"},
		{Millis(125_000), "02:05"},
		{Age(412), "0.4s"},
		{Age(15_600), "16s"},
		{Age(100_000), "01:40"},
		{Count(1, "stall"), "1 stall"},
		{Count(0, "stall"), "0 stalls"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestPercentiles(t *testing.T) {
	for name, c := range map[string]struct {
		values  []float64
		p, want float64
	}{
		"of nothing":           {nil, 50, -1},
		"of one":               {[]float64{7}, 95, 7},
		"the middle of three":  {[]float64{3, 1, 2}, 50, 2},
		"95 of three":          {[]float64{3, 1, 2}, 95, 3},
		"the middle of four":   {[]float64{4, 3, 2, 1}, 50, 2},
		"the worst":            {[]float64{1, 9, 2}, 100, 9},
		"the least by nothing": {[]float64{5, 9}, 0, 5},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Percentile(c.values, c.p); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
