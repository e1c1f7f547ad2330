package tui

import (
	"livestream-tui/procs/control"
	"livestream-tui/services/kit/report"
)

// link is how a way between two processes is.
type link uint8

const (
	linkWell link = iota
	linkActive
	linkWaiting // one end is on its way up
	linkPaused
	linkBroken
)

// linkOf is the way between two processes; nil stands for one that is not ours.
func linkOf(from, to *control.Process) link {
	l := linkWell
	for _, p := range []*control.Process{from, to} {
		switch {
		case p == nil:
		case p.Paused:
			l = max(l, linkPaused)
		case p.State == stateWaiting || p.State == stateStarting || p.State == stateRunning:
			l = max(l, linkWaiting)
		case !works(*p):
			l = linkBroken
		}
	}
	return l
}

// anyOf is the best of several: one that works, else the first; nil for none.
func anyOf(list []*control.Process) *control.Process {
	for _, p := range list {
		if works(*p) {
			return p
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return nil
}

// serving is the way from a packager to the proxy.
func (s *scene) serving(p packager, proxy *control.Process) link {
	l := linkOf(p.process, proxy)
	if l == linkWell && p.known {
		switch p.status.State {
		case report.Down, report.Stale, report.Misaligned:
			l = linkBroken
		case report.Up, report.Suspect, report.Lagging:
			if p.active {
				l = linkActive
			}
		}
	}
	return l
}

// fed is the way into a proxy: active when any packager's is.
func (d *drawing) fed(middle []packager, proxy *control.Process) link {
	best := linkOf(nil, proxy)
	if best != linkWell {
		return best
	}
	best = linkBroken
	for _, p := range middle {
		switch d.s.serving(p, proxy) {
		case linkActive:
			return linkActive
		case linkWell:
			best = linkWell
		case linkWaiting:
			best = min(best, linkWaiting)
		}
	}
	return best
}
