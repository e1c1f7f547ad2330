package fault

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/packager/window"
)

// Options are the settings of a Switch. All of them are needed.
type Options struct {
	// Snapshots returns the snapshots to serve now, by signal.
	Snapshots func() map[string]*window.Snapshot
	// Stopping is closed when the service stops; hanging requests end then.
	Stopping <-chan struct{}
	// Held counts the hanging requests.
	Held *atomic.Int64
	Log  hclog.Logger
}

// Switch is the fault in force. Safe for concurrent use.
type Switch struct {
	options Options

	mu      sync.Mutex
	fault   Fault
	frozen  map[string]*window.Snapshot // the snapshots of when the fault was set, by signal
	changed chan struct{}               // closed when another fault is set
}

// NewSwitch returns a switch with no fault in force.
func NewSwitch(o Options) *Switch {
	return &Switch{options: o, fault: Fault{Mode: None}, changed: make(chan struct{})}
}

// Routes adds the switch to the routes of the service's socket, which only the user who
// started the platform can reach.
func (s *Switch) Routes(r *mux.Router) {
	r.HandleFunc("/fault", func(w http.ResponseWriter, _ *http.Request) {
		service.WriteJSON(w, http.StatusOK, s.get().shown())
	}).Methods(service.Reads()...)
	r.HandleFunc("/fault", func(w http.ResponseWriter, r *http.Request) {
		var fault Fault
		if !service.ReadControl(w, r, &fault) {
			return
		}
		fault, err := fault.complete()
		if err != nil {
			service.WriteError(w, http.StatusBadRequest, err.Error())
			return
		}
		s.set(fault)
		service.WriteJSON(w, http.StatusOK, fault.shown())
	}).Methods(http.MethodPut)
	r.HandleFunc("/fault", func(w http.ResponseWriter, _ *http.Request) {
		s.set(Fault{Mode: None})
		service.WriteJSON(w, http.StatusOK, Fault{Mode: None})
	}).Methods(http.MethodDelete)
}

// set puts a fault in force from now on, also for requests under way.
func (s *Switch) set(fault Fault) {
	frozen := s.options.Snapshots()
	s.mu.Lock()
	s.fault, s.frozen = fault, frozen
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	s.options.Log.Warn("fault set", "mode", string(fault.Mode), "signal", fault.Signal)
}

func (s *Switch) get() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// of returns the fault in force for a signal.
func (s *Switch) of(signal string) inForce {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := inForce{Fault: s.fault, frozen: s.frozen[signal], changed: s.changed}
	if f.Signal != "" && f.Signal != signal {
		f.Mode = None
	}
	return f
}

// inForce is the fault in force for one request.
type inForce struct {
	Fault
	frozen  *window.Snapshot // nil when there was none
	changed <-chan struct{}
}
