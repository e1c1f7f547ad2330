package fmp4

import (
	"encoding/binary"
	"math"
)

// FirstDecodeTime returns the decode time of a body's first fragment, in the timescale
// of its track (ISO/IEC 14496-12, 8.8.12). The body may be cut after that.
func FirstDecodeTime(b []byte) (ticks int64, ok bool) {
	for _, kind := range []string{"moof", "traf", "tfdt"} {
		if b, ok = firstBox(b, kind); !ok {
			return 0, false
		}
	}
	f := fields{b: b}
	version, _ := f.full()
	decoded := f.versioned(version)
	if f.short || decoded > math.MaxInt64 {
		return 0, false
	}
	return int64(decoded), true
}

// firstBox returns the contents of the first box of that kind, which must be whole.
func firstBox(b []byte, kind string) ([]byte, bool) {
	for len(b) >= 8 {
		size, header := uint64(binary.BigEndian.Uint32(b)), 8
		if size == 1 {
			if len(b) < 16 {
				return nil, false
			}
			size, header = binary.BigEndian.Uint64(b[8:]), 16
		}
		if size < uint64(header) || size > uint64(len(b)) {
			return nil, false
		}
		if string(b[4:8]) == kind {
			return b[header:size], true
		}
		b = b[size:]
	}
	return nil, false
}
