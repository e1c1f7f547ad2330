package platform

import (
	"time"

	"livestream-tui/services/kit/report"
)

// Packager is one packager for one signal.
type Packager struct {
	// Signal is empty while the ingest table names none.
	Signal string `json:"signal"`
	// Name is that of our process, or host and port of one that is not ours. URL is its
	// base URL, empty while no report names it.
	Name string `json:"name"`
	URL  string `json:"url"`
	// Ours is set where it is a process of this platform.
	Ours bool `json:"ours"`
	// Number is its place among the packagers of its signal, from 1.
	Number int `json:"number"`
	// Reported is set where discovery reports it: then Status is what it found.
	Reported bool                  `json:"reported"`
	Status   report.PackagerStatus `json:"status"`
	// Active is set where players are served from it, Held where an operator holds it
	// until it is released or fails.
	Active bool `json:"active"`
	Held   bool `json:"held,omitempty"`
	// Usable is set where players can be served from it: its process works, and its
	// state is usable or not known.
	Usable bool `json:"usable"`
}

// ActiveAt is the packager that players of a signal are served from, by the newest word
// on it. The proxy decides it; a word may reach us late.
type ActiveAt struct {
	Signal string `json:"signal"`
	// URL is the packager's base URL.
	URL string `json:"packager"`
	// Time is when that was so, By what told it.
	Time time.Time `json:"time"`
	By   Witness   `json:"by"`
}

// Witness is what tells which packager is active.
type Witness string

// The witnesses.
const (
	ByProxy   Witness = "proxy"      // which told of a failover
	ByViewer  Witness = "viewer"     // which saw where a playlist came from
	ByOrigin  Witness = "origin"     // which only prefers: it counts while no other has told
	BySupervisor Witness = "supervisor" // the active one has ceased to work and one other is usable
)

// Active returns the packager that players of a signal are served from; false while it
// is not known.
func (s Snapshot) Active(signal string) (Packager, bool) {
	for _, p := range s.Packagers {
		if p.Signal == signal && p.Active {
			return p, true
		}
	}
	return Packager{}, false
}

// Works reports whether a process does its work now.
func (p Process) Works() bool {
	return !p.Paused && (p.State == Ready || p.State == Degraded)
}

// Usable returns how many packagers of a signal are usable, of how many.
func (s Snapshot) Usable(signal string) (usable, of int) {
	for _, p := range s.Packagers {
		if p.Signal == signal {
			of++
			if p.Usable {
				usable++
			}
		}
	}
	return usable, of
}
