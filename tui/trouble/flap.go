package trouble

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

const (
	// flapWithin and flapTimes: a process that ends so often within that time flaps.
	flapWithin = 30 * time.Second
	flapTimes  = 3
)

// flap is a process that ends again and again.
type flap struct {
	times       int
	first, last time.Time
	// how is how it ended last.
	how string
}

// flapOf returns how a process flaps; false when it does not. It counts as the events do;
// where they are not known, by the latest ends that the process has.
func flapOf(s *scene.Scene, p *platform.Process) (flap, bool) {
	if !p.Wanted || p.Paused || p.Unheard {
		return flap{}, false
	}
	still := func(last time.Time) bool { return p.State == platform.Failed || s.Now.Sub(last) <= flapWithin }
	for _, h := range s.Past.Happened {
		if e, is := h.What.(platform.Exit); is && h.Process == p.Name {
			if e.Times < flapTimes || !still(h.At) {
				break
			}
			return flap{e.Times, e.Since, h.At, p.LastExit}, true
		}
	}
	// An end in order was most likely asked for, by a restart or an upgrade.
	exits := slices.DeleteFunc(slices.Clone(p.Exits), func(e platform.Ending) bool {
		return p.State != platform.Failed && (!still(e.Time) || e.Exit == platform.ExitSuccess)
	})
	if len(exits) < flapTimes {
		return flap{}, false
	}
	last := exits[len(exits)-1]
	return flap{len(exits), exits[0].Time, last.Time, last.How}, true
}

// trouble returns the trouble with a process that flaps.
func (f flap) trouble(s *scene.Scene, p *platform.Process) Trouble {
	often := fmt.Sprintf("%s ended %d times", canvas.Clean(p.Name), f.times)
	within := often + " in " + text.Brief(f.last.Sub(f.first))
	t := Trouble{About: p.Name, What: within, Since: f.first, Process: p.Name}
	if how := canvas.Clean(strings.TrimPrefix(f.how, "signal: ")); how != "" {
		t.What += ": " + how
	}
	if next := p.NextTry.Sub(s.Now); next > 0 {
		soon := ", next try in " + text.Brief(next)
		t.Brief = []string{within + soon}
		t.What += soon
	}
	t.Brief = append(t.Brief, within, often)
	return t
}

// flapping finds processes that end again and again.
func flapping(s *scene.Scene) []Trouble {
	var found []Trouble
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		f, flaps := flapOf(s, p)
		if !flaps {
			continue
		}
		t := f.trouble(s, p)
		switch others := working(s, p.Role); {
		case p.Works():
			t.Costs, t.Remedy = "it works now", seeWhy
		case p.Role != layouts.Packager && p.Role != layouts.Worker || others == 0:
		case others == 1:
			t.Means, t.Costs = "It ends soon after each start. If the other one fails, players stop.", lastOne
		default:
			t.Costs = "another one does its work"
		}
		found = append(found, t)
	}
	return found
}

// working returns how many processes of a role work.
func working(s *scene.Scene, role layouts.Role) int {
	n := 0
	for _, p := range s.OfRole(role) {
		if p.Works() {
			n++
		}
	}
	return n
}
