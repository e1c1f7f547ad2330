package tui

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// trouble is something that is wrong now.
type trouble struct {
	// about tells it from all others: the name of a process, signal or file.
	about string
	// what it is, what it means, and what mends it.
	what, means, mend string
	// key is the name of the key that mends it, process the one to press it on; both are
	// empty where no key does.
	key, process string
}

// troubles is the table of bad states, the worst first. Each row finds those of its kind. A
// new one is a row here.
func troubles() []func(*scene.Scene) []trouble {
	return []func(*scene.Scene) []trouble{
		noProxy,
		noPackager,
		noWorker,
		staleSignals,
		flapping,
		noSpare,
		hindered,
		refusedFilms,
		otherProcesses,
		passedThroughPlaylists,
	}
}

// troublesOf returns what is wrong now, the worst first. What several rows find is told once.
func troublesOf(s *scene.Scene) []trouble {
	var list []trouble
	if s.Light.State == platform.AirStopping {
		return nil
	}
	for _, find := range troubles() {
		for _, t := range find(s) {
			if !slices.ContainsFunc(list, func(o trouble) bool { return o.about == t.about }) {
				list = append(list, t)
			}
		}
	}
	return list
}

// down returns the processes of a role that do not work; all tells that none of the role
// does. One that is starting for the first time is not down.
func down(s *scene.Scene, role layouts.Role) (list []*platform.Process, all bool) {
	works := false
	for _, p := range s.OfRole(role) {
		switch {
		case p.Works():
			works = true
		case p.Paused || p.Incarnation > 1 || p.State == platform.Backoff || p.State == platform.Failed || p.State == platform.Exited || p.State == platform.Stopping:
			list = append(list, p)
		}
	}
	return list, !works && len(list) > 0
}

// mendOf returns the key that brings a process back, and what it does.
func mendOf(p *platform.Process) (key, words string) {
	a, needs := scene.Revival(p)
	name := canvas.Clean(p.Name)
	if !needs {
		return "restart", "restarts " + name + " at once; it also comes back by itself"
	}
	switch a {
	case platform.Start:
		return "stop", "starts " + name
	case platform.Resume:
		return "pause", "resumes " + name
	}
	return "restart", "restarts " + name
}

// stateOf says in which state a process is, and why.
func stateOf(s *scene.Scene, p *platform.Process) string {
	_, word, _ := s.ProcessMark(p)
	if p.State == platform.Exited && !p.Wanted {
		word = "stopped"
	}
	if why := scene.Reason(p); why != "" && p.State != platform.Exited && !p.Paused {
		word += ", " + why
	}
	return canvas.Clean(p.Name) + " " + word
}

// downs returns a trouble for each process.
func downs(s *scene.Scene, list []*platform.Process, means string) []trouble {
	var found []trouble
	for _, p := range list {
		key, mend := mendOf(p)
		found = append(found, trouble{p.Name, stateOf(s, p), means, mend, key, p.Name})
	}
	return found
}

func noProxy(s *scene.Scene) []trouble {
	list, all := down(s, layouts.Proxy)
	if !all {
		return downs(s, list, "Another proxy serves players: those of this one have to come again.")
	}
	return downs(s, list, "Players get nothing: they play what they hold, then stand still.")
}

func noPackager(s *scene.Scene) []trouble {
	list, all := down(s, layouts.Packager)
	if !all {
		return nil
	}
	return downs(s, list, "No packager is left: players play what they hold, then stand still.")
}

func noWorker(s *scene.Scene) []trouble {
	list, all := down(s, layouts.Worker)
	if !all {
		return downs(s, list, "The other worker goes on: there is no spare if it fails, too.")
	}
	return downs(s, list, "No new pictures come: players play what they hold, then stand still.")
}

// staleSignals finds signals that get no new segment although the processes work.
func staleSignals(s *scene.Scene) []trouble {
	if _, all := down(s, layouts.Worker); all {
		return nil
	}
	if _, all := down(s, layouts.Packager); all {
		return nil
	}
	var found []trouble
	for i := range s.Signals {
		v := &s.Signals[i]
		if v.Kind != scene.SignalAired || v.Light == nil || !v.Light.Due {
			continue
		}
		t := trouble{about: "signal " + v.ID, means: "Its worker gives no new segment: players will stand still."}
		switch {
		case v.Usable == 0 && isStale(v):
			t.what = v.Name + " is stale at every packager"
		case v.Light.Cause == platform.NoSegment:
			t.what = v.Name + " has no new segment"
			if v.Usable > 0 {
				t.means = "The packagers have new segments, and they do not reach the viewer."
			}
		default:
			continue
		}
		if workers := s.OfRole(layouts.Worker); len(workers) > 0 {
			t.process = workers[0].Name
		}
		if len(v.Light.Mends) > 0 {
			t.process = v.Light.Mends[0].Process
		}
		if t.key, t.mend = "restart", "restarts "+canvas.Clean(t.process)+"; its logs say why (l)"; t.process == "" {
			t.key, t.mend = "", "The source of this signal is elsewhere: it has to be mended there."
		}
		found = append(found, t)
	}
	return found
}

func isStale(v *scene.Signal) bool {
	return slices.ContainsFunc(v.Packagers, func(p *scene.Packager) bool { return p != nil && p.Status.State == report.Stale })
}

const (
	// flapWithin and flapTimes: a process that ends so often within that time flaps.
	flapWithin = 30 * time.Second
	flapTimes  = 3
)

// flapping finds processes that end again and again.
func flapping(s *scene.Scene) []trouble {
	var found []trouble
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		recent := slices.DeleteFunc(slices.Clone(p.Exits), func(e platform.Ending) bool { return s.Now.Sub(e.Time) > flapWithin })
		if n := len(recent); p.Wanted && n >= flapTimes {
			first, last := recent[0], recent[n-1]
			found = append(found, trouble{
				about: p.Name, what: fmt.Sprintf("%s ended %d times in %s: %s", canvas.Clean(p.Name), n, text.Brief(last.Time.Sub(first.Time)), canvas.Clean(last.How)),
				means: "It ends soon after each start, and waits longer before the next.",
				mend:  "shows its logs, which say why; stop it (s) until that is mended", key: "logs", process: p.Name,
			})
		}
	}
	return found
}

// noSpare finds packagers without which there is no spare.
func noSpare(s *scene.Scene) []trouble {
	var found []trouble
	list, all := down(s, layouts.Packager)
	if all {
		return nil
	}
	for _, t := range downs(s, list, "") {
		t.what, t.means = "no spare: "+t.what, "If the other packager fails, too, players stand still."
		found = append(found, t)
	}
	for _, p := range s.Packagers {
		// One that is stale like all others lacks what the worker does not give.
		if p.Usable || !p.Reported || p.Process != nil && !p.Process.Works() || usableOf(s, p.Label) == 0 {
			continue
		}
		t := trouble{
			about: p.Title, what: fmt.Sprintf("no spare: %s is %s for %s", p.Title, p.Status.State, p.Label),
			means: "If the other packager fails, too, players stand still.",
			mend:  "It has to be mended where it runs: it is no process of this platform.",
		}
		if why := p.Reason(); why != "" {
			t.what += ": " + why
		}
		if p.Process != nil {
			t.key, t.process, t.mend = "restart", p.Process.Name, "restarts "+p.Title
		}
		found = append(found, t)
	}
	return found
}

func usableOf(s *scene.Scene, signal string) int {
	n := 0
	for _, p := range s.Packagers {
		if p.Label == signal && p.Usable {
			n++
		}
	}
	return n
}

// hindered finds processes that run and say why they cannot do their work, such as a full
// disk, and films that were on air and are not for such a reason.
func hindered(s *scene.Scene) []trouble {
	var found []trouble
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		if p.State == platform.Degraded && !p.Paused {
			found = append(found, trouble{
				about: p.Name, what: stateOf(s, p),
				means: "It runs, and cannot do all its work for the reason that it names.",
				mend:  "shows its folders. It goes on by itself once the cause has gone", key: "details", process: p.Name,
			})
		}
	}
	for i := range s.Signals {
		v := &s.Signals[i]
		if v.Film != nil && v.Film.State == event.FilmWaiting && v.Light != nil && v.Light.State != platform.AirStarting && v.Light.State != platform.AirOn && v.Film.Reason != "" {
			found = append(found, trouble{
				about: "signal " + v.ID, what: v.Name + " waits: " + canvas.Clean(v.Film.Reason),
				means: "Its worker cannot air it now, and tries again by itself.",
				mend:  "shows the worker's folders. Make room where the reason says", key: "details", process: v.Film.Process,
			})
		}
	}
	return found
}

func refusedFilms(s *scene.Scene) []trouble {
	var found []trouble
	for i := range s.Signals {
		v := &s.Signals[i]
		if v.Kind != scene.SignalRefused {
			continue
		}
		found = append(found, trouble{
			about: "film " + v.Film.File, what: canvas.Clean(v.Film.File) + " is refused: " + canvas.Clean(v.Film.Reason),
			means: "It is not on air, and will not be as it is. The other signals go on.",
			mend:  "Copy another version into the input folder: it is taken at once.",
		})
	}
	return found
}

// otherProcesses finds those of the control plane, and the viewer.
func otherProcesses(s *scene.Scene) []trouble {
	var found []trouble
	for _, c := range []struct {
		role  layouts.Role
		means string
	}{
		{layouts.Viewer, "Nobody watches: the light cannot say what players see."},
		{layouts.Origin, "Nobody prefers a packager, and f and h do nothing. Players play on."},
		{layouts.Reporter, "Nobody knows which packagers are usable. Players play on."},
		{layouts.Discovery, "Nobody asks the packagers how they are. Players play on."},
	} {
		list, all := down(s, c.role)
		if !all {
			c.means = "Another one does its work: there is no spare if that fails, too."
		}
		found = append(found, downs(s, list, c.means)...)
	}
	return found
}

func passedThroughPlaylists(s *scene.Scene) []trouble {
	var found []trouble
	for _, d := range s.Snapshot.Degraded {
		found = append(found, trouble{
			about: "playlist " + d.Playlist, what: canvas.Clean(d.Playlist) + " is " + canvas.Clean(string(d.Mode)) + ": " + canvas.Clean(d.Reason),
			means: "It plays, but its players notice a failover.",
			mend:  "No key mends it: its packagers have to serve it otherwise.",
		})
	}
	return found
}
