package onair

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

const (
	// grace is how much later than its target duration a segment may come.
	grace = time.Second
	// settling is how long after its start a process is not blamed for bringing nothing.
	settling = 10 * time.Second
	// selfMending is how long after the newest segment a worker is left to start FFmpeg anew by
	// itself, which it does after 6s without output.
	selfMending = 15 * time.Second
)

// drained returns a viewer's light of a signal that is on air or off air with what the
// signal lacks. One that is on air and gets no more media is off air soon.
func drained(s platform.Snapshot, v platform.ViewingAt, light platform.SignalAir) platform.SignalAir {
	if light.State != platform.AirOn && light.State != platform.AirOff {
		return light
	}
	light.LastSegment = v.MSNAt
	if light.State == platform.AirOn && v.Until.IsZero() {
		return light // a signal that ends, or a viewer that does not say how much it holds
	}
	cause, why := causeOf(s, v, light.State == platform.AirOff)
	if cause == "" {
		return light
	}
	if light.State == platform.AirOn {
		light.State, light.Since, light.Until, light.Reason = platform.AirOffSoon, time.Time{}, v.Until, why
	}
	light.Cause, light.Mends, light.By = cause, mends(s, v), blamed(s, v)
	return light
}

// causeOf returns why a signal gets no new media, and the same in words; empty when media
// comes, or may come any moment. off tells that the signal is off air.
func causeOf(s platform.Snapshot, v platform.ViewingAt, off bool) (platform.AirCause, string) {
	overdue := off || isLate(s, v, 1)
	usable, total := s.Usable(v.Signal)
	workers := workersOf(s, v.Signal)
	switch {
	case overdue && noneWorks(workers):
		return platform.NoWorker, text.Because("no new segment"+since(v.MSNAt), isText(workers[0]))
	case overdue && noneWorks(receiversOf(s, v.Signal)):
		return platform.NoReceiver, text.Because("no new segment"+since(v.MSNAt), isText(receiversOf(s, v.Signal)[0]))
	case total > 0 && usable == 0 && (overdue && !areStale(s, v.Signal) || noneWorks(packagersOf(s, v.Signal))):
		return platform.NoPackager, fmt.Sprintf("%d of %d packagers usable", usable, total)
	case overdue && noneWorks(proxiesOf(s, v)):
		return platform.NoProxy, isText(proxiesOf(s, v)[0])
	case overdue && hasFullDisk(s, v.Signal):
		return platform.DiskFull, "the worker's disk is full" + since(v.MSNAt)
	case off, isLate(s, v, 2), overdue && usable == 0 && total > 0:
		return platform.NoSegment, "no new segment" + since(v.MSNAt)
	}
	return "", ""
}

// hasFullDisk reports whether a signal's film waits until there is room on the disk, and no
// other worker airs it.
func hasFullDisk(s platform.Snapshot, signal string) bool {
	f, known := s.FilmOf(signal)
	return known && f.State == event.FilmWaiting && f.Cause == event.FilmDiskFull
}

// isLate reports whether a viewer's next segment is overdue by more than grace after that
// many target durations.
func isLate(s platform.Snapshot, v platform.ViewingAt, targets int64) bool {
	due := time.Duration(targets*v.TargetMS) * time.Millisecond
	return due > 0 && !v.MSNAt.IsZero() && s.At.Sub(v.MSNAt) > due+grace
}

// areStale reports whether all packagers of a signal answer and have no new segment: what
// they lack is not theirs to give.
func areStale(s platform.Snapshot, signal string) bool {
	return !slices.ContainsFunc(s.Packagers, func(p platform.Packager) bool {
		process, ours := s.Process(p.Name)
		return p.Signal == signal && (p.Status.State != report.Stale || ours && !process.Works())
	})
}

// workersOf returns the workers that air a signal; every worker when no film tells which.
func workersOf(s platform.Snapshot, signal string) []platform.Process {
	all := s.OfRole(layouts.Worker)
	airing := slices.DeleteFunc(slices.Clone(all), func(p platform.Process) bool {
		return !slices.ContainsFunc(s.Films, func(f platform.FilmAt) bool {
			return f.Process == p.Name && f.Signal == signal && f.State == event.FilmAired
		})
	})
	if len(airing) == 0 {
		return all
	}
	return airing
}

// packagersOf returns the processes of a signal's packagers; none when one of the packagers
// is not a process of this platform.
func packagersOf(s platform.Snapshot, signal string) []platform.Process {
	var list []platform.Process
	for _, p := range s.Packagers {
		if p.Signal != signal {
			continue
		}
		process, ours := s.Process(p.Name)
		if !ours {
			return nil
		}
		list = append(list, process)
	}
	return list
}

// proxiesOf returns the proxies of the machine that a viewer runs on: it plays through them.
func proxiesOf(s platform.Snapshot, v platform.ViewingAt) []platform.Process {
	machine, _ := platform.SplitMachine(v.Process)
	return slices.DeleteFunc(s.OfRole(layouts.Proxy), func(p platform.Process) bool {
		of, _ := platform.SplitMachine(p.Name)
		return of != machine
	})
}

// noneWorks reports whether there are processes, and none works.
func noneWorks(list []platform.Process) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, platform.Process.Works)
}

// mends returns the commands that bring media of a signal back: those that start what does
// not work where something is lacking, or else restart what brings nothing.
//
// There is none for a full disk, as no command makes room, nor for a worker that has brought
// nothing for a short while: it starts FFmpeg anew by itself, and its restart interrupts all
// its other signals.
func mends(s platform.Snapshot, v platform.ViewingAt) []platform.Command {
	var list []platform.Command
	signal := v.Signal
	lacks := false
	workers, proxies := workersOf(s, signal), proxiesOf(s, v)
	for _, role := range [][]platform.Process{receiversOf(s, signal), workers, packagersOf(s, signal), proxies} {
		if !noneWorks(role) {
			continue
		}
		lacks = true
		for _, p := range lastEndedFirst(role) {
			if a, helps := revives(p); helps {
				list = append(list, platform.Command{Process: p.Name, Action: a})
			}
		}
	}
	if lacks || hasFullDisk(s, signal) || slices.ContainsFunc(slices.Concat(workers, packagersOf(s, signal), proxies), func(p platform.Process) bool { return s.At.Sub(p.Started) < settling }) {
		return list
	}
	idle := proxies // the packagers have media, and it does not reach the viewer
	if usable, _ := s.Usable(signal); usable == 0 {
		if idle = workers; areStale(s, signal) && s.At.Sub(v.MSNAt) < selfMending {
			return nil
		}
	}
	for _, p := range idle {
		list = append(list, platform.Command{Process: p.Name, Action: platform.Restart})
	}
	return list
}

// killedFor is how long after a kill what is missing is the kill's doing.
const killedFor = 30 * time.Second

// blamed returns the latest command that is why a process does not work whose work a signal
// lacks; nil when there is none.
func blamed(s platform.Snapshot, v platform.ViewingAt) *platform.CommandedAt {
	signal := v.Signal
	var last *platform.CommandedAt
	for _, role := range [][]platform.Process{receiversOf(s, signal), workersOf(s, signal), packagersOf(s, signal), proxiesOf(s, v)} {
		if !noneWorks(role) {
			continue
		}
		for i := range s.Commands {
			c := &s.Commands[i]
			explains := slices.ContainsFunc(role, func(p platform.Process) bool {
				return p.Name == c.Process && (c.Action == platform.Pause && p.Paused || c.Action == platform.Stop && !p.Wanted ||
					(c.Action == platform.Kill || c.Action == platform.Restart) && s.At.Sub(c.Time) < killedFor)
			})
			if explains && (last == nil || c.Time.After(last.Time)) {
				last = c
			}
		}
	}
	return last
}

// revives returns the action that brings a process back that does not work; false when it
// comes back by itself.
func revives(p platform.Process) (platform.Action, bool) {
	switch {
	case p.Unheard: // its machine takes no command
	case p.Paused:
		return platform.Resume, true
	case p.State == platform.Failed, p.State == platform.Exited && p.Wanted:
		return platform.Restart, true
	case p.State == platform.Exited, p.State == platform.Stopping && !p.Wanted:
		return platform.Start, true
	}
	return 0, false
}

// lastEndedFirst returns the processes in order of their last end, the latest first.
func lastEndedFirst(list []platform.Process) []platform.Process {
	end := func(p platform.Process) (at time.Time) {
		if n := len(p.Exits); n > 0 {
			at = p.Exits[n-1].Time
		}
		return at
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b platform.Process) int { return end(b).Compare(end(a)) })
	return list
}

// isText says in which state a process is that does not work.
func isText(p platform.Process) string {
	word := "is " + p.State.String()
	switch {
	case p.Paused:
		word = "is paused"
	case p.State == platform.Exited && !p.Wanted:
		word = "is stopped"
	case p.State == platform.Exited:
		word = "has exited"
	case p.State == platform.Failed:
		word = "has failed"
	case p.State == platform.Backoff:
		word = "restarts"
	}
	return p.Name + " " + word
}
