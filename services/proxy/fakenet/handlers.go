package fakenet

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"time"

	"livestream-tui/services/proxy/object"
)

// Body is the segment that the servers have.
var Body = Packets(7, 1000)

// Whole serves Body with its ETag.
func Whole(w http.ResponseWriter, q *http.Request) { ServeBytes(w, q, Body, true) }

// Untagged serves Body without an ETag.
func Untagged(w http.ResponseWriter, q *http.Request) { ServeBytes(w, q, Body, false) }

// Bytes serves b with its ETag.
func Bytes(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) { ServeBytes(w, q, b, true) }
}

// Part sends the first n bytes and then calls another handler.
func Part(n int, tag bool, then func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(Body)))
		if tag {
			w.Header().Set("ETag", object.ETagOf(Body))
		}
		_, _ = w.Write(Body[:n])
		_ = http.NewResponseController(w).Flush()
		then(w, q)
	}
}

// Silent never answers.
func Silent(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }

// BreakAfter is how long Breaks waits.
const BreakAfter = 40 * time.Millisecond

// Breaks breaks the connection off once the bytes before have been seen.
func Breaks(http.ResponseWriter, *http.Request) {
	time.Sleep(BreakAfter)
	panic(http.ErrAbortHandler)
}

// Trickle sends the rest of the segment, so many bytes every 50 ms.
func Trickle(n, every int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, q *http.Request) {
		for at := n; at < len(Body) && q.Context().Err() == nil; at += every {
			if _, err := w.Write(Body[at:min(at+every, len(Body))]); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// Leads redirects with a status.
func Leads(code int, to string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, to, code) }
}

// Typed serves b with a Content-Type.
func Typed(kind string, b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", kind)
		ServeBytes(w, q, b, true)
	}
}

// Says answers with a status, a Content-Type unless it is empty, and a body.
func Says(code int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// Later does not have the segment until so long after the first request.
func Later(wait time.Duration) http.HandlerFunc {
	var first time.Time
	return func(w http.ResponseWriter, q *http.Request) {
		if first.IsZero() {
			first = time.Now()
		}
		if time.Since(first) < wait {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		Whole(w, q)
	}
}

// Gzipped is b in gzip.
func Gzipped(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(b)
	_ = w.Close()
	return z.Bytes()
}

// Echo answers with the address, the cookie and the authorization of the request.
func Echo(w http.ResponseWriter, q *http.Request) {
	fmt.Fprintf(w, "%s%s %s %s", q.Host, q.URL.RequestURI(), q.Header.Get("Cookie"), q.Header.Get("Authorization"))
}

// Once answers the first request with one handler and all others with another.
func Once(first, then http.HandlerFunc) http.HandlerFunc {
	asked := false
	return func(w http.ResponseWriter, q *http.Request) {
		if asked {
			then(w, q)
			return
		}
		asked = true
		first(w, q)
	}
}

// Raw answers with bytes as they are, and closes the connection.
func Raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, b, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		_, _ = b.WriteString(answer)
		_ = b.Flush()
	}
}
