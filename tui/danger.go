package tui

import (
	"livestream-tui/procs/control"
	"livestream-tui/services/kit/report"
)

// danger says in words why an action would take the stream off air; empty where
// it would not, or where there is nothing to take off air.
func danger(s *scene, p *control.Process, a action) string {
	switch a {
	case actionKill, actionRestart, actionStop, actionPause:
	default:
		return ""
	}
	on, _ := s.light.Count()
	if !works(*p) || s.air.state == airStarting && on == 0 || s.air.state == airStopping {
		return ""
	}
	alone := true
	for _, o := range s.ofKind(kindOf(p.Service)) {
		if o.Name != p.Name && works(*o) {
			alone = false
		}
	}
	switch kindOf(p.Service) {
	case "worker":
		if alone {
			return p.Name + " is the only worker: no new pictures until it is back"
		}
	case "proxy":
		if alone {
			return "all players are connected to " + p.Name
		}
	case "packager":
		if onlyUsable(s, p.Name) {
			return p.Name + " is the only packager that can be used"
		}
	}
	return ""
}

// onlyUsable reports whether some signal has no packager but that one.
func onlyUsable(s *scene, name string) bool {
	others, signals := map[string]int{}, map[string]bool{}
	for _, p := range s.packagers {
		signals[p.signal] = true
		well := p.process == nil || works(*p.process)
		if p.known {
			well = well && (p.status.State == report.Up || p.status.State == report.Suspect)
		}
		if p.name != name && well {
			others[p.signal]++
		}
	}
	for signal := range signals {
		if others[signal] == 0 {
			return true
		}
	}
	return false
}
