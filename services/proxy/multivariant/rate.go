package multivariant

import (
	"math"
	"time"
)

// Segment is the size of a segment.
type Segment struct {
	MSN      int64
	Bytes    int64
	Duration time.Duration
}

// Peak is the peak segment bit rate (RFC 8216, 4.1): the largest bit rate of any
// contiguous set of segments that lasts 0.5 to 1.5 target durations, in bit/s; 0 when
// there is none. segments are in order; those between which one is missing are not
// contiguous.
func Peak(segments []Segment, target time.Duration) int64 {
	least, most := target/2, target+target/2
	peak := int64(0)
	for i := range segments {
		var bytes int64
		var lasts time.Duration
		for j := i; j < len(segments) && segments[j].MSN == segments[i].MSN+int64(j-i); j++ {
			bytes += segments[j].Bytes
			if lasts += segments[j].Duration; lasts > most {
				break
			}
			if lasts >= least {
				peak = max(peak, rate(bytes, lasts))
			}
		}
	}
	return peak
}

// Average is the average segment bit rate (RFC 8216, 4.1), in bit/s; 0 without a segment.
func Average(segments []Segment) int64 {
	var bytes int64
	var lasts time.Duration
	for _, s := range segments {
		bytes += s.Bytes
		lasts += s.Duration
	}
	return rate(bytes, lasts)
}

func rate(bytes int64, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64(math.Ceil(float64(8*bytes) / d.Seconds()))
}

// roundUp rounds a bit rate up to two digits, so that it seldom changes.
func roundUp(v int64) int64 {
	step := int64(1)
	for v/step >= 100 {
		step *= 10
	}
	return (v + step - 1) / step * step
}
