package onair

import (
	"slices"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// packagers lists every packager of every signal, in the order of the reports. Packagers of
// this platform that no report contains follow; without reports they are the whole list.
func packagers(s platform.Snapshot) []platform.Packager {
	var ours []platform.Packager
	for _, p := range s.Processes {
		if p.Role == layouts.Packager {
			ours = append(ours, platform.Packager{Name: p.Name, Ours: true, Number: len(ours) + 1, Usable: p.Works()})
		}
	}
	if len(s.Details) == 0 {
		return ours
	}
	var list []platform.Packager
	for _, d := range s.Details {
		active, held := activeURL(s, d.Signal), heldURL(s, d.Signal)
		named := map[string]bool{}
		for i, status := range d.Packagers {
			p := platform.Packager{
				Signal: d.Signal, Name: s.Packager(status.URL), URL: status.URL, Number: i + 1, Reported: true, Status: status,
				Held: status.URL != "" && status.URL == held, Active: status.URL != "" && status.URL == active,
			}
			process, ours := s.Process(p.Name)
			p.Ours = ours
			p.Usable = status.State.Usable() && (!ours || process.Unheard || process.Works())
			named[p.Name] = true
			list = append(list, p)
		}
		for _, p := range ours {
			if !named[p.Name] {
				p.Signal, p.Number = d.Signal, len(named)+1
				named[p.Name] = true
				list = append(list, p)
			}
		}
	}
	return list
}

// activeURL returns the base URL of the active packager; empty while it is not known.
func activeURL(s platform.Snapshot, signal string) string {
	for _, a := range s.Actives {
		if a.Signal == signal {
			return a.URL
		}
	}
	return ""
}

// heldURL returns the base URL of the packager that an operator holds; empty without a hold.
func heldURL(s platform.Snapshot, signal string) string {
	for _, p := range s.Preferences {
		if p.Signal == signal && p.Held {
			return p.Active
		}
	}
	return ""
}

// UpdateActive returns list with a report on the active packager of a signal. The latest
// report counts, whichever its witness; the origin's counts only until another witness has
// reported. It does not change list.
func UpdateActive(list []platform.ActiveAt, a platform.ActiveAt) []platform.ActiveAt {
	i := slices.IndexFunc(list, func(was platform.ActiveAt) bool { return was.Signal == a.Signal })
	switch {
	case a.URL == "":
		return list
	case i < 0:
		return append(slices.Clone(list), a)
	case a.By == platform.ByOrigin && list[i].By != platform.ByOrigin, a.Time.Before(list[i].Time), list[i] == a:
		return list
	}
	list = slices.Clone(list)
	list[i] = a
	return list
}

// Successors returns the successors of those active packagers that have stopped working,
// before any witness reports them. Only where exactly one other packager is usable is it
// known to be the successor.
func Successors(s platform.Snapshot) []platform.ActiveAt {
	list := packagers(s)
	var successors []platform.ActiveAt
	for _, p := range list {
		process, ours := s.Process(p.Name)
		if !p.Active || !ours || process.Works() {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(list), func(o platform.Packager) bool {
			return o.Signal != p.Signal || o.Name == p.Name || o.URL == "" || !o.Usable
		})
		if len(others) == 1 {
			successors = append(successors, platform.ActiveAt{Signal: p.Signal, URL: others[0].URL, Time: s.At, By: platform.BySupervisor})
		}
	}
	return successors
}
