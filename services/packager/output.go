package packager

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/hls/ingest"
)

const (
	// chunk is how much is written at a time.
	chunk = 32 << 10
	// slowReader is how long one chunk may take before the connection is given up.
	slowReader = 30 * time.Second
)

// output writes an answer: it counts answers and gives up slow readers.
type output struct {
	http.ResponseWriter
	requests *prometheus.CounterVec
	head     bool  // the method is HEAD
	status   int   // zero before the header is written
	length   int64 // Content-Length; 0 when there is none
	at       int64 // bytes of the body written
}

// Unwrap is for http.ResponseController.
func (o *output) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// WriteHeader notes the status and the length.
func (o *output) WriteHeader(status int) {
	if o.status == 0 {
		o.status = status
		if status != http.StatusOK && status != http.StatusPartialContent {
			o.Header().Del(ingest.DigestHeader) // an error is not the representation
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
		next := b[done:min(len(b), done+chunk)]
		o.deadline(time.Now().Add(slowReader))
		n, err := o.ResponseWriter.Write(next)
		done += n
		o.at += int64(n)
		if err != nil || done == len(b) {
			return done, err
		}
	}
}

func (o *output) deadline(t time.Time) {
	_ = http.NewResponseController(o.ResponseWriter).SetWriteDeadline(t) // fails only without a connection
}

// end counts the answer. It is deferred, since a panic may break an answer off.
func (o *output) end() {
	class := fmt.Sprintf("%dxx", o.status/100)
	if whole := o.at == o.length || o.head || o.length == 0; o.status == 0 || !whole {
		class = "broken"
	}
	o.requests.WithLabelValues(class).Inc()
	o.deadline(time.Time{}) // the connection may serve others
}
