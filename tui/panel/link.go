package panel

import (
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// link is the state of the link between two processes. A higher value is worse, except
// that linkActive is better than linkWell.
type link uint8

const (
	linkWell link = iota
	linkActive
	linkWaiting // one end is starting
	linkPaused
	linkBroken
)

// stroke returns how the link is drawn.
func (l link) stroke() canvas.Stroke {
	switch l {
	case linkActive:
		return canvas.Stroke{Ink: canvas.InkGoodStrong, Weight: 2}
	case linkWaiting:
		return canvas.Stroke{Ink: canvas.InkFaint, Weight: 1}
	case linkPaused:
		return canvas.Stroke{Ink: canvas.InkWarn, Weight: 1}
	case linkBroken:
		return canvas.Stroke{Ink: canvas.InkBad, Weight: 1}
	}
	return canvas.Stroke{Ink: canvas.InkDim, Weight: 1}
}

// linkOf returns the link between two processes; nil stands for one that is not ours.
func linkOf(from, to *platform.Process) link {
	l := linkWell
	for _, p := range []*platform.Process{from, to} {
		switch {
		case p == nil, p.Unheard: // nothing is known of it
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

// anyOf returns a process that works, or else the first one; nil when the list is empty.
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

// serving returns the link from a packager to the proxy.
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

// fed returns the link into a proxy, which is active when that of any packager is.
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
