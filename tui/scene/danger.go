package scene

import (
	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// Danger says why an action on a process would take the stream off air. It is empty when
// the action would not, or when nothing is on air.
func (s *Scene) Danger(p *platform.Process, a platform.Action) string {
	switch a {
	case platform.Kill, platform.Restart, platform.Stop, platform.Pause:
	default:
		return ""
	}
	on, _ := s.Light.Count()
	if !p.Works() || s.Light.State == platform.AirStarting && on == 0 || s.Light.State == platform.AirStopping {
		return ""
	}
	alone := true
	for _, o := range s.OfRole(p.Role) {
		if o.Name != p.Name && o.Works() {
			alone = false
		}
	}
	switch p.Role {
	case layouts.Worker:
		if alone {
			return p.Name + " is the only worker: no new pictures until it is back"
		}
	case layouts.Proxy:
		if alone {
			return "all players are connected to " + p.Name
		}
	case layouts.Packager:
		if s.onlyUsable(p.Name) {
			return p.Name + " is the only usable packager"
		}
	}
	return ""
}

// onlyUsable reports whether some signal has no other usable packager.
func (s *Scene) onlyUsable(name string) bool {
	others, signals := map[string]int{}, map[string]bool{}
	for _, p := range s.Packagers {
		signals[p.Label] = true
		if p.Title != name && p.Usable {
			others[p.Label]++
		}
	}
	for signal := range signals {
		if others[signal] == 0 {
			return true
		}
	}
	return false
}
