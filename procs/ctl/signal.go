package ctl

import (
	"fmt"
	"slices"
	"strings"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
)

// TakesSignal reports whether a verb can be for one signal.
func (v Verb) TakesSignal() bool {
	return v.Action == platform.Failover || v.Action == platform.Hold || v.Action == platform.Release
}

// CheckSignal refuses a signal that is not in the ingest table, and lists those that are.
// While there is no table every name passes: the origin may know more.
func (v Verb) CheckSignal(s platform.Snapshot, signal string) error {
	names := s.SignalNames()
	if v.TakesInput() || signal == "" || len(names) == 0 || slices.Contains(names, signal) {
		return nil
	}
	return fmt.Errorf("%s of signal %q: allowed are %s", v.Name, signal, strings.Join(names, ", "))
}

// preferences returns those that the request is about.
func (r Request) preferences(s platform.Snapshot) []report.Preference {
	var list []report.Preference
	for _, p := range s.Preferences {
		if r.Signal == "" || p.Signal == r.Signal {
			list = append(list, p)
		}
	}
	return list
}
