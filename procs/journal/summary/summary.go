package summary

import (
	"maps"
	"slices"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// Summary is what happened in a window of time.
type Summary struct {
	Window Span
	// Signals are the signals that were on air in the window, in order of name. All is for
	// every signal together: it is off air while any of them is.
	Signals []Signal
	All     Signal
	// Outages are those that reach into the window, in order of time.
	Outages []Outage
	// Failovers are those in the window, in order of time, as each proxy reported them; see
	// Moves.
	Failovers []platform.FailoverAt
	// Machines are the other machines that the events are of, in order of name.
	Machines []string
	// Down are the times in which no platform ran, as far as they are in the window.
	Down []Down
	// Exits are the ends of processes that no one asked for; those that follow each other
	// closely are one. Averted, Commands, Drills and Refusals are those in the window.
	Exits, Averted, Commands, Drills, Refusals []platform.Event
	// Inputs are the changes in the window of what live signals were made from.
	Inputs []platform.Event
}

// Signal is the availability of a signal.
type Signal struct {
	Name string
	// Counted are the times that count: from the first picture of each run of the platform,
	// without those in which no viewer reported. Off are the times off air, Planned those of
	// them that an operator's command caused.
	Counted, Off, Planned []Span
	Outages               int // how many began in the window or reach into it
	Failovers             int // counted by Moves
	// WorstWaitMS is the longest wait of a player in a failover; -1 when none waited.
	WorstWaitMS float64
	// Lost is how many segments the viewer never got.
	Lost int
}

// Percent returns for how much of the counted time the signal was on air, rounded down to
// hundredths; false when nothing counts.
func (s Signal) Percent() (float64, bool) { return percent(s.Counted, s.Off) }

// Unplanned returns the same without what an operator's command caused.
func (s Signal) Unplanned() (float64, bool) {
	return percent(s.Counted, spans(s.Off).without(s.Planned))
}

func percent(counted, off spans) (float64, bool) {
	total := counted.length()
	if total <= 0 {
		return 0, false
	}
	return float64((total-off.length())*10_000/total) / 100, true
}

// Outage is a time in which a viewer had no media of a signal, with its cause.
type Outage struct {
	event.Outage
	// Viewer is the process that reported it; empty when the platform was killed, which no
	// viewer reports.
	Viewer string
	// End is when it ended, or when what is known of it ends. Length is the viewer's figure.
	End    time.Time
	Length time.Duration
	// Planned is set when an operator's command caused it. Cause is what caused it, in words;
	// empty when that is not known.
	Planned bool
	Cause   string
}

// Down is a time in which no platform ran.
type Down struct {
	Span
	// Killed is set when the platform before it did not end in order.
	Killed bool
}

// Of returns the summary of events, which are in order of time, in a window. They should
// begin before the window, to tell what was on air at its beginning. until is when the
// journal ends: now while the platform runs, and when it was last known to run otherwise.
func Of(events []platform.Event, window Span, until time.Time) Summary {
	t, machines := newTale(), map[string]bool{}
	for _, e := range Named(events) {
		t.take(e)
		if e.Machine != "" && contains(window, e.Time) {
			machines[e.Machine] = true
		}
	}
	t.close(until, window.To)
	s := Summary{Window: window, Outages: t.outagesIn(window), Failovers: t.failovers, Exits: t.exits, Averted: t.averted, Commands: t.commands, Drills: t.drills, Refusals: t.refusals, Inputs: t.inputs}
	for _, list := range []*[]platform.Event{&s.Exits, &s.Averted, &s.Commands, &s.Drills, &s.Refusals, &s.Inputs} {
		*list = slices.DeleteFunc(*list, func(e platform.Event) bool { return e.What == nil || !contains(window, e.Time) })
	}
	s.Failovers = slices.DeleteFunc(s.Failovers, func(f platform.FailoverAt) bool { return !contains(window, f.Time) })
	for _, d := range t.down {
		for _, part := range (spans{d.Span}).within(window) {
			s.Down = append(s.Down, Down{part, d.Killed})
		}
	}
	s.All.WorstWaitMS, s.Machines = -1, slices.Sorted(maps.Keys(machines))
	var counted, off, planned []Span
	outages, failovers := map[string][]Outage{}, map[string][]platform.FailoverAt{}
	for _, o := range s.Outages {
		outages[o.Signal] = append(outages[o.Signal], o)
	}
	for _, f := range s.Failovers {
		failovers[f.Signal] = append(failovers[f.Signal], f)
	}
	for _, name := range slices.Sorted(maps.Keys(t.signals)) {
		one := signal(name, window, t.signals[name].counted, outages[name], failovers[name])
		if len(one.Counted) == 0 {
			continue
		}
		s.Signals = append(s.Signals, one)
		counted, off, planned = append(counted, one.Counted...), append(off, one.Off...), append(planned, one.Planned...)
		s.All.Outages, s.All.Failovers, s.All.Lost = s.All.Outages+one.Outages, s.All.Failovers+one.Failovers, s.All.Lost+one.Lost
		s.All.WorstWaitMS = max(s.All.WorstWaitMS, one.WorstWaitMS)
	}
	s.All.Counted, s.All.Off = union(counted...), union(off...)
	s.All.Planned = union(planned...).without(unplanned(s.Signals))
	return s
}

// unplanned are the times in which a signal was off air without an operator's command.
func unplanned(list []Signal) spans {
	var all []Span
	for _, one := range list {
		all = append(all, spans(one.Off).without(one.Planned)...)
	}
	return union(all...)
}

func contains(w Span, t time.Time) bool { return !t.Before(w.From) && t.Before(w.To) }

// signal returns the availability of a signal by its own outages and failovers.
func signal(name string, window Span, counted []Span, outages []Outage, failovers []platform.FailoverAt) Signal {
	one := Signal{Name: name, WorstWaitMS: -1, Outages: len(outages), Failovers: len(Moves(failovers))}
	var off, planned, not []Span
	for _, o := range outages {
		one.Lost += o.Lost
		span := Span{o.Since, o.End}
		if off = append(off, span); o.Planned {
			planned = append(planned, span)
		} else {
			not = append(not, span)
		}
	}
	one.Off = union(off...).within(window)
	one.Planned = union(planned...).without(union(not...)).within(window)
	// A viewer's outage counts, whatever else is known of the time.
	one.Counted = union(append(slices.Clone(counted), off...)...).within(window)
	for _, f := range failovers {
		one.WorstWaitMS = max(one.WorstWaitMS, f.GapMS)
	}
	return one
}
