package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/clock"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/procs/platform"
	"livestream-tui/services/cluster"
	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/event"
)

// duty is what this machine has to do beside what the operator of its processes says.
type duty struct {
	drain cluster.DrainState
	left  string
	// resting are the workers that the agent has stopped, aired what they aired.
	resting, aired []string
	// byDrain is set where they rest for a drain, not for the clock.
	byDrain bool
	beat    cluster.Beat // the last one
	// table is the sum of the table that all processes have.
	table string
}

// segmentUsual is how long a segment is taken to be.
const segmentUsual = 2 * time.Second

// lookAtDuties carries out a drain of this machine, and rests its workers while its clock is
// far off.
func (a *Agent) lookAtDuties(ctx context.Context) {
	// The table comes first: what was aired before a drain must be in the snapshot.
	_, drained := a.known().Drain(a.id.Machine)
	s, now := a.platform.Now(), time.Now()
	a.mu.Lock()
	off, far := a.isFarOff(now)
	alone := a.airedOnlyHere(s, now)
	var used []string
	if drained {
		used = a.usedElsewhere(s, now)
	}
	quorum := a.quorumNeeds(now)
	was := a.duty.drain
	again := a.workAgain(now, alone)
	a.duty.byDrain = drained
	a.mu.Unlock()

	why := ""
	switch {
	case len(alone) > 0: // nobody else would air them
	case drained:
		why = "stopped, since this machine is being drained and other workers air its signals"
	case far:
		why = fmt.Sprintf("stopped, since the clock of this machine is %s off and other workers air its signals", off.Abs().Round(time.Millisecond))
	}
	working := a.restWorkers(ctx, s, why, again)

	state, left := cluster.DrainState(""), ""
	if drained {
		state = cluster.Drained
		switch {
		case len(alone) > 0:
			left = "no other machine airs " + strings.Join(alone, ", ")
		case working:
			left = "its workers are stopping"
		case len(used) > 0:
			left = "players are still served from " + strings.Join(used, ", ")
		case quorum != "":
			left = quorum
		}
		if left != "" {
			state = cluster.Draining
		}
	}
	a.mu.Lock()
	a.duty.drain, a.duty.left = state, left
	a.mu.Unlock()
	switch {
	case state == cluster.Drained && was != state:
		a.platform.Announce(event.LevelInfo, "", "machine "+a.id.Machine+" is drained: it may be switched off")
	case was == cluster.Drained && state == cluster.Draining:
		a.platform.Announce(event.LevelWarn, "", "machine "+a.id.Machine+" must not be switched off now: "+left)
	}
}

// workAgain says why workers that have rested are started again. Needs mu.
func (a *Agent) workAgain(now time.Time, alone []string) string {
	offsets, _ := a.offsets(now)
	switch {
	case len(alone) > 0:
		return "started again, since no other machine airs " + strings.Join(alone, ", ")
	case a.duty.byDrain:
		return "started again, since the drain of this machine was taken back"
	case len(offsets) < clock.Quorum:
		return "started again, since fewer than three machines compare their clocks"
	}
	return "started again, since the clock of this machine is right again"
}

// isFarOff reports whether the own clock is so far off that the own workers must not work.
// Needs mu.
func (a *Agent) isFarOff(now time.Time) (off time.Duration, far bool) {
	offsets, _ := a.offsets(now)
	off = offsets[a.id.Machine]
	return off, len(offsets) >= clock.Quorum && off.Abs() > health.ClockMost(segmentUsual)
}

// airedOnlyHere returns the signals that no worker of another machine airs that is to stay.
// Those that the own workers aired before they rested are among them. Needs mu.
func (a *Agent) airedOnlyHere(s platform.Snapshot, now time.Time) []string {
	own := airedBy(s)
	if len(a.duty.resting) > 0 {
		own = slices.DeleteFunc(slices.Clone(a.duty.aired), func(signal string) bool { return !slices.Contains(s.SignalNames(), signal) })
	} else {
		a.duty.aired = own
	}
	own = slices.Clone(own)
	return slices.DeleteFunc(own, func(signal string) bool {
		for name, h := range a.heard {
			_, leaves := a.table.Drain(name)
			if h.isHeard(now) && !h.beat.Stopping && !leaves && slices.Contains(h.beat.Signals, signal) {
				return true
			}
		}
		return false
	})
}

// usedElsewhere returns the own packagers that players of any machine are served from. Needs
// mu.
func (a *Agent) usedElsewhere(s platform.Snapshot, now time.Time) []string {
	uses := usedBy(s)
	for _, h := range a.heard {
		if h.isHeard(now) {
			uses = append(uses, h.beat.Uses...)
		}
	}
	var list []string
	for _, i := range a.own.Instances {
		if i.Kind == layouts.Packager.String() && slices.Contains(uses, i.URL) {
			list = append(list, i.Name)
		}
	}
	return list
}

// quorumNeeds says why the engine of this machine is needed; empty where the others go on
// without it. Needs mu.
func (a *Agent) quorumNeeds(now time.Time) string {
	engines := registry.Engines(a.table.Members())
	if len(engines) < 2 || !registry.RunsEngine(a.table.Members(), a.id.Machine) {
		return ""
	}
	for _, m := range engines {
		if m.Name == a.id.Machine {
			continue
		}
		if a.drainsBefore(m.Name) {
			return "the engine would have no quorum without it: " + m.Name + " is drained too"
		}
		if _, leaves := a.table.Drain(m.Name); leaves {
			continue // it waits for this one
		}
		h := a.heard[m.Name]
		if !h.isHeard(now) || h.beat.Engine != cluster.EngineLeader && h.beat.Engine != cluster.EngineFollower {
			return "the engine needs this machine while that of " + m.Name + " does not work"
		}
	}
	return ""
}

// drainsBefore reports whether a machine is drained, and was before this one: of two that are
// drained at the same moment, the later one waits. Needs mu.
func (a *Agent) drainsBefore(machine string) bool {
	other, leaves := a.table.Drain(machine)
	own, also := a.table.Drain(a.id.Machine)
	if !leaves || !also || other.At.Equal(own.At) {
		return leaves && (!also || machine < a.id.Machine)
	}
	return other.At.Before(own.At)
}

// drainedEngine returns another machine that is drained and whose engine has to go on where
// that of a machine does not; empty for none.
func (a *Agent) drainedEngine(machine string) string {
	table := a.known()
	if !registry.RunsEngine(table.Members(), machine) {
		return ""
	}
	for _, m := range registry.Engines(table.Members()) {
		if _, leaves := table.Drain(m.Name); leaves && m.Name != machine {
			return m.Name
		}
	}
	return ""
}

// couldTakeOver reports whether a machine other than that one is heard, and not to be left.
func (a *Agent) couldTakeOver(machine string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.table.Members() {
		_, drained := a.table.Drain(m.Name)
		if m.Name != machine && !drained && (m.Name == a.id.Machine || a.heard[m.Name].isHeard(time.Now())) {
			return true
		}
	}
	return false
}

func (a *Agent) noMachine(name string) error {
	var names []string
	for _, m := range a.Members() {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return fmt.Errorf("no machine %q; there are %s", name, strings.Join(names, ", "))
}

// restWorkers stops the own workers for a reason, or starts those that it has stopped once
// there is none; again says why. working reports whether any works after that.
func (a *Agent) restWorkers(ctx context.Context, s platform.Snapshot, why, again string) (working bool) {
	a.mu.Lock()
	resting := slices.Clone(a.duty.resting)
	a.mu.Unlock()
	for _, p := range s.OfRole(layouts.Worker) {
		if p.Machine != a.id.Machine {
			continue
		}
		rests := slices.Contains(resting, p.Name)
		switch {
		case why != "" && !rests && p.Wanted:
			if a.platform.OwnStop(ctx, p.Name, true, why) == nil {
				resting = append(resting, p.Name)
			}
		case why == "" && rests:
			if !p.Wanted {
				_ = a.platform.OwnStop(ctx, p.Name, false, again) // an operator was faster
			}
			resting = slices.DeleteFunc(resting, func(name string) bool { return name == p.Name })
		}
		working = working || p.Works() || p.Wanted
	}
	a.mu.Lock()
	a.duty.resting = resting
	a.mu.Unlock()
	return working
}
