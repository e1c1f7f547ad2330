package view

import (
	"cmp"
	"slices"
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
)

// merged is the latest snapshot of all machines, which is made once for all clients.
type merged struct {
	of       moment
	snapshot platform.Snapshot
}

// moment is what a merged snapshot is made of.
type moment struct {
	version, changes uint64
	at               time.Time
}

// merge returns the own machine's snapshot with what is known of the other machines. Needs mu.
func (v *View) merge(own platform.Snapshot) platform.Snapshot {
	of := moment{own.Version, v.changes, own.At}
	if v.merged.of == of && v.merged.snapshot.Started.Equal(own.Started) {
		return v.merged.snapshot
	}
	s := own
	s.Version += v.changes
	s.Processes = slices.Clone(own.Processes)
	for i := range s.Processes {
		s.Processes[i].Machine = cmp.Or(s.Processes[i].Machine, v.o.Machine)
	}
	now := v.clock()
	for _, m := range own.Machines {
		if o := v.others[m.Name]; o != nil && !m.Own && !o.snapshot.At.IsZero() {
			join(&s, o, m, !m.State.IsHeard() || now.Sub(o.heard) > platform.MachineSilence)
		}
	}
	if len(own.Machines) > 1 {
		s = onair.Complete(s)
	}
	v.merged = merged{of, s}
	return s
}

// join adds what is known of another machine. Of one that is not heard only its processes
// and what has ended are added: nobody knows what its audience sees.
func join(s *platform.Snapshot, o *other, m platform.Machine, isUnheard bool) {
	name := func(process string) string { return platform.OnMachine(m.Name, process) }
	for _, p := range o.snapshot.Processes {
		p.Status = statusOf(p.Status, m.Name, o.ahead)
		p.Machine, p.Unheard = m.Name, isUnheard
		s.Processes = append(s.Processes, p)
	}
	s.Outages = slices.Clone(s.Outages)
	for _, out := range o.snapshot.Outages {
		if isUnheard && out.Lasts() {
			continue
		}
		out.Process, out.Time, out.Since, out.Until = name(out.Process), corrected(out.Time, o.ahead), corrected(out.Since, o.ahead), corrected(out.Until, o.ahead)
		s.Outages = append(s.Outages, out)
	}
	slices.SortStableFunc(s.Outages, func(a, b platform.OutageAt) int { return a.Time.Compare(b.Time) })
	if isUnheard {
		return
	}
	s.Viewings, s.Films, s.Commands, s.Degraded = slices.Clone(s.Viewings), slices.Clone(s.Films), slices.Clone(s.Commands), slices.Clone(s.Degraded)
	for _, v := range o.snapshot.Viewings {
		v.Process, v.Time, v.Since, v.Shown = name(v.Process), corrected(v.Time, o.ahead), corrected(v.Since, o.ahead), corrected(v.Shown, o.ahead)
		v.Until, v.MSNAt = corrected(v.Until, o.ahead), corrected(v.MSNAt, o.ahead)
		s.Viewings = append(s.Viewings, v)
	}
	for _, f := range o.snapshot.Films {
		f.Process, f.Time = name(f.Process), corrected(f.Time, o.ahead)
		s.Films = append(s.Films, f)
	}
	slices.SortStableFunc(s.Films, func(a, b platform.FilmAt) int { return cmp.Compare(a.File, b.File) })
	for _, c := range o.snapshot.Commands {
		c.Process, c.Time, c.By = name(c.Process), corrected(c.Time, o.ahead), actorOf(c.By, m.Name)
		s.Commands = append(s.Commands, c)
	}
	for _, d := range o.snapshot.Degraded {
		d.Process, d.Time = name(d.Process), corrected(d.Time, o.ahead)
		s.Degraded = append(s.Degraded, d)
	}
}

// statusOf returns the state of a process of another machine as it is shown on this one.
func statusOf(s platform.Status, machine string, ahead time.Duration) platform.Status {
	s.Name, s.Started, s.NextTry = platform.OnMachine(machine, s.Name), corrected(s.Started, ahead), corrected(s.NextTry, ahead)
	s.Exits = slices.Clone(s.Exits)
	for i := range s.Exits {
		s.Exits[i].Time = corrected(s.Exits[i].Time, ahead)
	}
	return s
}
