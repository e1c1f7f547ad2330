package service

import (
	"errors"
	"io"
	"net/http"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler is everything that s serves on its address: its own routes and the
// health routes, and for a PlayersOnly no more of these than a stranger may know;
// what is neither is answered with a JSON error.
func Handler(s Service, k Kit) http.Handler {
	r := mux.NewRouter().SkipClean(true)
	p, guarded := s.(PlayersOnly)
	switch {
	case !guarded:
		addHealth(r, s, k)
	case p.AdminAddress() == s.Address():
		addHealth(r, s, k)
		p.AdminRoutes(r)
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

// AdminHandler is what s serves on its AdminAddress: the health routes, and what a
// PlayersOnly adds.
func AdminHandler(s Service, k Kit) *mux.Router {
	r := mux.NewRouter().SkipClean(true)
	addHealth(r, s, k)
	if p, ok := s.(PlayersOnly); ok {
		p.AdminRoutes(r)
	}
	addErrors(r)
	return r
}

// withhold answers what admin has a path for as if nothing were there: no route of
// the service is to pass it on to somebody who has the same path.
func withhold(r, admin *mux.Router) {
	r.MatcherFunc(func(req *http.Request, _ *mux.RouteMatch) bool {
		var match mux.RouteMatch
		return admin.Match(req, &match) && match.MatchErr == nil || errors.Is(match.MatchErr, mux.ErrMethodMismatch)
	}).HandlerFunc(notFound)
}

// SocketHandler is everything that s serves on its unix socket: the health routes,
// and what a PlayersOnly and a Controlled add.
func SocketHandler(s Service, k Kit) http.Handler { return socketHandler(s, k, nil) }

// socketHandler has also POST /handover, by which the supervisor says that another
// incarnation serves the same address; nil for a service without one.
func socketHandler(s Service, k Kit, handOver func()) http.Handler {
	r := mux.NewRouter().SkipClean(true)
	addHealth(r, s, k)
	if handOver != nil {
		r.HandleFunc("/handover", func(w http.ResponseWriter, _ *http.Request) {
			k.Log.Info("another incarnation has taken over, finishing what is open")
			handOver()
			w.WriteHeader(http.StatusNoContent)
		}).Methods(http.MethodPost)
	}
	if p, ok := s.(PlayersOnly); ok {
		p.AdminRoutes(r)
	}
	if c, ok := s.(Controlled); ok {
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
	r.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") }).Methods(read...)
	r.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if ok, reason := isReady(); !ok {
			say(w, http.StatusServiceUnavailable, reason)
			return
		}
		say(w, http.StatusOK, "ready")
	}).Methods(read...)
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the client has gone: nobody to tell
}
