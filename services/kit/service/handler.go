package service

import (
	"errors"
	"io"
	"net/http"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"livestream-tui/services/kit/handover"
)

// Handler returns the handler for the address of s: its own routes and the health routes.
// An AdminRouter whose admin address is another shows less there: /readyz gives no reason,
// and paths of the admin address are answered with 404. Every other request is answered
// with a JSON error.
func Handler(s Service, k Kit) http.Handler {
	r := mux.NewRouter().SkipClean(true)
	a, guarded := s.(AdminRouter)
	switch {
	case !guarded:
		addHealth(r, s, k)
	case a.AdminAddress() == s.Address():
		addHealth(r, s, k)
		a.AdminRoutes(r)
	default:
		addReadiness(r, func() (bool, string) {
			ok, _ := s.Ready()
			return ok, "not ready"
		})
		withhold(r, AdminHandler(s, k))
	}
	s.Routes(r)
	addErrors(r)
	return r
}

// AdminHandler returns the handler for the AdminAddress of s: the health routes and those
// of an AdminRouter.
func AdminHandler(s Service, k Kit) *mux.Router {
	r := mux.NewRouter().SkipClean(true)
	addHealth(r, s, k)
	if a, ok := s.(AdminRouter); ok {
		a.AdminRoutes(r)
	}
	addErrors(r)
	return r
}

// withhold answers 404 on every path of admin, so that no route of the service forwards
// such a request to a server that has the same path.
func withhold(r, admin *mux.Router) {
	r.MatcherFunc(func(req *http.Request, _ *mux.RouteMatch) bool {
		var match mux.RouteMatch
		return admin.Match(req, &match) && match.MatchErr == nil || errors.Is(match.MatchErr, mux.ErrMethodMismatch)
	}).HandlerFunc(notFound)
}

// SocketHandler returns the handler for the unix socket of s: the health routes and those of
// an AdminRouter and a ControlRouter.
func SocketHandler(s Service, k Kit) http.Handler { return socketHandler(s, k, nil) }

// socketHandler is SocketHandler with POST /handover, by which the supervisor says that
// another incarnation now serves the same address. handOver is nil for a service without an
// address.
func socketHandler(s Service, k Kit, handOver func()) http.Handler {
	r := mux.NewRouter().SkipClean(true)
	addHealth(r, s, k)
	if handOver != nil {
		r.HandleFunc(handover.Path, func(w http.ResponseWriter, _ *http.Request) {
			k.Log.Info("another incarnation has taken over, finishing what is open")
			handOver()
			w.WriteHeader(http.StatusNoContent)
		}).Methods(http.MethodPost)
	}
	if a, ok := s.(AdminRouter); ok {
		a.AdminRoutes(r)
	}
	if c, ok := s.(ControlRouter); ok {
		c.ControlRoutes(r)
		addErrors(r)
	}
	return r
}

func addHealth(r *mux.Router, s Service, k Kit) {
	addReadiness(r, s.Ready)
	r.Handle("/metrics", promhttp.HandlerFor(k.Metrics, promhttp.HandlerOpts{})).Methods(Reads()...)
}

func addReadiness(r *mux.Router, isReady func() (ok bool, reason string)) {
	read := Reads()
	r.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok") }).Methods(read...)
	r.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if ok, reason := isReady(); !ok {
			writeText(w, http.StatusServiceUnavailable, reason)
			return
		}
		writeText(w, http.StatusOK, "ready")
	}).Methods(read...)
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // fails only when the client has gone
}
