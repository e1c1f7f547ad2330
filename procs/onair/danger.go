package onair

import (
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// Danger says why an action on a process would take a signal off air, or have its audience see
// a slate. It is empty when the action would do neither, and when nothing is on air.
func Danger(s platform.Snapshot, process string, a platform.Action) string {
	switch a {
	case platform.Kill, platform.Restart, platform.Stop, platform.Pause:
	default:
		return ""
	}
	p, known := s.Process(process)
	if !known || !p.Works() || !mayPlay(s.OnAir) {
		return ""
	}
	switch p.Role {
	case layouts.Receiver:
		if names := liveOnAir(s); len(names) > 0 && isAlone(s, p) {
			return interrupted(p.Name, strings.Join(names, ", "), a)
		}
	case layouts.Worker:
		if isAlone(s, p) {
			return p.Name + " is the only worker: no new pictures until it is back"
		}
	case layouts.Proxy:
		// A proxy that is restarted hands its players over to the next one.
		if isAlone(s, p) && a != platform.Restart {
			if !p.IsOwn() {
				return "all players of machine " + p.Machine + " are connected to " + p.Name
			}
			return "all players are connected to " + p.Name
		}
	case layouts.Packager:
		if isOnlyUsable(s, p.Name) {
			return p.Name + " is the only usable packager"
		}
	}
	return ""
}

// interrupted says what becomes of live signals without their only receiver. One that comes
// back bridges the time with its slate, in which players play what they hold.
func interrupted(receiver, signals string, a platform.Action) string {
	if !comesBack(a) {
		return receiver + " takes in " + signals + ": players play what they hold, then stand still until it is back"
	}
	return receiver + " takes in " + signals + ": players see a slate from when it is back until an encoder has connected again"
}

// comesBack reports whether a process is back by itself after an action.
func comesBack(a platform.Action) bool { return a == platform.Kill || a == platform.Restart }

// Bridged reports whether the audience sees a slate, rather than nothing new, by what Danger
// warns of.
func Bridged(s platform.Snapshot, process string, a platform.Action) bool {
	p, known := s.Process(process)
	return known && p.Role == layouts.Receiver && comesBack(a) && Danger(s, process, a) != ""
}

// liveOnAir returns the names of the live signals that are on air, as far as is known.
func liveOnAir(s platform.Snapshot) []string {
	var names []string
	for _, l := range s.LiveSignals {
		if l.OnAir {
			names = append(names, l.Name)
		}
	}
	return names
}

// mayPlay reports whether a signal is on air, as far as is known.
func mayPlay(o platform.OnAir) bool {
	if o.State == platform.AirStopping {
		return false
	}
	on, _ := o.Count()
	return on > 0 || o.State == platform.AirOn || o.State == platform.AirUnknown || len(o.InState(platform.AirUnknown)) > 0
}

// isAlone reports whether no other process of the same role works: of a proxy on its machine,
// since each machine has players of its own.
func isAlone(s platform.Snapshot, p platform.Process) bool {
	for _, o := range s.OfRole(p.Role) {
		if p.Role == layouts.Proxy && o.Machine != p.Machine {
			continue
		}
		if o.Name != p.Name && o.Works() {
			return false
		}
	}
	return true
}

// isOnlyUsable reports whether a signal has that packager and no other usable one.
func isOnlyUsable(s platform.Snapshot, packager string) bool {
	others, served := map[string]bool{}, map[string]bool{}
	for _, p := range s.Packagers {
		switch {
		case !p.Usable:
		case p.Name == packager:
			served[p.Signal] = true
		default:
			others[p.Signal] = true
		}
	}
	for signal := range served {
		if !others[signal] {
			return true
		}
	}
	return false
}

// Revival returns the action that brings a process back which does not work; false when it
// comes back by itself, or works.
func Revival(p platform.Process) (platform.Action, bool) {
	if p.Works() {
		return 0, false
	}
	return revives(p)
}
