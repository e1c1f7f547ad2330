package program

import (
	"time"

	"livestream-tui/services/receiver/sample"
)

// measured is over how many seconds rates are measured.
const measured = 5

// meter counts what an input sends, in buckets of a second.
type meter struct {
	began   time.Duration
	buckets [measured + 1]struct {
		second          int64
		bytes, pictures int
	}
}

func (m *meter) add(s sample.Sample, now time.Duration) {
	if m.began == 0 {
		m.began = now
	}
	second := int64(now / time.Second)
	b := &m.buckets[second%int64(len(m.buckets))]
	if b.second != second {
		b.second, b.bytes, b.pictures = second, 0, 0
	}
	b.bytes += len(s.Data)
	if s.Track == sample.Video {
		b.pictures++
	}
}

// rates are pictures and bits a second, over the last whole seconds; zero before there is one.
func (m *meter) rates(now time.Duration) (fps float64, bitrate int64) {
	second := int64(now / time.Second)
	from := max(second-measured, int64((m.began+time.Second-1)/time.Second))
	if m.began == 0 || from >= second {
		return 0, 0
	}
	pictures, bytes := 0, 0
	for _, b := range m.buckets {
		if b.second >= from && b.second < second {
			pictures += b.pictures
			bytes += b.bytes
		}
	}
	over := second - from
	return float64(pictures) / float64(over), int64(bytes) * 8 / over
}
