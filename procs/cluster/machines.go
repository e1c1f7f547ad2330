package cluster

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/clock"
	"livestream-tui/procs/platform"
	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/event"
)

// Machines returns what is known of all machines of the cluster, in order of name.
func (a *Agent) Machines() []platform.Machine {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.machines(time.Now())
}

// machines needs mu.
func (a *Agent) machines(now time.Time) []platform.Machine {
	offsets, several := a.offsets(now)
	packagers := map[string]map[string]string{} // names by URL, by machine
	for _, i := range a.table.Instances(layouts.Packager.String()) {
		if packagers[i.Machine] == nil {
			packagers[i.Machine] = map[string]string{}
		}
		packagers[i.Machine][i.URL] = i.Name
	}
	var list []platform.Machine
	for _, m := range a.table.Members() {
		one := platform.Machine{Name: m.Name, Address: m.Address, Packagers: packagers[m.Name]}
		if m.Name == a.id.Machine {
			one.Own, one.Heard = true, now.Round(0)
			a.describe(&one, a.duty.beat)
		} else if h := a.heard[m.Name]; h == nil || h.at.IsZero() {
			one.Reason = "not heard since this machine started"
		} else {
			one.Heard = h.at.Round(0)
			a.describe(&one, h.beat)
			switch silent := now.Sub(h.at).Round(time.Second); {
			case h.isHeard(now) && h.beat.Stopping:
				one.Reason = "it is being stopped"
			case h.isHeard(now):
			case h.beat.Stopping:
				one.State, one.Reason = platform.MachineStopped, fmt.Sprintf("stopped %s ago", silent)
			default:
				one.State, one.Reason = platform.MachineUnknown, fmt.Sprintf("not heard for %s", silent)
			}
		}
		if off, known := offsets[m.Name]; known && several {
			one.OffsetMS = milliseconds(off)
			if isOff(off, len(offsets)) && one.State.IsHeard() {
				one.Reason = cmp.Or(one.Reason, offWords(off))
			}
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(x, y platform.Machine) int { return strings.Compare(x.Name, y.Name) })
	return list
}

// describe fills in what a machine says of itself.
func (a *Agent) describe(m *platform.Machine, b cluster.Beat) {
	m.State, m.Reason = stateOf(b.Drain), b.Left
	m.Version, m.Layout, m.Load, m.CPUs = b.Version, b.Layout, b.Load, b.CPUs
	m.MemoryUsed, m.MemoryTotal, m.Engine, m.Working, m.Processes = b.MemoryUsed, b.MemoryTotal, string(b.Engine), b.Working, b.Processes
	for _, name := range slices.Sorted(maps.Keys(b.Links)) {
		m.Links = append(m.Links, platform.MachineLink{To: name, RTTms: b.Links[name].RTTms, OffsetMS: b.Links[name].OffsetMS})
	}
}

// offsets returns how far each clock is ahead of the median of those that are heard; several
// is false where there is no other. Needs mu.
func (a *Agent) offsets(now time.Time) (from map[string]time.Duration, several bool) {
	ahead := map[string]time.Duration{a.id.Machine: 0}
	for name, h := range a.heard {
		if t, ok := h.trips.Best(); ok && t.IsCertain() && h.isHeard(now) {
			ahead[name] = t.Offset
		}
	}
	return clock.Offsets(ahead), len(ahead) > 1
}

// isOff reports whether a clock is so far off the median of that many that an operator has to
// know. Of two clocks each is half of their difference off.
func isOff(off time.Duration, clocks int) bool {
	limit := clock.Warning
	if clocks < clock.Quorum {
		limit /= 2
	}
	return off.Abs() > limit
}

func offWords(off time.Duration) string {
	way := "ahead"
	if off < 0 {
		way = "behind"
	}
	return fmt.Sprintf("its clock is %s %s", off.Abs().Round(time.Millisecond), way)
}

// publishMachines gives the platform the machines, and announces which of them are no longer
// heard, and that the own clock is off.
func (a *Agent) publishMachines(platform.Snapshot) {
	now, patience := time.Now(), platform.MachineSilence
	if a.link.Health() != nil {
		patience = doubt // it may be the own engine that is away
	}
	var said []announcement
	a.mu.Lock()
	list := a.machines(now)
	for name, h := range a.heard {
		if !h.at.IsZero() && now.Sub(h.at) >= patience && !h.lost {
			h.lost, h.trips = true, nil
			lost := announcement{event.LevelWarn, "machine " + name + " is not heard: what it does is unknown"}
			if h.beat.Stopping {
				lost = announcement{event.LevelInfo, "machine " + name + " is stopped"}
			}
			said = append(said, lost)
		}
	}
	if offsets, several := a.offsets(now); several { // each machine announces its own clock
		name := a.id.Machine
		off, was := offsets[name], a.clockOff
		a.clockOff = isOff(off, len(offsets))
		switch {
		case a.clockOff && !was:
			said = append(said, announcement{event.LevelWarn, fmt.Sprintf("machine %s: %s, measured against most machines: see that chrony or systemd-timesyncd runs there", name, offWords(off))})
		case was && !a.clockOff:
			said = append(said, announcement{event.LevelInfo, "machine " + name + ": its clock is right again"})
		}
	}
	a.mu.Unlock()
	a.platform.SetMachines(list)
	for _, s := range said {
		a.platform.Announce(s.level, "", s.text)
	}
}

// doubt is how long a machine is not heard before that is announced, while the engine does not
// work.
const doubt = 10 * time.Second

type announcement struct {
	level event.Level
	text  string
}
