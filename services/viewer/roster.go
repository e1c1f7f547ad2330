package viewer

import (
	"maps"
	"slices"
	"time"

	"livestream-tui/services/kit/report"
)

// maxSignals bounds what an origin can make the viewer play.
const maxSignals = 1000

// roster is the set of signals that are watched. A signal that vanishes is still expected
// for a while: the origin may be away, or the reporter that it asks. Pure; the caller passes
// the time and holds the lock.
type roster struct {
	fixed  []string // watched whatever the origin says
	forget time.Duration
	// since is when the origin first did not name a signal any more; zero while it does.
	since map[string]time.Time
	// hears says that the last answer of the origin named a signal.
	hears bool
}

func newRoster(fixed []string, forget time.Duration) *roster {
	r := &roster{fixed: fixed, forget: forget, since: map[string]time.Time{}}
	for _, name := range fixed {
		r.since[name] = time.Time{}
	}
	return r
}

// heard takes the names that the origin answered at now. A signal is dropped once it has
// neither been named nor played for long enough.
func (r *roster) heard(names []string, plays func(string) bool, now time.Time) {
	named := make(map[string]bool, len(names))
	r.hears = len(names) > 0
	for _, name := range slices.Concat(r.fixed, names) {
		_, known := r.since[name]
		if !report.IsSignal(name) || !known && len(r.since) >= maxSignals {
			continue
		}
		named[name] = true
		r.since[name] = time.Time{}
	}
	for name, since := range r.since {
		if named[name] {
			continue
		}
		if since.IsZero() || plays(name) {
			since = now
		}
		r.since[name] = since
		if now.Sub(since) >= r.forget && !plays(name) {
			delete(r.since, name)
		}
	}
}

// ended drops a signal that was played to its end, unless it is still named.
func (r *roster) ended(name string) {
	if since, known := r.since[name]; known && !since.IsZero() {
		delete(r.since, name)
	}
}

// away notes that the origin did not answer: what it named last stays.
func (r *roster) away() {
	for name := range r.since {
		r.since[name] = time.Time{}
	}
}

// names are the signals to watch, sorted.
func (r *roster) names() []string { return slices.Sorted(maps.Keys(r.since)) }
