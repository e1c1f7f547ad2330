package clock

import "time"

// mapping is what is added to the source's times. Tracks that jump together share one.
type mapping struct {
	offset    time.Duration
	began     time.Duration // arrival of the first sample, or of the first after a pause
	corrected time.Duration // arrival at the last correction
	least     window
}

func newMapping(offset, arrival time.Duration) *mapping {
	return &mapping{offset: offset, began: arrival, corrected: arrival}
}

// How long a mapping is watched before it is corrected: by a little, and by a lot.
const (
	brief = 2 * time.Second
	long  = 10 * time.Second
	pause = 500 * time.Millisecond
)

// correct takes one more sample into account, and returns by how much the mapping has jumped.
// Slow corrections do not count as jumps.
func (m *mapping) correct(dts, arrival time.Duration, onAir bool) (by time.Duration) {
	m.least.add(arrival, arrival-dts)
	if late := arrival - dts - m.offset; late < 0 && (!onAir || late < -Ahead) {
		by = late // nothing is later than its arrival
	}
	m.offset += by
	elapsed := arrival - m.corrected
	if m.corrected = arrival; elapsed > pause {
		m.began = arrival // what comes in a burst says nothing of the pace
	}
	watched := arrival - m.began
	if watched < brief {
		return by
	}
	patience := brief
	if onAir {
		patience = long
	}
	if stall := m.least.min(arrival, patience) - m.offset; stall > stalled && watched >= patience {
		m.offset += stall
		return by + stall
	}
	want := m.least.min(arrival, long) - m.offset
	most := elapsed / slew
	m.offset += max(-most, min(most, want))
	return by
}

// window is the least of values over the last ten seconds, in buckets of one second.
type window struct {
	buckets [11]bucket
}

type bucket struct {
	second int64 // since the epoch, and one more, so that zero is empty
	least  time.Duration
}

func (w *window) add(at, value time.Duration) {
	second := int64(at/time.Second) + 1
	b := &w.buckets[int(second%int64(len(w.buckets)))]
	if b.second != second {
		*b = bucket{second, value}
	}
	b.least = min(b.least, value)
}

// min is the least value of a time until now, which is at most ten seconds. There is one.
func (w *window) min(now, over time.Duration) time.Duration {
	second := int64(now/time.Second) + 1
	least := time.Duration(1<<63 - 1)
	for i := range int64(over/time.Second) + 1 {
		if b := w.buckets[int((second-i)%int64(len(w.buckets)))]; b.second == second-i {
			least = min(least, b.least)
		}
	}
	return least
}
