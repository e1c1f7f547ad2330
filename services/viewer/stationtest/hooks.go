package stationtest

import (
	"net/http"
	"sync/atomic"
)

// Once is true at the first call that is asked about n or a later one.
func Once(n int64) func(int64) bool {
	var done atomic.Bool
	return func(m int64) bool { return m >= n && done.CompareAndSwap(false, true) }
}

// At answers the first request for a segment.
func At(msn int64, answer func(http.ResponseWriter)) func(http.ResponseWriter, *http.Request, int64) bool {
	due := Once(msn)
	return func(w http.ResponseWriter, _ *http.Request, m int64) bool {
		if m != msn || !due(m) {
			return false
		}
		answer(w)
		return true
	}
}

// Change changes the body of a segment, each time it is asked for.
func Change(msn int64, to func([]byte) []byte) func([]byte, int64) []byte {
	return func(b []byte, m int64) []byte {
		if m != msn {
			return b
		}
		return to(b)
	}
}

// Flip changes one byte in the media of a segment: it decodes still.
func Flip(b []byte) []byte {
	b[len(b)-1] ^= 1
	return b
}
