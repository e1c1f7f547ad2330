package panel

import (
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/scene"
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
func linkOf(from, to *platform.Process) link {
	l := linkWell
	for _, p := range []*platform.Process{from, to} {
		switch {
		case p == nil:
		case p.Paused:
			l = max(l, linkPaused)
		case p.State == platform.Waiting || p.State == platform.Starting || p.State == platform.Running:
			l = max(l, linkWaiting)
		case !p.Works():
			l = linkBroken
		}
	}
	return l
}

// anyOf is the best of several: one that works, else the first; nil for none.
func anyOf(list []*platform.Process) *platform.Process {
	for _, p := range list {
		if p.Works() {
			return p
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return nil
}

// serving is the way from a packager to the proxy.
func serving(s *scene.Scene, p scene.Packager, proxy *platform.Process) link {
	l := linkOf(p.Process, proxy)
	if l == linkWell && p.Reported {
		switch p.Status.State {
		case report.Down, report.Stale, report.Misaligned:
			l = linkBroken
		case report.Up, report.Suspect, report.Lagging:
			if p.Active {
				l = linkActive
			}
		}
	}
	return l
}

// fed is the way into a proxy: active when any packager's is.
func (d *drawing) fed(middle []scene.Packager, proxy *platform.Process) link {
	best := linkOf(nil, proxy)
	if best != linkWell {
		return best
	}
	best = linkBroken
	for _, p := range middle {
		switch serving(d.s, p, proxy) {
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
