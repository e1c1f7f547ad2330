package cmcd

import (
	"errors"
	"io"
	"net/http"
	"time"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/cors"
)

// Path is where events are POSTed.
const Path = "/cmcd"

// bodyMost bounds a POST, in bytes.
const bodyMost = 64 << 10

// ServeHTTP takes events: reports that are JSON objects, one after the other or in an
// array, or lines of keys and values (CTA-5004-A, event mode). A report that cannot be
// read does not keep the others from being counted.
func (a *Audience) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		cors.Preflight(w.Header(), r)
		w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	cors.OpenTo(w.Header(), r)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMost))
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		service.WriteError(w, http.StatusRequestEntityTooLarge, "allowed are 65536 bytes of events")
		return
	}
	if err != nil {
		service.WriteError(w, http.StatusBadRequest, "the events did not arrive")
		return
	}
	now := time.Now()
	err = parseEvents(body, func(r Report, err error) {
		if err != nil {
			a.malformed.Inc()
			return
		}
		a.take("", &r, now)
	})
	if err != nil {
		a.malformed.Inc()
		service.WriteError(w, http.StatusBadRequest, "the events are neither JSON objects nor lines of keys and values, or more than 500")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
