package origin

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"livestream-tui/services/kit/report"
)

// settle is policy.Settle of the running origin.
const settle = 5 * time.Second

// memory is what the origin knows of every signal. Pure; the caller passes the time and
// holds the lock.
// What was learned stays while the reporter is away: players go on with the last known
// packagers.
type memory struct {
	packagers []string // PACKAGERS
	policy    policy
	ttl       time.Duration
	heard     bool      // a reporter has answered
	reported  time.Time // when a discovery last reported anything, by the reporter's clock
	news      time.Time // when that became known, by our clock
	signals   map[string]signal
	// pins are what operators want, by signal, and drained when an operator began to drain the
	// machine of a packager, by base URL. Nil without a cluster.
	pins    map[string]*pinned
	drained map[string]time.Time
	// failed are the signals whose pinned packager has failed and that nobody was told of.
	failed []string
}

// signal is what is known of one signal.
type signal struct {
	selection selection
	statuses  []report.PackagerStatus // in the order of PACKAGERS
	reported  time.Time               // when discovery last named it, by the reporter's clock
	news      time.Time               // when that became known, by our clock
	replaced  chan struct{}           // closed when another version replaces this one
	version   string
	// last are the packagers that come after all others, since their machine is drained.
	last map[string]time.Time
}

// answer is the answer of a reporter.
type answer struct {
	signals []report.SignalStatus
	// reported is when a discovery last reported anything, by the reporter's clock; zero
	// before the first report.
	reported time.Time
}

// moved is the change of a signal.
type moved struct {
	Signal string
	change
}

func newMemory(packagers []string, p policy, ttl time.Duration) *memory {
	return &memory{packagers: packagers, policy: p, ttl: ttl, signals: map[string]signal{}}
}

// learn takes the answer of a reporter and returns where players move and which signals
// have ended, sorted by signal.
func (m *memory) learn(t answer, now time.Time) (moves []moved, ended []string) {
	m.heard = true
	if !t.reported.IsZero() && !t.reported.Equal(m.reported) {
		m.reported, m.news = t.reported, now
	}
	listed := make(map[string]bool, len(t.signals))
	for _, s := range t.signals {
		listed[s.Signal] = true
		next := m.signals[s.Signal]
		if next.news.IsZero() || !s.LastReported.Equal(next.reported) {
			next.reported, next.news = s.LastReported, now
		}
		next.statuses = m.merge(next.statuses, s.Packagers)
		next.last = m.drained
		var c *change
		if next, c = m.pin(s.Signal, next, now); c != nil { // such as after a restart
			moves = append(moves, moved{s.Signal, *c})
		}
		next.selection, c = m.next(s.Signal, next, now)
		m.put(s.Signal, next)
		if c != nil {
			moves = append(moves, moved{s.Signal, *c})
		}
	}
	for name, s := range m.signals {
		// A signal that is not listed has ended only if discovery has gone on reporting
		// without it; otherwise it is the reporter that has forgotten. The time is that of
		// our clock: the reporter's is the time of day, which may step.
		if !listed[name] && m.news.Sub(s.news) >= m.ttl {
			close(s.replaced)
			delete(m.signals, name)
			ended = append(ended, name)
		}
	}
	slices.SortFunc(moves, func(a, b moved) int { return strings.Compare(a.Signal, b.Signal) })
	slices.Sort(ended)
	return moves, ended
}

// merge returns the new statuses in the order of PACKAGERS. A status that the reporter
// does not know does not replace a known one.
func (m *memory) merge(old, fresh []report.PackagerStatus) []report.PackagerStatus {
	list := make([]report.PackagerStatus, 0, len(m.packagers))
	for _, url := range m.packagers {
		status, found := find(fresh, url)
		if !found || status.State == report.Unknown {
			if known, found := find(old, url); found {
				status = known
			} else {
				status = report.PackagerStatus{URL: url, State: report.Unknown, Reason: "not reported", MSN: -1, Part: -1, AgeMS: -1}
			}
		}
		list = append(list, status)
	}
	return list
}

// failover moves one signal, or every signal where name is empty, away from its active
// packager, and returns the moves.
func (m *memory) failover(name string) []moved {
	var moves []moved
	for _, n := range slices.Sorted(maps.Keys(m.signals)) {
		if name != "" && n != name {
			continue
		}
		s := m.signals[n]
		next, c, ok := s.selection.away(s.statuses)
		if !ok {
			continue
		}
		s.selection = next
		m.put(n, s)
		moves = append(moves, moved{n, *c})
	}
	return moves
}

// hold plays one signal, or every signal where name is empty, from a packager until it is
// released or fails; an empty packager releases. It returns the state of the signals and
// the moves, and false when the packager is usable for no signal.
func (m *memory) hold(name, packager string) (list []report.Held, moves []moved, ok bool) {
	for _, n := range slices.Sorted(maps.Keys(m.signals)) {
		if name != "" && n != name {
			continue
		}
		s := m.signals[n]
		var c *change
		if packager == "" {
			s.selection = s.selection.release()
		} else if s.selection, c, ok = s.selection.hold(packager, s.statuses); !ok {
			continue
		}
		m.put(n, s)
		list = append(list, report.Held{Signal: n, Active: s.active(), Held: s.selection.Held})
		if c != nil {
			moves = append(moves, moved{n, *c})
		}
	}
	return list, moves, len(list) > 0
}

// put stores the next value of a signal and wakes the requests that wait for another
// version.
func (m *memory) put(name string, s signal) {
	version := versionOf(s)
	if version != s.version {
		if s.replaced != nil {
			close(s.replaced)
		}
		s.version, s.replaced = version, make(chan struct{})
	}
	m.signals[name] = s
}

// names are the signals, sorted; never nil.
func (m *memory) names() []string {
	return append([]string{}, slices.Sorted(maps.Keys(m.signals))...)
}

// active is the packager to play the signal from; empty when no packager is usable.
func (s signal) active() string {
	if !s.selection.Usable {
		return ""
	}
	return s.selection.Active
}

func (s signal) preference(name string) report.Preference {
	return report.Preference{Signal: name, Active: s.active(), Held: s.selection.Held, Packagers: s.order()}
}

// versionOf identifies the content of a preference: the order of the packagers and their
// states. Numbers and ages change with every report and decide nothing. It depends on the
// content alone, so that it means the same after a restart and at every origin.
func versionOf(s signal) string {
	h := sha256.New()
	_, _ = h.Write([]byte(s.active())) // a hash never fails to write
	if s.selection.Held {
		_, _ = h.Write([]byte(" held"))
	}
	for _, p := range s.order() {
		_, _ = h.Write([]byte("\n" + p.URL + " " + p.State.String()))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
