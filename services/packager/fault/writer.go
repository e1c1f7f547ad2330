package fault

import (
	"net/http"
	"strconv"
	"time"
)

// chunk is how much is written at a time, so that a fault takes effect soon.
const chunk = 32 << 10

// writer applies faults to bodies, also to those under way.
type writer struct {
	http.ResponseWriter
	s        *Switch
	r        *http.Request
	signal   string
	playlist bool
	status   int   // zero before the header is written
	length   int64 // Content-Length; 0 when there is none
	at       int64 // bytes of the body written
}

func newWriter(w http.ResponseWriter, r *http.Request, s *Switch) *writer {
	signal, playlist := signalOf(r)
	return &writer{ResponseWriter: w, s: s, r: r, signal: signal, playlist: playlist}
}

// Unwrap is for http.ResponseController.
func (o *writer) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// WriteHeader notes the status and the length.
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

// next writes the beginning of b as the fault in force changes it.
func (o *writer) next(b []byte) (int, error) {
	b = b[:min(len(b), chunk)]
	if o.status/100 == 2 && o.length > 0 && o.signal != "" { // else it is no body of media
		f := o.s.of(o.signal)
		if k, _ := kindOf(f.Mode); k.body != nil {
			part, after := k.body(o, f, b)
			if after != nil {
				defer after()
			}
			b = part
		}
	}
	return o.ResponseWriter.Write(b)
}

// unhurried removes the read deadline of the request, which would end the answer too.
func (o *writer) unhurried() {
	_ = http.NewResponseController(o.ResponseWriter).SetReadDeadline(time.Time{}) // fails only without a connection
}
