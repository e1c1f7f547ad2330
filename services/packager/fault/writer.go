package fault

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// chunk is how much is written at a time: so soon a fault takes effect.
const chunk = 32 << 10

// writer does what a fault does to bodies, those under way included.
type writer struct {
	http.ResponseWriter
	s        *Switch
	r        *http.Request
	signal   string
	playlist bool
	status   int   // zero before the header was written
	length   int64 // Content-Length; 0 where there is none
	at       int64 // bytes of the body written
}

func newWriter(w http.ResponseWriter, r *http.Request, s *Switch) *writer {
	signal, playlist := signalOf(r)
	return &writer{ResponseWriter: w, s: s, r: r, signal: signal, playlist: playlist}
}

// Unwrap is for http.ResponseController.
func (o *writer) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// WriteHeader notes what is promised.
func (o *writer) WriteHeader(status int) {
	if o.status == 0 {
		o.status = status
		if n, err := strconv.ParseInt(o.Header().Get("Content-Length"), 10, 64); err == nil {
			o.length = n
		}
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write writes the body a chunk at a time.
func (o *writer) Write(b []byte) (int, error) {
	if o.status == 0 {
		o.WriteHeader(http.StatusOK)
	}
	done := 0
	for {
		n, err := o.next(b[done:])
		done += n
		o.at += int64(n)
		if err != nil || done == len(b) {
			return done, err
		}
	}
}

// next writes the beginning of b as the fault in force has it.
func (o *writer) next(b []byte) (int, error) {
	b = b[:min(len(b), chunk)]
	f := o.s.of(o.signal)
	body := o.status/100 == 2 && o.length > 0 && o.signal != ""
	switch {
	case !body:
	case f.Mode == Slow:
		b = b[:min(len(b), max(f.BytesPerSecond/10, 1))]
		defer o.trickle(f, len(b))
	case f.Mode == HangBody, f.Mode == Truncate && !o.playlist:
		left := o.length/2 - o.at
		if left <= 0 {
			_ = http.NewResponseController(o.ResponseWriter).Flush() // what is sent arrives, then
			if f.Mode == Truncate {
				panic(http.ErrAbortHandler)
			}
			o.s.hang(o, o.r, f.changed)
		}
		b = b[:min(int64(len(b)), left)]
	case f.Mode == Corrupt && !o.playlist:
		b = corrupted(b, o.at)
	}
	return o.ResponseWriter.Write(b)
}

// trickle waits for as long as n bytes are to take.
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

// unhurried takes away the time that the request itself has, whose end would end the
// answer too.
func (o *writer) unhurried() {
	_ = http.NewResponseController(o.ResponseWriter).SetReadDeadline(time.Time{}) // not of a connection: nothing to bound
}

// corruptEvery is how far apart the bytes are that are flipped; the first is in
// the type of the first box.
const corruptEvery = 1000

// corrupted returns a copy of a piece of a body, which begins at that byte of it,
// with some bytes flipped.
func corrupted(b []byte, at int64) []byte {
	c := slices.Clone(b)
	for i := range c {
		if (at+int64(i))%corruptEvery == 6 {
			c[i] ^= 0x55
		}
	}
	return c
}
