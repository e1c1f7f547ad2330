package onair

import (
	"slices"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// packagers lists every packager of every signal, in the order of the reports. Those of
// ours that no report names follow, by themselves where there is no report.
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
			p.Usable = status.State.Usable() && (!ours || process.Works())
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

func activeURL(s platform.Snapshot, signal string) string {
	for _, a := range s.Actives {
		if a.Signal == signal {
			return a.URL
		}
	}
	return ""
}

func heldURL(s platform.Snapshot, signal string) string {
	for _, p := range s.Preferences {
		if p.Signal == signal && p.Held {
			return p.Active
		}
	}
	return ""
}

// Tell returns list with a word on who serves a signal. The newest word counts,
// whichever witness gives it, but for the origin's, which counts while no other has
// told.
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

// Succeeded returns the successors of active packagers of ours that do not work, before
// any witness names them: where only one other is usable, it is that one.
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
