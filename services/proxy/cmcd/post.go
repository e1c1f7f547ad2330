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
// read, or is about a signal that the sender may not report of, does not keep the others
// from being counted.
func (a *Audience) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		cors.Preflight(w.Header(), r)
		w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	cors.OpenTo(w.Header(), r)
	permit, err := a.permitFor(r)
	if err != nil {
		service.WriteError(w, http.StatusForbidden, err.Error())
		return
	}
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
	var refusal error
	err = parseEvents(body, func(r Report, err error) {
		if err != nil {
			a.malformed.Inc()
			return
		}
		if why := a.take("", &r, now, sent{}, permit); why != nil {
			refusal = why
		}
	})
	if err != nil {
		a.malformed.Inc()
		service.WriteError(w, http.StatusBadRequest, "the events are neither JSON objects nor lines of keys and values, or more than 500")
		return
	}
	if refusal != nil {
		service.WriteError(w, http.StatusForbidden, refusal.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// permitFor is the Permit for the events of a request, nil when everybody may report. It
// asks once for each signal.
func (a *Audience) permitFor(r *http.Request) (Permit, error) {
	if a.options.Permit == nil {
		return nil, nil //nolint:nilnil // nil is the Permit of everybody
	}
	permit, err := a.options.Permit(r)
	if permit == nil || err != nil {
		return nil, err
	}
	known := map[string]error{}
	return func(signal string) error {
		why, has := known[signal]
		if !has {
			why = permit(signal)
			known[signal] = why
		}
		return why
	}, nil
}
