package stationtest

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Hang answers nothing more until the player goes away or d has passed.
func Hang(r *http.Request, d time.Duration) {
	select {
	case <-r.Context().Done():
	case <-time.After(d):
	}
}

// Cut sends half of b and breaks the connection.
func Cut(w http.ResponseWriter, b []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b[:len(b)/2])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// Chunked sends b without a Content-Length.
func Chunked(w http.ResponseWriter, b []byte) {
	http.NewResponseController(w).Flush()
	_, _ = io.Copy(w, bytes.NewReader(b))
}
