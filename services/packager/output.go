package packager

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"
)

const (
	// chunk is how much is written at a time: so soon a fault takes effect.
	chunk = 32 << 10
	// slowReader is how long one chunk may take before the client is given up.
	slowReader = 30 * time.Second
)

// output is the way out of every answer: it counts, bounds slow readers, and does
// what a fault does to bodies, under way ones included.
type output struct {
	http.ResponseWriter
	s        *Service
	r        *http.Request
	playlist bool
	signal   string
	status   int   // zero before the header was written
	length   int64 // Content-Length; 0 where there is none
	at       int64 // bytes of the body written
}

func (s *Service) newOutput(w http.ResponseWriter, r *http.Request) *output {
	return &output{ResponseWriter: w, s: s, r: r, playlist: isPlaylist(r), signal: mux.Vars(r)["signal"]}
}

// Unwrap is for http.ResponseController.
func (o *output) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// WriteHeader notes what is promised.
func (o *output) WriteHeader(status int) {
	if o.status == 0 {
		o.status = status
		if status != http.StatusOK && status != http.StatusPartialContent {
			o.Header().Del(digestHeader) // a refusal is not the representation
		}
		if n, err := strconv.ParseInt(o.Header().Get("Content-Length"), 10, 64); err == nil {
			o.length = n
		}
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write writes the body a chunk at a time.
func (o *output) Write(b []byte) (int, error) {
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
func (o *output) next(b []byte) (int, error) {
	b = b[:min(len(b), chunk)]
	f := o.s.faults.of(o.signal)
	body := o.status/100 == 2 && o.length > 0 && o.signal != ""
	switch {
	case !body:
	case f.Mode == ModeSlow:
		b = b[:min(len(b), max(f.BytesPerSecond/10, 1))]
		defer o.trickle(f, len(b))
	case f.Mode == ModeHangBody, f.Mode == ModeTruncate && !o.playlist:
		left := o.length/2 - o.at
		if left <= 0 {
			_ = http.NewResponseController(o.ResponseWriter).Flush() // what is sent arrives, then
			if f.Mode == ModeTruncate {
				panic(http.ErrAbortHandler)
			}
			o.s.hang(o.ResponseWriter, o.r, f.changed)
		}
		b = b[:min(int64(len(b)), left)]
	case f.Mode == ModeCorrupt && !o.playlist:
		b = corrupted(b, o.at)
	}
	o.deadline(time.Now().Add(slowReader))
	return o.ResponseWriter.Write(b)
}

func (o *output) deadline(t time.Time) {
	_ = http.NewResponseController(o.ResponseWriter).SetWriteDeadline(t) // not of a connection: nothing to bound
}

// trickle waits for as long as n bytes are to take.
func (o *output) trickle(f inForce, n int) {
	c := http.NewResponseController(o.ResponseWriter)
	_ = c.Flush()                      // each byte when it is due
	_ = c.SetReadDeadline(time.Time{}) // of the request, which would cancel it
	wait := time.NewTimer(time.Duration(n) * time.Second / time.Duration(f.BytesPerSecond))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-f.changed:
	case <-o.s.stopping:
	case <-o.r.Context().Done():
	}
}

// end counts the answer. It is deferred: an answer may be broken off by a panic.
func (o *output) end() {
	class := fmt.Sprintf("%dxx", o.status/100)
	switch whole := o.at == o.length || o.r.Method == http.MethodHead || o.length == 0; {
	case o.status == 0 || !whole:
		class = "broken"
	}
	o.s.requests.WithLabelValues(class).Inc()
	o.deadline(time.Time{}) // the connection may serve others
}

// written reports whether an answer has begun.
func written(w http.ResponseWriter) bool { return w.(*output).status != 0 }

// hang holds a request without a word until its client goes, the fault does, or
// the service stops. Then the connection breaks.
func (s *Service) hang(w http.ResponseWriter, r *http.Request, changed <-chan struct{}) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // of the request, which would end it
	s.held.Add(1)
	defer s.held.Add(-1)
	select {
	case <-changed:
	case <-s.stopping:
	case <-r.Context().Done():
	}
	panic(http.ErrAbortHandler)
}

// corruptEvery is how far apart the bytes are that are flipped; the first is in
// the type of the first box.
const corruptEvery = 1000

// corrupted returns a copy of a piece of a body, which begins at that byte of it,
// with some bytes flipped.
func corrupted(b []byte, at int64) []byte {
	c := append([]byte(nil), b...)
	for i := range c {
		if (at+int64(i))%corruptEvery == 6 {
			c[i] ^= 0x55
		}
	}
	return c
}
