package canvas

import (
	"testing"
	"time"
)

func TestFiguresAsText(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{ClockText(0), "00:00"},
		{ClockText(-time.Second), "00:00"},
		{ClockText(42*time.Minute + 17*time.Second), "42:17"},
		{ClockText(3*time.Hour + 5*time.Second), "3:00:05"},
		{ClockText(76 * time.Hour), "3d04h"},
		{BytesText(0), "0"},
		{BytesText(900 << 10), "900K"},
		{BytesText(148 << 20), "148M"},
		{BytesText(1288490189), "1.2G"},
		{MSText(-1), "-"},
		{MSText(0.42), "0.4ms"},
		{MSText(9.96), "10ms"},
		{MSText(41.3), "41ms"},
		{MSText(999.6), "1.0s"},
		{MSText(2100), "2.1s"},
		{MSText(125_000), "02:05"},
		{AgeText(412), "0.4s"},
		{AgeText(15_600), "16s"},
		{AgeText(100_000), "01:40"},
		{Plural(1, "stall", "stalls"), "1 stall"},
		{Plural(0, "stall", "stalls"), "0 stalls"},
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
