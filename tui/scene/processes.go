package scene

import (
	"slices"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// Process returns the process of that name, or nil.
func (s *Scene) Process(name string) *platform.Process {
	for i := range s.Snapshot.Processes {
		if s.Snapshot.Processes[i].Name == name {
			return &s.Snapshot.Processes[i]
		}
	}
	return nil
}

// OfRole returns the processes of a role, in the layout's order.
func (s *Scene) OfRole(role layouts.Role) []*platform.Process {
	var list []*platform.Process
	for i := range s.Snapshot.Processes {
		if s.Snapshot.Processes[i].Role == role {
			list = append(list, &s.Snapshot.Processes[i])
		}
	}
	return list
}

// ProcessNames returns the names of all processes, in the layout's order.
func (s *Scene) ProcessNames() []string {
	names := make([]string, len(s.Snapshot.Processes))
	for i, p := range s.Snapshot.Processes {
		names[i] = p.Name
	}
	return names
}

// Working returns how many processes do their work.
func (s *Scene) Working() int {
	n := 0
	for i := range s.Snapshot.Processes {
		if s.Snapshot.Processes[i].Works() {
			n++
		}
	}
	return n
}

// SelectedProcess returns the selected process; nil means that there is no process.
func (s *Scene) SelectedProcess() *platform.Process { return s.Process(s.Selected) }

// Select moves the selection by n among the named processes.
func (s *Scene) Select(names []string, n int) {
	if len(names) == 0 {
		return
	}
	i := slices.Index(names, s.Selected)
	switch {
	case i >= 0:
		i = min(max(i+n, 0), len(names)-1)
	case n < 0:
		i = len(names) - 1
	default:
		i = 0
	}
	s.Selected = names[i]
}
