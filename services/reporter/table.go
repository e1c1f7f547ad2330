package reporter

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

// Limits of the table, which is filled from outside.
const (
	maxSignals = 1000
	maxReason  = 1024 // bytes
)

// table is what the discoveries have reported: the last status of each packager for each
// signal. Pure; the caller passes the time and
// holds the lock.
type table struct {
	packagers []string // PACKAGERS: only these are accepted
	ttl       time.Duration
	rows      map[string]row
	reported  time.Time // when the last report was taken; zero before the first
}

// row is one signal.
type row struct {
	reported time.Time
	cells    map[string]cell // by packager
}

// cell is the last status of one packager.
type cell struct {
	status   report.PackagerStatus
	reported time.Time
	// machine is the machine whose discovery said so; empty for this one.
	machine string
}

// silence is how long the discovery of this machine says nothing of a packager before what
// another machine says of it counts.
const silence = 3 * time.Second

func newTable(packagers []string, ttl time.Duration) *table {
	return &table{packagers: packagers, ttl: ttl, rows: map[string]row{}}
}

// take adds a report, as a whole or not at all. Several discoveries may report, each what
// it sees: the last status of a packager counts, and what a report does not name stays
// until it expires.
func (t *table) take(r report.IngestReport, now time.Time) error {
	return t.takeFrom("", r, now)
}

// takeFrom is take for the report of a machine; empty for this one. What another machine says
// counts for a packager of which this one, and each machine before it by name, is silent.
func (t *table) takeFrom(machine string, r report.IngestReport, now time.Time) error {
	if err := t.check(r); err != nil {
		return err
	}
	t.reported = now
	for _, s := range r.Signals {
		old, known := t.rows[s.Signal]
		if !known {
			old.cells = make(map[string]cell, len(t.packagers))
		}
		for _, p := range s.Packagers {
			if c, known := old.cells[p.URL]; !known || machine <= c.machine || now.Sub(c.reported) >= silence {
				old.cells[p.URL] = cell{p, now, machine}
			}
		}
		t.rows[s.Signal] = row{now, old.cells}
	}
	return nil
}

func (t *table) check(r report.IngestReport) error {
	seen := make(map[string]bool, len(r.Signals))
	for _, s := range r.Signals {
		switch {
		case !report.IsSignal(s.Signal):
			return fmt.Errorf("signal %q: allowed are letters, digits, _ and -, 64 at most", text.Clean(s.Signal))
		case seen[s.Signal]:
			return fmt.Errorf("signal %q is listed twice", s.Signal)
		}
		seen[s.Signal] = true
		for i, p := range s.Packagers {
			switch {
			case !slices.Contains(t.packagers, p.URL):
				return fmt.Errorf("packager %q: allowed are those in PACKAGERS, %q", text.Shown(p.URL), t.packagers)
			case slices.ContainsFunc(s.Packagers[:i], func(q report.PackagerStatus) bool { return q.URL == p.URL }):
				return fmt.Errorf("packager %q is listed twice for signal %q", p.URL, s.Signal)
			case len(p.Reason) > maxReason:
				return fmt.Errorf("packager %q: reason of %d bytes, allowed are %d", p.URL, len(p.Reason), maxReason)
			}
		}
	}
	for name := range t.rows {
		seen[name] = true
	}
	if len(seen) > maxSignals {
		return fmt.Errorf("more signals than the %d that are allowed", maxSignals)
	}
	return nil
}

// forget drops what was not reported for the TTL and returns the signals that have gone,
// sorted.
func (t *table) forget(now time.Time) []string {
	var gone []string
	for name, r := range t.rows {
		if now.Sub(r.reported) >= t.ttl {
			delete(t.rows, name)
			gone = append(gone, name)
			continue
		}
		maps.DeleteFunc(r.cells, func(_ string, c cell) bool { return now.Sub(c.reported) >= t.ttl })
	}
	slices.Sort(gone)
	return gone
}

// ingests are the rows of GET /ingests, sorted by signal; never nil.
func (t *table) ingests(zone *time.Location) []report.Ingest {
	list := make([]report.Ingest, 0, len(t.rows))
	for _, s := range t.details() {
		up := []string{}
		for _, p := range s.Packagers {
			if p.State == report.Up {
				up = append(up, p.URL)
			}
		}
		list = append(list, report.Ingest{Signal: s.Signal, Packagers: up, LastReported: s.LastReported.In(zone).Format(time.RFC1123)})
	}
	return list
}

// details are the rows of GET /packagers, sorted by signal; never nil. A packager that was
// not reported is unknown.
func (t *table) details() []report.SignalStatus {
	list := make([]report.SignalStatus, 0, len(t.rows))
	for _, name := range slices.Sorted(maps.Keys(t.rows)) {
		r := t.rows[name]
		s := report.SignalStatus{Signal: name, Packagers: make([]report.PackagerStatus, 0, len(t.packagers)), LastReported: r.reported}
		for _, url := range t.packagers {
			status := report.PackagerStatus{URL: url, State: report.Unknown, Reason: "not reported", MSN: -1, Part: -1, AgeMS: -1}
			if c, known := r.cells[url]; known {
				status = c.status
			}
			s.Packagers = append(s.Packagers, status)
		}
		list = append(list, s)
	}
	return list
}
