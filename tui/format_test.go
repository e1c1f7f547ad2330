package tui

import (
	"testing"
	"time"
)

func TestFiguresAsText(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{clockText(0), "00:00"},
		{clockText(-time.Second), "00:00"},
		{clockText(42*time.Minute + 17*time.Second), "42:17"},
		{clockText(3*time.Hour + 5*time.Second), "3:00:05"},
		{clockText(76 * time.Hour), "3d04h"},
		{bytesText(0), "0"},
		{bytesText(900 << 10), "900K"},
		{bytesText(148 << 20), "148M"},
		{bytesText(1288490189), "1.2G"},
		{msText(-1), "-"},
		{msText(0.42), "0.4ms"},
		{msText(9.96), "10ms"},
		{msText(41.3), "41ms"},
		{msText(999.6), "1.0s"},
		{msText(2100), "2.1s"},
		{msText(125_000), "02:05"},
		{ageText(412), "0.4s"},
		{ageText(15_600), "16s"},
		{ageText(100_000), "01:40"},
		{plural(1, "stall", "stalls"), "1 stall"},
		{plural(0, "stall", "stalls"), "0 stalls"},
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
			if got := percentile(c.values, c.p); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
