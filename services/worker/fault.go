package worker

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/service"
)

// Fault is what goes wrong with a worker on purpose, for drills. It can only be set over
// the service's Unix socket.
type Fault struct {
	Mode Mode `json:"mode"`
	// Seconds is how far under ModeClockStep the wall clock is ahead of the true time, or
	// behind it where it is negative.
	Seconds float64 `json:"seconds,omitempty"`
}

// Mode is a kind of fault.
type Mode string

// The kinds of fault.
const (
	ModeNone      Mode = "none"
	ModeClockStep Mode = "clock-step" // the wall clock is set to another time
)

var modes = []Mode{ModeNone, ModeClockStep}

// maxStep bounds a step: ten years, in seconds.
const maxStep = 10 * 365 * 24 * 3600

func (f Fault) check() error {
	switch {
	case !slices.Contains(modes, f.Mode):
		return fmt.Errorf("mode %q: allowed are %v", f.Mode, modes)
	case math.IsNaN(f.Seconds) || math.Abs(f.Seconds) > maxStep:
		return fmt.Errorf("seconds %v: allowed is from -%d to %d", f.Seconds, maxStep, maxStep)
	}
	return nil
}

// wallClock is the time of day as this worker sees it: the system's, or a step beside it
// while a fault is set. Safe for concurrent use.
type wallClock struct{ step atomic.Int64 } // in nanoseconds

// now is the time of day, without a monotonic reading: it may go back.
func (w *wallClock) now() time.Time {
	return time.Now().Round(0).Add(time.Duration(w.step.Load()))
}

// fault is the fault that is set.
func (w *wallClock) fault() Fault {
	if step := w.step.Load(); step != 0 {
		return Fault{ModeClockStep, time.Duration(step).Seconds()}
	}
	return Fault{Mode: ModeNone}
}

// ControlRoutes adds the fault switch to the routes of the service's socket.
func (s *Service) ControlRoutes(r *mux.Router) {
	r.HandleFunc("/fault", func(w http.ResponseWriter, _ *http.Request) {
		service.WriteJSON(w, http.StatusOK, s.clock.wall.fault())
	}).Methods(service.Reads()...)
	r.HandleFunc("/fault", func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		if !service.ReadControl(w, r, &f) {
			return
		}
		if err := f.check(); err != nil {
			service.WriteError(w, http.StatusBadRequest, err.Error())
			return
		}
		s.setFault(f)
		service.WriteJSON(w, http.StatusOK, s.clock.wall.fault())
	}).Methods(http.MethodPut)
	r.HandleFunc("/fault", func(w http.ResponseWriter, _ *http.Request) {
		s.setFault(Fault{Mode: ModeNone})
		service.WriteJSON(w, http.StatusOK, s.clock.wall.fault())
	}).Methods(http.MethodDelete)
}

func (s *Service) setFault(f Fault) {
	if f.Mode == ModeNone {
		f.Seconds = 0
	}
	s.clock.wall.step.Store(int64(f.Seconds * float64(time.Second)))
	s.log.Warn("fault set", "mode", string(f.Mode), "seconds", f.Seconds)
}
