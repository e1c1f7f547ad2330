package scene

import (
	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// Danger says in words why an action would take the stream off air; empty where
// it would not, or where there is nothing to take off air.
func Danger(s *Scene, p *platform.Process, a platform.Action) string {
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
		if onlyUsable(s, p.Name) {
			return p.Name + " is the only packager that can be used"
		}
	}
	return ""
}

// onlyUsable reports whether some signal has no packager but that one.
func onlyUsable(s *Scene, name string) bool {
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
