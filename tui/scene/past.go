package scene

import (
	"cmp"
	"slices"
	"time"

	"livestream-tui/procs/journal/summary"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// Past is what the journal tells. Only PastOf makes one; it is never changed.
type Past struct {
	// Happened is newest first.
	Happened []Happened
	// Outages are those of all signals, in order of time. One that lasts ends after any time
	// that a clock shows.
	Outages []summary.Outage
	// counted are the times in which a signal was on air, whether its picture moved or not.
	counted []summary.Span
}

// PastOf returns what the events of a journal tell, which are in order of time. watched is
// set when a viewer says what is on air: what happens to a signal counts from its first
// picture on. It takes a while for a long journal.
func PastOf(events []platform.Event, watched bool) *Past {
	if len(events) == 0 {
		return &Past{}
	}
	events = summary.Named(events)
	end := events[len(events)-1].Time.AddDate(100, 0, 0)
	sum := summary.Of(events, summary.Span{To: end}, end)
	p := &Past{Outages: sum.Outages, counted: sum.All.Counted}
	var list []Happened
	for _, o := range sum.Outages {
		list = append(list, outageRows(o, o.End.Before(end))...)
	}
	shown := firstPictures(events)
	for _, f := range sum.Failovers {
		if !watched || shown.before(f.Signal, f.Time) {
			list = append(list, Happened{At: f.Time, Process: f.Process, What: f.Failover, Signals: []string{f.Signal}})
		}
	}
	for _, e := range sum.Exits {
		list = append(list, Happened{At: e.Time, Process: e.Process, What: e.What})
	}
	list = append(list, drills(sum.Drills)...)
	for _, e := range events {
		h := Happened{At: e.Time, Process: e.Process, What: e.What}
		if e.Process == "" && e.Machine != "" {
			h.Process = e.Machine
		}
		switch what := e.What.(type) {
		case platform.Aired:
			h.Signals = []string{what.Signal}
		case platform.Averted:
			h.Signals = []string{what.Signal}
		case event.Input:
			h.Signals = []string{what.Signal}
		case platform.Commanded, platform.Started, platform.Ended, platform.Logged, event.Film:
		default:
			continue
		}
		list = append(list, h)
	}
	p.Happened = newestFirst(grouped(list))
	return p
}

// outageRows returns the row of an outage's beginning, and that of its end if known is set.
func outageRows(o summary.Outage, known bool) []Happened {
	begin := Happened{At: o.Since, Process: o.Viewer, What: o.Outage, Signals: []string{o.Signal}, Planned: o.Planned, Cause: o.Cause, Longest: o.Length}
	if o.Lasts() {
		begin.Cut = known
		return []Happened{begin}
	}
	back := begin
	back.At, back.Back, back.Lost = o.End, true, o.Lost
	return []Happened{begin, back}
}

// drills returns the rows of drills: the verdict, or the beginning of one that has none yet.
func drills(events []platform.Event) []Happened {
	var list []Happened
	for _, e := range events {
		d := e.What.(platform.Drilled)
		h := Happened{At: e.Time, What: d}
		if n := len(list); n > 0 && d.Verdict != platform.DrillBegun {
			if was := list[n-1].What.(platform.Drilled); was.Verdict == platform.DrillBegun && was.Name == d.Name {
				list = list[:n-1]
			}
		}
		list = append(list, h)
	}
	return list
}

// pictures has when signals came on air, in order of time, and when platforms started.
type pictures struct {
	starts []time.Time
	first  map[string][]time.Time
}

func firstPictures(events []platform.Event) pictures {
	p := pictures{first: map[string][]time.Time{}}
	for _, e := range events {
		switch what := e.What.(type) {
		case platform.Started:
			p.starts = append(p.starts, e.Time)
		case platform.Aired:
			if what.State == platform.AirOn {
				p.first[what.Signal] = append(p.first[what.Signal], e.Time)
			}
		case event.Outage: // only what was on air can go off air
			p.first[what.Signal] = append(p.first[what.Signal], what.Since)
		}
	}
	return p
}

// before reports whether a signal was on air before a time, in the same run of the platform.
func (p pictures) before(signal string, at time.Time) bool {
	var start time.Time // that of the run; zero before the first that is known
	for _, s := range p.starts {
		if s.After(at) {
			break
		}
		start = s
	}
	if start.IsZero() {
		return true // what is known begins in the middle of a run
	}
	return slices.ContainsFunc(p.first[signal], func(t time.Time) bool { return !t.Before(start) && !t.After(at) })
}

func newestFirst(list []Happened) []Happened {
	slices.SortStableFunc(list, func(a, b Happened) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.order(), a.order())) })
	return list
}

// Tally is what a time cost.
type Tally struct {
	// Outages are those that no operator's command caused, Planned the others. Off and
	// PlannedOff are how long a signal was off air in them.
	Outages, Planned int
	Off, PlannedOff  time.Duration
}

// Tally counts the outages that reach into a span of time, up to now.
func (p *Past) Tally(span summary.Span, now time.Time) Tally {
	var t Tally
	var upTo, plannedTo time.Time // what is counted so far
	for _, o := range p.Outages {
		from, to := o.Since, earlier(o.End, now)
		if !from.Before(span.To) || to.Before(span.From) {
			continue
		}
		count, off, counted := &t.Outages, &t.Off, &upTo
		if o.Planned {
			count, off, counted = &t.Planned, &t.PlannedOff, &plannedTo
		}
		*count++
		from, to = later(later(from, span.From), *counted), earlier(to, span.To)
		if from.Before(to) {
			*off += to.Sub(from)
			*counted = to
		}
	}
	return t
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Aired is what a piece of time was like, the worst of it.
type Aired uint8

// What a time was like, from unknown to bad.
const (
	AiredUnknown Aired = iota
	AiredWell
	AiredPlanned // a signal was off air, which an operator's command caused
	AiredBadly   // a signal was off air
)

// Aired returns what a span of time was like, up to now.
func (p *Past) Aired(span summary.Span, now time.Time) Aired {
	span.To = earlier(span.To, now)
	if !span.From.Before(span.To) {
		return AiredUnknown
	}
	worst := AiredUnknown
	overlaps := func(from, to time.Time) bool { return from.Before(span.To) && to.After(span.From) }
	for _, c := range p.counted {
		if overlaps(c.From, c.To) {
			worst = AiredWell
			break
		}
	}
	for _, o := range p.Outages {
		switch {
		case !overlaps(o.Since, o.End):
		case !o.Planned:
			return AiredBadly
		default:
			worst = AiredPlanned
		}
	}
	return worst
}
