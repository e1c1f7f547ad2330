package trouble

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// down returns the processes of a role that do not work; all tells that none of the role
// does. One that is starting for the first time is not down.
func down(s *scene.Scene, role layouts.Role) (list []*platform.Process, all bool) {
	works := false
	for _, p := range s.OfRole(role) {
		switch {
		case p.Works():
			works = true
		case p.Unheard, isLeft(s, p): // that is the machine's trouble, or none
		case p.Paused || p.Incarnation > 1 || p.State == platform.Backoff || p.State == platform.Failed || p.State == platform.Exited || p.State == platform.Stopping:
			list = append(list, p)
		}
	}
	return list, !works && len(list) > 0
}

// allDown finds the processes of a role while none works. The first is that which the light
// offers to mend; it names the others, too.
func allDown(role layouts.Role) func(*scene.Scene) []Trouble {
	return func(s *scene.Scene) []Trouble {
		list, all := down(s, role)
		if !all {
			return nil
		}
		ordered := slices.Clone(list)
		if worst, _, found := s.Light.Worst(); found {
			mend, _ := s.Mend(worst)
			place := func(p *platform.Process) int {
				if p.Name == mend.Process {
					return -1
				}
				i := slices.IndexFunc(worst.Mends, func(c platform.Command) bool { return c.Process == p.Name })
				if i < 0 {
					return len(worst.Mends)
				}
				return i
			}
			slices.SortStableFunc(ordered, func(a, b *platform.Process) int { return cmp.Compare(place(a), place(b)) })
		}
		found := downs(s, ordered, "")
		if len(list) > 1 {
			found[0].What, found[0].By, found[0].Brief = together(s, list), commonBy(found), nil
			for i, other := range found[1:] {
				found[1+i].Told = true
				if other.Since.After(found[0].Since) {
					found[0].Since = other.Since
				}
			}
		}
		return found
	}
}

// together says in which states processes are: "server1 and server2 stopped".
func together(s *scene.Scene, list []*platform.Process) string {
	names := map[string][]string{} // by word
	var words, parts []string
	for _, p := range list {
		word := wordOf(s, p)
		if names[word] == nil {
			words = append(words, word)
		}
		names[word] = append(names[word], p.Name)
	}
	for _, word := range words {
		parts = append(parts, listed(names[word])+" "+word)
	}
	return strings.Join(parts, ", ")
}

// commonBy returns who brought about all of them; empty when that was not one.
func commonBy(list []Trouble) string {
	for _, t := range list {
		if t.By != list[0].By {
			return ""
		}
	}
	return list[0].By
}

// oneDown finds processes that do not work while others of their role do.
func oneDown(roles ...layouts.Role) func(*scene.Scene) []Trouble {
	return func(s *scene.Scene) []Trouble {
		var found []Trouble
		for _, role := range roles {
			if list, all := down(s, role); !all {
				found = append(found, downs(s, list, "")...)
			}
		}
		return found
	}
}

// downs returns a trouble for each process.
func downs(s *scene.Scene, list []*platform.Process, before string) []Trouble {
	var found []Trouble
	for _, p := range list {
		t := Trouble{About: p.Name, What: stateOf(s, p), Since: downSince(s, p), Process: p.Name, Remedy: remedyOf(p), By: commandedBy(s, p)}
		if f, flaps := flapOf(s, p); flaps {
			t = f.trouble(s, p)
			t.Remedy = seeLogs
		}
		if p.Misconfigured() {
			t.What, t.By, t.Brief, t.Remedy = hasBadConfiguration(p), "", nil, seeConfiguration
		}
		t.What = before + t.What
		for i := range t.Brief {
			t.Brief[i] = before + t.Brief[i]
		}
		found = append(found, t)
	}
	return found
}

// remedyOf returns what brings a process back.
func remedyOf(p *platform.Process) Remedy {
	a, needs := scene.Revival(p)
	switch {
	case !needs:
		return hurry
	case a == platform.Start:
		return start
	case a == platform.Resume:
		return resume
	}
	return restart
}

// stateOf says in which state a process is, and why.
func stateOf(s *scene.Scene, p *platform.Process) string {
	word := wordOf(s, p)
	if why := s.WhyNow(p); why != "" && p.State != platform.Exited && !p.Paused && word != "killed" {
		word += ", " + why
	}
	return canvas.Clean(p.Name) + " " + word
}

// wordOf says in a word in which state a process is.
func wordOf(s *scene.Scene, p *platform.Process) string {
	switch c, known := commandOn(s, p); {
	case known && c.Action == platform.Kill:
		return "killed"
	case p.State == platform.Exited && !p.Wanted:
		return "stopped"
	}
	_, word, _ := s.ProcessMark(p)
	return word
}

// killedFor is how long after a kill it is told as why a process is down.
const killedFor = 30 * time.Second

// commandOn returns the command that is why a process is down; false when none is.
func commandOn(s *scene.Scene, p *platform.Process) (platform.CommandedAt, bool) {
	for _, c := range s.Snapshot.Commands {
		if c.Process != p.Name {
			continue
		}
		switch c.Action {
		case platform.Pause:
			return c, p.Paused
		case platform.Stop:
			return c, !p.Wanted && !p.Paused
		case platform.Kill:
			return c, p.Wanted && !p.Paused && !p.Works() && s.Now.Sub(c.Time) < killedFor
		}
	}
	return platform.CommandedAt{}, false
}

// commandedBy returns who gave the command that is why a process is down, as in "root (ctl)";
// empty when none is, or nobody knows.
func commandedBy(s *scene.Scene, p *platform.Process) string {
	c, known := commandOn(s, p)
	if !known {
		return ""
	}
	user, way := canvas.Clean(c.By.User), canvas.Clean(string(c.By.Via))
	switch {
	case way == "":
		return user
	case user == "":
		return "a " + way
	}
	return user + " (" + way + ")"
}

// downSince returns since when a process does not work; zero while that is not known.
func downSince(s *scene.Scene, p *platform.Process) time.Time {
	if p.Paused {
		for _, c := range s.Snapshot.Commands {
			if c.Process == p.Name && c.Action == platform.Pause {
				return c.Time
			}
		}
		return time.Time{}
	}
	if n := len(p.Exits); n > 0 {
		return p.Exits[n-1].Time
	}
	return time.Time{}
}

// misconfigured finds processes that will not be started again, as their configuration is
// bad.
func misconfigured(s *scene.Scene) []Trouble {
	var found []Trouble
	for i := range s.Snapshot.Processes {
		if p := &s.Snapshot.Processes[i]; p.Misconfigured() && !p.Unheard {
			found = append(found, Trouble{About: p.Name, What: hasBadConfiguration(p), Since: downSince(s, p), Process: p.Name})
		}
	}
	return found
}

func hasBadConfiguration(p *platform.Process) string {
	return canvas.Clean(p.Name) + " has a bad configuration"
}
