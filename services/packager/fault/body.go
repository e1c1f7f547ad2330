package fault

import (
	"net/http"
	"slices"
	"time"
)

// The faults that change bodies while they are written.

func slow(o *writer, f inForce, b []byte) ([]byte, func()) {
	b = b[:min(len(b), max(f.BytesPerSecond/10, 1))]
	return b, func() { o.trickle(f, len(b)) }
}

// trickle waits for as long as n bytes take.
func (o *writer) trickle(f inForce, n int) {
	_ = http.NewResponseController(o.ResponseWriter).Flush() // each byte when it is due
	o.unhurried()
	wait := time.NewTimer(time.Duration(n) * time.Second / time.Duration(f.BytesPerSecond))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-f.changed:
	case <-o.s.options.Stopping:
	case <-o.r.Context().Done():
	}
}

func truncated(o *writer, f inForce, b []byte) ([]byte, func()) {
	if o.playlist {
		return b, nil
	}
	return o.half(b, func() { panic(http.ErrAbortHandler) }), nil
}

func halfSilent(o *writer, f inForce, b []byte) ([]byte, func()) {
	return o.half(b, func() { o.s.hang(o, o.r, f.changed) }), nil
}

// half returns the part of b that is in the first half of the body. At its end it calls
// end, which must not return.
func (o *writer) half(b []byte, end func()) []byte {
	left := o.length/2 - o.at
	if left <= 0 {
		_ = http.NewResponseController(o.ResponseWriter).Flush() // the first half must arrive
		end()
	}
	return b[:min(int64(len(b)), left)]
}

// corruptEvery is the distance between flipped bytes; the first one is in the type of the
// first box.
const corruptEvery = 1000

// corrupt returns a copy of b with some bytes flipped.
func corrupt(o *writer, _ inForce, b []byte) ([]byte, func()) {
	if o.playlist {
		return b, nil
	}
	c := slices.Clone(b)
	for i := range c {
		if (o.at+int64(i))%corruptEvery == 6 {
			c[i] ^= 0x55
		}
	}
	return c, nil
}
