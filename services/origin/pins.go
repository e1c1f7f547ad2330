package origin

import (
	"maps"
	"slices"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/report"
)

// pinFor is how long a packager that is pinned may take to be usable before the pin is given
// up here: after a start nothing is known of it for a moment.
const pinFor = 10 * time.Second

// pinned is a pin as it is known here.
type pinned struct {
	cluster.Pin
	taken time.Time // by our clock
	// done is true once it was carried out, or given up.
	done bool
}

// later reports whether a pin counts instead of another of the same signal: the later one
// does, at every origin alike.
func later(a, b cluster.Pin) bool {
	if !a.At.Equal(b.At) {
		return a.At.After(b.At)
	}
	return a.Packager > b.Packager
}

// takePin takes a pin from another machine, or from the Store, and carries it out. It returns
// where players move, and whether the pin is news.
func (m *memory) takePin(p cluster.Pin, now time.Time) (moves []moved, news bool) {
	if old := m.pins[p.Signal]; old != nil && !later(p, old.Pin) || !report.IsSignal(p.Signal) {
		return nil, false
	}
	m.pins[p.Signal] = &pinned{Pin: p, taken: now}
	s, known := m.signals[p.Signal]
	if !known {
		return nil, true
	}
	s, c := m.pin(p.Signal, s, now)
	m.put(p.Signal, s)
	if c != nil {
		moves = append(moves, moved{p.Signal, *c})
	}
	return moves, true
}

// pin carries out the pin of a signal, once that can be. The change is nil where players stay.
func (m *memory) pin(name string, s signal, now time.Time) (signal, *change) {
	p := m.pins[name]
	if p == nil || p.done {
		return s, nil
	}
	began, drained := m.drained[p.Packager]
	switch {
	case p.Packager == "":
		s.selection = s.selection.release()
	case drained && !p.At.After(began): // the machine was drained after it
	default:
		next, c, ok := s.selection.hold(p.Packager, s.statuses)
		if !ok {
			p.done = now.Sub(p.taken) >= pinFor
			return s, nil
		}
		next.Held = p.Held
		if c != nil && !p.Held {
			c.Cause = "failover asked for by the operator"
		}
		s.selection, p.done = next, true
		return s, c
	}
	p.done = true
	return s, nil
}

// intend notes what an operator has commanded here and was carried out: to play signals from
// packagers, by signal, an empty one for a release. It returns the pins to tell of.
func (m *memory) intend(wants map[string]string, held bool, by string, now time.Time) []cluster.Pin {
	var list []cluster.Pin
	for _, name := range slices.Sorted(maps.Keys(wants)) {
		at := now.UTC()
		if old := m.pins[name]; old != nil && !at.After(old.At) {
			at = old.At.Add(time.Millisecond) // the clock of the other machine is ahead
		}
		p := cluster.Pin{Intent: cluster.Intent{By: by, At: at}, Signal: name, Packager: wants[name], Held: held && wants[name] != ""}
		m.pins[name] = &pinned{Pin: p, taken: now, done: true}
		list = append(list, p)
	}
	return list
}

// held are the signals that an operator holds.
func (m *memory) held() map[string]bool {
	list := map[string]bool{}
	for name, s := range m.signals {
		list[name] = s.selection.Held
	}
	return list
}

// letGo ends the pins whose packagers have failed, and returns what to tell of. Their ends
// come right after their beginnings, so that no later pin is ended by them.
func (m *memory) letGo(now time.Time) []cluster.Pin {
	var list []cluster.Pin
	for _, name := range m.failed {
		old := m.pins[name]
		if old == nil || old.Packager == "" {
			continue
		}
		p := cluster.Pin{Intent: cluster.Intent{By: "its packager has failed", At: old.At.Add(time.Millisecond)}, Signal: name}
		m.pins[name] = &pinned{Pin: p, taken: now, done: true}
		list = append(list, p)
	}
	m.failed = nil
	return list
}

// drain notes when the machines of packagers began to be drained, by base URL. Pins from
// before count no more.
func (m *memory) drain(began map[string]time.Time) {
	m.drained = began
	for name, s := range m.signals {
		s.last = began
		if at, drained := began[s.selection.Active]; drained && s.selection.Pinned {
			if p := m.pins[name]; p == nil || !p.At.After(at) {
				s.selection.Pinned, s.selection.Held = false, false
			}
		}
		m.put(name, s)
	}
}

// next is the selection of a signal after a report. A packager of a machine that is drained is
// left, and not chosen, while another is usable.
func (m *memory) next(name string, s signal, now time.Time) (selection, *change) {
	before, eligible := s.selection, s.eligible()
	var left *change
	if _, drained := s.last[before.Active]; drained && before.Usable {
		if _, stays := find(eligible, before.Active); !stays {
			s.selection, left = s.selection.drainTo(health.Begin(verdicts(eligible), "").Packager)
		}
	}
	next, c := s.selection.next(eligible, now, m.policy)
	switch {
	case before.Pinned && !next.Pinned && m.pins != nil:
		m.failed = append(m.failed, name)
	case left != nil && c != nil:
		c.From = left.From
	case left != nil:
		c = left
	}
	return next, c
}

// eligible are the packagers to choose from, in order.
func (s signal) eligible() []report.PackagerStatus {
	if len(s.last) == 0 {
		return s.statuses
	}
	var list []report.PackagerStatus
	usable := false
	for _, p := range s.statuses {
		if _, drained := s.last[p.URL]; drained && !(s.selection.Pinned && p.URL == s.selection.Active) {
			continue
		}
		list = append(list, p)
		usable = usable || health.Usable(p.State)
	}
	if !usable {
		return s.statuses
	}
	return list
}

// order are all packagers, most preferred first.
func (s signal) order() []report.PackagerStatus {
	list := s.selection.order(s.statuses)
	if len(s.last) > 0 {
		slices.SortStableFunc(list, func(a, b report.PackagerStatus) int { return s.rank(a) - s.rank(b) })
	}
	return list
}

func (s signal) rank(p report.PackagerStatus) int {
	_, drained := s.last[p.URL]
	if drained && !(s.selection.Usable && p.URL == s.selection.Active) {
		return 1
	}
	return 0
}
