package platform

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/event"
)

// Watched reports whether the layout runs a viewer, whose word the light is.
func (s Snapshot) Watched() bool {
	return slices.ContainsFunc(s.Processes, func(p Process) bool { return p.Role == layouts.Viewer })
}

// Process is the one of that name.
func (s Snapshot) Process(name string) (Process, bool) {
	i := slices.IndexFunc(s.Processes, func(p Process) bool { return p.Name == name })
	if i < 0 {
		return Process{}, false
	}
	return s.Processes[i], true
}

// OfRole are the processes of a role, in the order of the layout.
func (s Snapshot) OfRole(r layouts.Role) []Process {
	var list []Process
	for _, p := range s.Processes {
		if p.Role == r {
			list = append(list, p)
		}
	}
	return list
}

// URL is the process's base URL, as the platform's own services call it.
func (p Process) URL() string { return fmt.Sprintf("http://localhost:%d", p.Port) }

// Names are those of the processes that a may be asked of, in the layout's order;
// none for what is asked of the whole platform.
func (s Snapshot) Names(a Action) []string {
	var names []string
	for _, p := range s.Processes {
		switch {
		case a == Failover, a == Release, a == Hold && p.Role != layouts.Packager:
		default:
			names = append(names, p.Name)
		}
	}
	return names
}

// Packager is the name of the packager at a base URL: that of our process with
// its port, else its host and port.
func (s Snapshot) Packager(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	port, _ := strconv.Atoi(u.Port()) // 0 is no process's
	for _, p := range s.Processes {
		if port != 0 && p.Port == port && p.Role == layouts.Packager && dial.Reachable(u.Hostname()) == dial.Localhost {
			return p.Name
		}
	}
	return u.Host
}

// Playlist is the URL of a signal for players.
func (s Snapshot) Playlist(signal string) string {
	return s.PlayURL + "/" + url.PathEscape(signal) + "/playlist.m3u8"
}

// Held is the packager that is held, empty when none is.
func (s Snapshot) Held() string {
	for _, p := range s.Preferences {
		if p.Held {
			return s.Packager(p.Active)
		}
	}
	return ""
}

// PlayedFrom is the name of the packager that a signal is played from, with a mark where
// an operator holds it; empty while it is not known.
func (s Snapshot) PlayedFrom(signal string) string {
	p, ok := s.Active(signal)
	switch {
	case !ok:
		return ""
	case p.Held:
		return p.Name + " (held)"
	}
	return p.Name
}

// FilmList is a line for each file of the input folders, in order of name.
func (s Snapshot) FilmList() []FilmAt {
	var list []FilmAt
	for _, f := range s.Films {
		if n := len(list); n == 0 || list[n-1].File != f.File {
			list = append(list, f)
		} else if slices.Index(standing, f.State) < slices.Index(standing, list[n-1].State) {
			list[n-1] = f
		}
	}
	return list
}

// FilmOf is the film that is or would be a signal, as the best of those is.
func (s Snapshot) FilmOf(signal string) (FilmAt, bool) {
	best, found := FilmAt{}, false
	for _, f := range s.Films {
		if f.Signal == signal && (!found || slices.Index(standing, f.State) < slices.Index(standing, best.State)) {
			best, found = f, true
		}
	}
	return best, found
}

// OutageBy is the one of a signal that lasts by the word of a viewer; nil while none
// does.
func (s Snapshot) OutageBy(process, signal string) *event.Outage {
	for i := range s.Outages {
		if o := &s.Outages[i]; o.Lasts() && o.Process == process && o.Signal == signal {
			return &o.Outage
		}
	}
	return nil
}

// Outage is the one of a signal that lasts, the first to have begun by any viewer;
// nil while none does.
func (s Snapshot) Outage(signal string) *event.Outage {
	var first *event.Outage
	for i := range s.Outages {
		o := &s.Outages[i].Outage
		if o.Lasts() && o.Signal == signal && (first == nil || o.Since.Before(first.Since)) {
			first = o
		}
	}
	return first
}

// standing orders the states of a film by how well it is: what several workers say of
// one file is what the best of them says.
var standing = []event.FilmState{event.FilmAired, event.FilmWaiting, event.FilmRefused, event.FilmPassed, event.FilmGone}

func ProgressText(p *event.Progress) string {
	if p == nil {
		return ""
	}
	text := p.Stage
	if p.Signal != "" {
		text += " of " + p.Signal
	}
	if p.Percent < 0 {
		return text // it waits, or cannot tell how far it is
	}
	return fmt.Sprintf("making %s %.0f %%", text, p.Percent)
}

// OutagesShown is how many outages a status lists.
const OutagesShown = 5
