package discovery

import (
	"maps"
	"slices"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

// board is what is known of every signal at every packager. Pure; the caller passes the
// time and holds the lock.
type board struct {
	policy    health.Policy
	packagers []string
	signals   map[string][]health.Observation // in the order of packagers
	states    map[string][]report.State       // as last judged, in the order of packagers
	lasting   event.Recurring                 // packagers that are not up, by signal, packager and state
}

// remindEvery is how often a packager that is still not up is logged again.
const remindEvery = time.Minute

func newBoard(packagers []string) *board {
	return &board{packagers: packagers, signals: map[string][]health.Observation{}, states: map[string][]report.State{}, lasting: event.Recurring{Every: remindEvery}}
}

// empty reports whether no signal is known.
func (b *board) empty() bool { return len(b.signals) == 0 }

// follow sets the signals of the board and returns those that have come and those that
// have gone, sorted.
func (b *board) follow(signals []string) (come, gone []string) {
	for _, name := range signals {
		if _, known := b.signals[name]; known {
			continue
		}
		come = append(come, name)
		for _, p := range b.packagers {
			b.signals[name] = append(b.signals[name], unobserved(p))
		}
		b.states[name] = make([]report.State, len(b.packagers))
	}
	for name := range b.signals {
		if !slices.Contains(signals, name) {
			gone = append(gone, name)
			delete(b.signals, name)
			delete(b.states, name)
		}
	}
	slices.Sort(come)
	slices.Sort(gone)
	return come, gone
}

// add adds the result of a request to a packager, given by its index. It returns the target
// duration of its playlist, zero when unknown. A signal that has gone meanwhile stays
// gone.
func (b *board) add(signal string, packager int, r result) time.Duration {
	list, known := b.signals[signal]
	if !known {
		return 0
	}
	list[packager] = observe(list[packager], r)
	return list[packager].TargetDuration
}

// change is a packager whose state has changed, or is due to be logged again because it is
// still not up.
type change struct {
	signal  string
	was     report.State
	verdict health.Verdict
}

// lasts reports whether the state is the same as before.
func (c change) lasts() bool { return c.was == c.verdict.State }

// judge returns a report of what is known, and what has changed since the last call. What
// is not known yet is left out: a discovery that has just started must not make the
// reporter forget what the one before knew.
func (b *board) judge(now time.Time) (report.IngestReport, []change) {
	out := report.IngestReport{Signals: []report.SignalStatus{}}
	var changes []change
	var lasting []string
	for _, name := range slices.Sorted(maps.Keys(b.signals)) {
		status := report.SignalStatus{Signal: name, Packagers: []report.PackagerStatus{}}
		for i, v := range b.policy.Judge(b.signals[name], now) {
			if v.State == report.Unknown {
				continue
			}
			v.Reason = text.Short(v.Reason)
			status.Packagers = append(status.Packagers, v.Status())
			was := b.states[name][i]
			b.states[name][i] = v.State
			due := was != v.State
			if v.State != report.Up {
				what := name + " " + v.Packager + " " + v.State.String()
				lasting = append(lasting, what)
				t, tell := b.lasting.Seen(what, now)
				due = due || tell && t.Phase == event.Lasts
			}
			if due {
				changes = append(changes, change{name, was, v})
			}
		}
		out.Signals = append(out.Signals, status)
	}
	b.lasting.EndExcept(lasting...) // an end is logged as a change
	return out, changes
}
