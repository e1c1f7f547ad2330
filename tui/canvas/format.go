package canvas

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Elapsed returns a duration as a running clock: 42:15, 1:02:15 or 3d04h.
func Elapsed(d time.Duration) string {
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

// Size returns a number of bytes in at most five cells: 148M, 1.2G. It is for columns;
// text.Bytes is for sentences.
func Size(n int64) string {
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

// Millis returns milliseconds in at most six cells: 0.4ms, 41ms, 2.1s. A negative value
// is unknown.
func Millis(ms float64) string {
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
	return Elapsed(time.Duration(ms) * time.Millisecond)
}

// Age returns milliseconds as seconds, in at most four cells below 100 s: 0.4s, 16s.
func Age(ms int64) string {
	switch {
	case ms < 9950:
		return fmt.Sprintf("%.1fs", float64(ms)/1000)
	case ms < 99_500:
		return fmt.Sprintf("%.0fs", float64(ms)/1000)
	}
	return Elapsed(time.Duration(ms) * time.Millisecond)
}

// Percentile returns the p-th percentile (0 to 100) by nearest rank, or -1 when values
// is empty.
func Percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return -1
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Count returns a number with its noun, which takes an s in the plural: 1 stall,
// 2 stalls.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
