package canvas

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// ClockText is d as 42:15, 1:02:15 or 3d04h.
func ClockText(d time.Duration) string {
	d = max(d, 0).Truncate(time.Second)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h >= 48:
		return fmt.Sprintf("%dd%02dh", h/24, h%24)
	case h > 0:
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf("%02d:%02d", m, s)
}

// BytesText is a size in at most five cells: 148M, 1.2G.
func BytesText(n int64) string {
	switch v := float64(n); {
	case n <= 0:
		return "0"
	case v >= 1<<30:
		return fmt.Sprintf("%.1fG", v/(1<<30))
	case v >= 1<<20:
		return fmt.Sprintf("%.0fM", v/(1<<20))
	default:
		return fmt.Sprintf("%.0fK", v/(1<<10))
	}
}

// MSText is milliseconds in at most six cells: 0.4ms, 41ms, 2.1s.
func MSText(ms float64) string {
	switch {
	case ms < 0 || math.IsNaN(ms):
		return "-"
	case ms < 9.95:
		return fmt.Sprintf("%.1fms", ms)
	case ms < 999.5:
		return fmt.Sprintf("%.0fms", ms)
	case ms < 99_950:
		return fmt.Sprintf("%.1fs", ms/1000)
	}
	return ClockText(time.Duration(ms) * time.Millisecond)
}

// AgeText is an age in at most four cells as long as it is below 100 s.
func AgeText(ms int64) string {
	switch {
	case ms < 9950:
		return fmt.Sprintf("%.1fs", float64(ms)/1000)
	case ms < 99_500:
		return fmt.Sprintf("%.0fs", float64(ms)/1000)
	}
	return ClockText(time.Duration(ms) * time.Millisecond)
}

// Percentile is the p-th percentile (0 to 100) by nearest rank; -1 of nothing.
func Percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return -1
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
