package summary

import (
	"cmp"
	"slices"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// tale follows events in order of time.
type tale struct {
	signals map[string]*life
	// lasting are the outages that have not ended, by viewer and signal; outages those that
	// have.
	lasting   map[string]platform.OutageAt
	outages   []Outage
	causes    []cause
	failovers []platform.FailoverAt
	// pending has the places of those failovers whose gap is not known yet, oldest first;
	// ends that of the last of the exits that follow each other closely.
	pending map[pending][]int
	ends    map[ends]int
	// stopped is when the platform ended; zero while one runs. killed says how.
	stopped time.Time
	killed  bool
	began   bool // there is any event
	down    []Down
	// gone has since when a signal is off air because the platform was killed; restarted is
	// when the next one started, zero before.
	gone      map[string]time.Time
	restarted time.Time

	// exits has an empty event in the place of one that another has replaced.
	exits, averted, commands, drills, refusals, inputs []platform.Event
}

// pending is equal for a failover and the same with its gap.
type pending struct {
	process, signal, from, to string
	msn                       int64
}

// ends is equal for exits that follow each other closely.
type ends struct {
	process string
	since   int64
}

func newTale() *tale {
	return &tale{signals: map[string]*life{}, lasting: map[string]platform.OutageAt{}, pending: map[pending][]int{}, ends: map[ends]int{}}
}

// life is when a signal was on air, whether its picture moved or not.
type life struct {
	counted []Span
	since   time.Time // since when it counts; zero while it does not
}

func (l *life) begin(at time.Time) {
	if l.since.IsZero() {
		l.since = at
	}
}

func (l *life) end(at time.Time) {
	if !l.since.IsZero() {
		l.counted = append(l.counted, Span{l.since, at})
		l.since = time.Time{}
	}
}

// lose notes that the signals that are on air go off air with a platform that is killed.
func (t *tale) lose(at time.Time) {
	t.gone = map[string]time.Time{}
	for name, l := range t.signals {
		if !l.since.IsZero() {
			t.gone[name] = at
		}
	}
}

// regain ends that for a signal. No viewer has measured it.
func (t *tale) regain(name string, at time.Time) {
	since, gone := t.gone[name]
	if !gone {
		return
	}
	delete(t.gone, name)
	o := event.EndedOutageOf(name, since, at)
	t.outages = append(t.outages, Outage{Outage: o, End: o.Until, Length: o.Length(at), Cause: "the platform was killed, or the machine stopped"})
}

// forget ends that for the signals that did not come back: their films may be gone.
func (t *tale) forget() {
	for name := range t.gone {
		t.regain(name, t.restarted)
	}
}

func (t *tale) signal(name string) *life {
	if t.signals[name] == nil {
		t.signals[name] = &life{}
	}
	return t.signals[name]
}

func (t *tale) take(e platform.Event) {
	t.began = true
	if e.Machine != "" && t.takeOther(e) {
		return
	}
	if c, is := causeOf(e); is {
		t.causes = append(t.causes, c)
	}
	switch what := e.What.(type) {
	case platform.Started:
		t.stop(e.Time) // of a run whose end is missing
		t.restarted = e.Time
		if !t.stopped.IsZero() && t.stopped.Before(e.Time) {
			t.down = append(t.down, Down{Span{t.stopped, e.Time}, t.killed})
		}
		t.stopped = time.Time{}
	case platform.Ended:
		at := cmp.Or(what.Stopping, e.Time)
		t.forget()
		if what.Killed {
			t.lose(at)
		}
		t.stop(at)
		t.stopped, t.killed, t.restarted = at, what.Killed, time.Time{}
	case platform.Aired:
		t.regain(what.Signal, e.Time)
		if l := t.signal(what.Signal); what.State == platform.AirOn {
			l.begin(e.Time)
		} else {
			l.end(e.Time)
		}
	case event.Outage:
		t.outage(platform.OutageAt{Time: e.Time, Process: e.Process, Outage: what})
	case event.Failover:
		t.failover(platform.FailoverAt{Time: e.Time, Process: e.Process, Failover: what})
	case platform.Exit:
		key := ends{e.Process, what.Since.UnixNano()}
		if i, again := t.ends[key]; again {
			t.exits[i] = platform.Event{}
		}
		t.ends[key] = len(t.exits)
		t.exits = append(t.exits, e)
	case platform.Averted:
		t.averted = append(t.averted, e)
	case platform.Commanded:
		t.commands = append(t.commands, e)
	case platform.Drilled:
		t.drills = append(t.drills, e)
	case event.Input:
		t.inputs = append(t.inputs, e)
	case event.Film:
		t.refusals = append(t.refusals, e)
	}
}

// takeOther takes an event that says how the platform of another machine is; false for
// anything else. What is counted is the own platform's time on air, and the outages of all.
func (t *tale) takeOther(e platform.Event) bool {
	switch what := e.What.(type) {
	case platform.Started:
		t.cutOf(e.Machine, e.Time)
	case platform.Ended:
		t.cutOf(e.Machine, cmp.Or(what.Stopping, e.Time))
	case platform.Aired:
	default:
		return false
	}
	return true
}

// cutOf ends the outages by a machine's viewers when its platform ends.
func (t *tale) cutOf(machine string, at time.Time) {
	for key, o := range t.lasting {
		if of, _ := platform.SplitMachine(o.Process); of == machine {
			t.cut(o, at)
			delete(t.lasting, key)
		}
	}
}

// failover takes a failover. The gap of one that was published before it was known is
// filled in.
func (t *tale) failover(f platform.FailoverAt) {
	key := pending{f.Process, f.Signal, f.From, f.To, f.MSNBefore}
	waiting := t.pending[key]
	switch {
	case f.Pending:
		t.pending[key] = append(waiting, len(t.failovers))
	case len(waiting) > 0:
		i := waiting[0]
		t.pending[key] = waiting[1:]
		f.Time = t.failovers[i].Time
		t.failovers[i] = f
		return
	}
	t.failovers = append(t.failovers, f)
}

func (t *tale) outage(o platform.OutageAt) {
	key := o.Process + " " + o.Signal
	if was, lasted := t.lasting[key]; lasted && was.Since.Before(o.Since) {
		t.cut(was, o.Since) // its end is missing
	}
	delete(t.lasting, key)
	t.signal(o.Signal)
	if o.Lasts() {
		t.lasting[key] = o
		return
	}
	t.add(o, o.Until, o.Length(o.Until))
}

// add adds an outage that has ended.
func (t *tale) add(o platform.OutageAt, end time.Time, length time.Duration) {
	one := Outage{Outage: o.Outage, Viewer: o.Process, End: end, Length: length, Cause: o.Reason}
	if c, known := causeAt(t.causes, o.Since); known {
		one.Planned, one.Cause = c.planned, c.words
	}
	t.outages = append(t.outages, one)
}

// cut ends an outage at a time that no viewer reported.
func (t *tale) cut(o platform.OutageAt, at time.Time) {
	if at.Before(o.Since) {
		at = o.Since
	}
	t.add(o, at, o.Length(at))
}

// stop ends what lasts when the platform stops.
func (t *tale) stop(at time.Time) {
	for key, o := range t.lasting {
		t.cut(o, at)
		delete(t.lasting, key)
	}
	for _, l := range t.signals {
		l.end(at)
	}
}

// close ends the tale at the end of the journal; now is the end of the window.
func (t *tale) close(until, now time.Time) {
	if t.stopped.IsZero() && until.Before(now) {
		t.forget()
		t.lose(until)
		t.restarted = now
	}
	if t.restarted.IsZero() {
		t.restarted = now // it is still to come
	}
	t.forget()
	t.stop(until)
	if t.stopped.IsZero() {
		t.stopped, t.killed = until, true
	}
	if t.began && t.stopped.Before(now) && until.Before(now) {
		t.down = append(t.down, Down{Span{t.stopped, now}, t.killed})
	}
}

// outagesIn returns the outages that reach into a window, in order of time.
func (t *tale) outagesIn(w Span) []Outage {
	list := slices.DeleteFunc(t.outages, func(o Outage) bool { return !o.Since.Before(w.To) || !o.End.After(w.From) })
	slices.SortStableFunc(list, func(a, b Outage) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Signal, b.Signal))
	})
	return list
}
