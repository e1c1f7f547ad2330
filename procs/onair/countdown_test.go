package onair

import (
	"slices"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// holding is a viewer that plays, holds media for eleven more seconds, and got its newest
// segment that long ago.
func holding(ago time.Duration) platform.ViewingAt {
	v := view("viewer", "live01", event.ViewPlaying, 500*time.Millisecond, 90*s)
	v.Until, v.MSNAt, v.TargetMS, v.MSN = noon.Add(11*s), noon.Add(-ago), 2000, 7
	return v
}

// change changes the process of a name.
func change(snapshot *platform.Snapshot, name string, by func(p *platform.Process)) {
	for i := range snapshot.Processes {
		if snapshot.Processes[i].Name == name {
			by(&snapshot.Processes[i])
		}
	}
}

func stopped(name string, ago time.Duration) func(*platform.Snapshot) {
	return func(snapshot *platform.Snapshot) {
		change(snapshot, name, func(p *platform.Process) {
			p.State, p.Wanted, p.Exits = platform.Exited, false, []platform.Ending{{Time: noon.Add(-ago)}}
		})
	}
}

func inState(name string, state platform.State) func(*platform.Snapshot) {
	return func(snapshot *platform.Snapshot) {
		change(snapshot, name, func(p *platform.Process) { p.State, p.Wanted = state, true })
	}
}

func paused(name string) func(*platform.Snapshot) {
	return func(snapshot *platform.Snapshot) {
		change(snapshot, name, func(p *platform.Process) { p.Paused = true })
	}
}

func reported(state report.State) func(*platform.Snapshot) {
	return func(snapshot *platform.Snapshot) {
		for i := range snapshot.Details[0].Packagers {
			snapshot.Details[0].Packagers[i].State = state
		}
	}
}

// waits has the worker wait with the film of the signal.
func waits(cause event.FilmCause) func(*platform.Snapshot) {
	return func(snapshot *platform.Snapshot) {
		snapshot.Films = []platform.FilmAt{{Process: "worker", Film: event.Film{File: "live01.mp4", Signal: "live01", State: event.FilmWaiting, Cause: cause}}}
	}
}

func TestTheLightCountsDownWhileNothingComes(t *testing.T) {
	restart := func(name string) platform.Command { return platform.Command{Process: name, Action: platform.Restart} }
	start := func(name string) platform.Command { return platform.Command{Process: name, Action: platform.Start} }
	resume := func(name string) platform.Command { return platform.Command{Process: name, Action: platform.Resume} }
	for name, c := range map[string]struct {
		ago    time.Duration // how old the newest segment is
		happen []func(*platform.Snapshot)
		cause  platform.AirCause // empty: it is on air
		reason string
		mends  []platform.Command
	}{
		"all is well":                      {ago: s},
		"a segment is a little late":       {ago: 4 * s},
		"one of two packagers is stopped":  {ago: s, happen: []func(*platform.Snapshot){stopped("server1", s)}},
		"both are stopped":                 {s, []func(*platform.Snapshot){stopped("server1", 9*s), stopped("server2", s)}, platform.NoPackager, "0 of 2 packagers usable", []platform.Command{start("server2"), start("server1")}},
		"one is killed, the other stopped": {s, []func(*platform.Snapshot){inState("server1", platform.Backoff), stopped("server2", s)}, platform.NoPackager, "0 of 2 packagers usable", []platform.Command{start("server2")}},
		"one has failed, the other is paused": {s, []func(*platform.Snapshot){inState("server1", platform.Failed), paused("server2")}, platform.NoPackager, "0 of 2 packagers usable",
			[]platform.Command{restart("server1"), resume("server2")}},
		"both are reported down, and media comes even so": {ago: s, happen: []func(*platform.Snapshot){reported(report.Down)}},
		"both are reported down, and none comes":          {4 * s, []func(*platform.Snapshot){reported(report.Down)}, platform.NoPackager, "0 of 2 packagers usable", []platform.Command{restart("worker")}},
		"the worker has just failed":                      {ago: s, happen: []func(*platform.Snapshot){inState("worker", platform.Failed)}},
		"the worker has failed": {4 * s, []func(*platform.Snapshot){inState("worker", platform.Failed), reported(report.Stale)}, platform.NoWorker,
			"no new segment since 11:59:56: worker has failed", []platform.Command{restart("worker")}},
		"the worker starts again": {4 * s, []func(*platform.Snapshot){inState("worker", platform.Starting)}, platform.NoWorker, "no new segment since 11:59:56: worker is starting", nil},
		"the worker is paused":    {4 * s, []func(*platform.Snapshot){paused("worker")}, platform.NoWorker, "no new segment since 11:59:56: worker is paused", []platform.Command{resume("worker")}},
		"the worker brings nothing, and starts FFmpeg anew by itself": {4 * s, []func(*platform.Snapshot){reported(report.Stale)}, platform.NoSegment,
			"no new segment since 11:59:56", nil},
		"the worker has brought nothing for long": {15 * s, []func(*platform.Snapshot){reported(report.Stale)}, platform.NoSegment,
			"no new segment since 11:59:45", []platform.Command{restart("worker")}},
		"the worker has no room": {4 * s, []func(*platform.Snapshot){reported(report.Stale), waits(event.FilmDiskFull)}, platform.DiskFull,
			"the worker's disk is full since 11:59:56", nil},
		"the worker had no room, and has": {15 * s, []func(*platform.Snapshot){reported(report.Stale), waits("")}, platform.NoSegment,
			"no new segment since 11:59:45", []platform.Command{restart("worker")}},
		"a full disk, and the worker has ended": {4 * s, []func(*platform.Snapshot){inState("worker", platform.Failed), waits(event.FilmDiskFull)}, platform.NoWorker,
			"no new segment since 11:59:56: worker has failed", []platform.Command{restart("worker")}},
		"the proxy restarts":   {ago: s, happen: []func(*platform.Snapshot){inState("proxy", platform.Backoff)}},
		"the proxy is stopped": {4 * s, []func(*platform.Snapshot){stopped("proxy", s)}, platform.NoProxy, "proxy is stopped", []platform.Command{start("proxy")}},
		"the proxy starts again, and has brought nothing yet": {6 * s, []func(*platform.Snapshot){func(snapshot *platform.Snapshot) {
			change(snapshot, "proxy", func(p *platform.Process) { p.Started = noon.Add(-3 * s) })
		}}, platform.NoSegment, "no new segment since 11:59:54", nil},
		"the proxy brings nothing": {6 * s, nil, platform.NoSegment, "no new segment since 11:59:54", []platform.Command{restart("proxy")}},
	} {
		t.Run(name, func(t *testing.T) {
			snapshot := healthy()
			snapshot.Viewings = []platform.ViewingAt{holding(c.ago)}
			for _, do := range c.happen {
				do(&snapshot)
			}
			o := Complete(snapshot).OnAir
			l, _, _ := o.Worst()
			want := platform.AirOn
			if c.cause != "" {
				want = platform.AirOffSoon
			}
			if o.State != want || l.Cause != c.cause || o.Reason != c.reason || !slices.Equal(l.Mends, c.mends) {
				t.Errorf("got %s, %q, %q, mends %v, want %s, %q, %q, %v", o.State, l.Cause, o.Reason, l.Mends, want, c.cause, c.reason, c.mends)
			}
			if c.cause != "" && (l.Left(noon) != 11*s || l.Left(noon.Add(100*time.Millisecond)) != 11*s || l.Left(noon.Add(s)) != 10*s || !l.LastSegment.Equal(noon.Add(-c.ago))) {
				t.Errorf("got %+v, want eleven seconds left", l)
			}
			if on, due := o.Count(); on != 1 || due != 1 {
				t.Errorf("got %d of %d on air, want the picture to count while it moves", on, due)
			}
			if c.cause == "" || c.ago < 2*s {
				return
			}
			snapshot.Viewings[0].State, snapshot.Viewings[0].Until = event.ViewStalled, time.Time{}
			if l, _, _ := Complete(snapshot).OnAir.Worst(); l.State != platform.AirOff || l.Cause != c.cause || !slices.Equal(l.Mends, c.mends) {
				t.Errorf("once it stands still: got %+v, want off air for the same cause", l)
			}
		})
	}
}

func TestNothingCountsDownThatDoesNotSayHowMuchItHolds(t *testing.T) {
	for name, by := range map[string]func(snapshot *platform.Snapshot){
		"a signal that ends, or an older viewer": func(snapshot *platform.Snapshot) { snapshot.Viewings[0].Until = time.Time{} },
		"a packager elsewhere, and media comes": func(snapshot *platform.Snapshot) {
			reported(report.Unknown)(snapshot)
			snapshot.Details[0].Packagers = []report.PackagerStatus{{URL: "http://elsewhere:80"}}
			snapshot.Processes = slices.DeleteFunc(snapshot.Processes, func(p platform.Process) bool { return p.Role == layouts.Packager })
		},
	} {
		snapshot := healthy()
		snapshot.Viewings = []platform.ViewingAt{holding(s)}
		stopped("server1", s)(&snapshot)
		stopped("server2", s)(&snapshot)
		by(&snapshot)
		if o := Complete(snapshot).OnAir; o.State != platform.AirOn {
			t.Errorf("%s: got %s, %q, want on air", name, o.State, o.Reason)
		}
	}
}

func TestTheFirstToEndCountsDown(t *testing.T) {
	snapshot := healthy()
	snapshot.Details = append(snapshot.Details, report.SignalStatus{Signal: "live02", Packagers: snapshot.Details[0].Packagers})
	other := holding(s)
	other.Signal, other.Until = "live02", noon.Add(5*s)
	longer := holding(s)
	longer.Process, longer.Until = "viewer2", noon.Add(8*s)
	snapshot.Viewings = []platform.ViewingAt{holding(s), longer, other}
	stopped("server1", s)(&snapshot)
	stopped("server2", s)(&snapshot)
	o := Complete(snapshot).OnAir
	worst, more, found := o.Worst()
	if !found || worst.Signal != "live02" || worst.Left(noon) != 5*s || more != 1 {
		t.Errorf("got %+v and %d more, want live02 first", worst, more)
	}
	if o.Signals[0].Left(noon) != 8*s {
		t.Errorf("got %s left of live01, want that of the viewer that holds least", o.Signals[0].Left(noon))
	}
}

func TestTheLastHour(t *testing.T) {
	ended := func(signal string, from, length time.Duration) platform.OutageAt {
		return platform.OutageAt{Outage: event.EndedOutageOf(signal, noon.Add(-from), noon.Add(-from).Add(length))}
	}
	var many []platform.OutageAt
	for i := range platform.OutagesMost {
		many = append(many, ended("live01", time.Duration(1000-i)*s, 500*time.Millisecond))
	}
	for name, c := range map[string]struct {
		shown   time.Duration // before noon
		outages []platform.OutageAt
		since   time.Duration
		off     time.Duration
		percent float64
	}{
		"no outage":                        {100 * s, nil, 100 * s, 0, 100},
		"a tenth":                          {100 * s, []platform.OutageAt{ended("live01", 50*s, 10*s)}, 100 * s, 10 * s, 90},
		"two signals at the same time":     {100 * s, []platform.OutageAt{ended("live01", 50*s, 10*s), ended("live02", 45*s, 10*s)}, 100 * s, 15 * s, 85},
		"one in another":                   {100 * s, []platform.OutageAt{ended("live01", 50*s, 30*s), ended("live02", 45*s, 5*s)}, 100 * s, 30 * s, 70},
		"one that lasts":                   {100 * s, []platform.OutageAt{outage("live01", 5*s)}, 100 * s, 5 * s, 95},
		"of a signal that is not due":      {100 * s, []platform.OutageAt{outage("live09", 5*s)}, 100 * s, 0, 100},
		"more than an hour":                {2 * time.Hour, []platform.OutageAt{ended("live01", time.Hour+10*s, 46*s)}, time.Hour, 36 * s, 99},
		"a moment is never nothing":        {time.Hour, []platform.OutageAt{ended("live01", 50*s, time.Millisecond)}, time.Hour, time.Millisecond, 99.99},
		"outages that are no longer known": {time.Hour, many, 1000 * s, 50 * s, 95},
	} {
		t.Run(name, func(t *testing.T) {
			snapshot := healthy()
			v := view("viewer", "live01", event.ViewPlaying, 0, 9*s)
			v.Shown = noon.Add(-c.shown)
			left := view("viewer", "live09", event.ViewStalled, 0, 9*s)
			left.Shown = noon.Add(-s)
			snapshot.Viewings, snapshot.Outages = []platform.ViewingAt{v, left}, c.outages
			snapshot.Dropped = []platform.DroppedAt{{Signal: "live09", Time: noon.Add(-time.Minute)}}
			o := Complete(snapshot).OnAir
			if h := o.LastHour; h == nil || noon.Sub(h.Since) != c.since || h.OffMS != c.off.Milliseconds() || h.Percent != c.percent {
				t.Errorf("got %+v, want %s since %s, %v %%", h, c.off, c.since, c.percent)
			}
		})
	}
	if o := Complete(healthy()).OnAir; o.LastHour != nil || o.LastOutage != nil {
		t.Errorf("before the first picture: got %+v", o)
	}
}

func TestTheLightNamesTheCommandThatTookTheMediaAway(t *testing.T) {
	commanded := func(process string, a platform.Action, ago time.Duration) platform.CommandedAt {
		return platform.CommandedAt{Time: noon.Add(-ago), Commanded: platform.Commanded{Process: process, Action: a, By: platform.Actor{Via: platform.ViaCtl, PID: 7}}}
	}
	for name, c := range map[string]struct {
		happen   []func(*platform.Snapshot)
		commands []platform.CommandedAt
		want     string // the process; empty for none
	}{
		"the last of two stops":             {[]func(*platform.Snapshot){stopped("server1", 9*s), stopped("server2", s)}, []platform.CommandedAt{commanded("server2", platform.Stop, s), commanded("server1", platform.Stop, 9*s)}, "server2"},
		"a kill, of the other that stopped": {[]func(*platform.Snapshot){inState("server1", platform.Backoff), stopped("server2", 99*s)}, []platform.CommandedAt{commanded("server1", platform.Kill, s), commanded("server2", platform.Stop, 99*s)}, "server1"},
		"a kill of long ago":                {[]func(*platform.Snapshot){inState("server1", platform.Backoff), inState("server2", platform.Failed)}, []platform.CommandedAt{commanded("server1", platform.Kill, 99*s)}, ""},
		"a command on what works":           {[]func(*platform.Snapshot){inState("server1", platform.Failed), inState("server2", platform.Failed)}, []platform.CommandedAt{commanded("proxy", platform.Restart, s)}, ""},
	} {
		snapshot := healthy()
		snapshot.Viewings, snapshot.Commands = []platform.ViewingAt{holding(s)}, c.commands
		for _, do := range c.happen {
			do(&snapshot)
		}
		l, _, _ := Complete(snapshot).OnAir.Worst()
		if got := l.By; l.State != platform.AirOffSoon || (got == nil) != (c.want == "") || got != nil && got.Process != c.want {
			t.Errorf("%s: got %+v, want %q", name, l, c.want)
		}
	}
}
