package scene

import (
	"slices"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
)

// OwnOfRole returns the processes of a role that run on the own machine, in the layout's order.
func (s *Scene) OwnOfRole(role layouts.Role) []*platform.Process {
	return slices.DeleteFunc(s.OfRole(role), func(p *platform.Process) bool { return !p.IsOwn() })
}

// MachineMark returns the glyph, the word and the ink of a machine's state.
func (s *Scene) MachineMark(m platform.Machine) (glyph, word string, k canvas.Ink) {
	word = m.State.String()
	switch m.State {
	case platform.MachineUp:
		return s.Glyphs.Full, word, canvas.InkGood
	case platform.MachineDraining:
		return s.Glyphs.Half, word, canvas.InkWarn
	case platform.MachineDrained:
		return s.Glyphs.Ring, word, canvas.InkInfo
	case platform.MachineStopped:
		return s.Glyphs.Ring, word, canvas.InkDim
	}
	return s.Glyphs.Question, word, canvas.InkDim
}

// ChosenMachine returns the machine that keys act on: the one that the operator has chosen, or
// else that of the selected process; nil without a cluster.
func (s *Scene) ChosenMachine() *platform.Machine {
	i := slices.IndexFunc(s.Snapshot.Machines, func(m platform.Machine) bool { return m.Name == s.MachineChoice })
	if p := s.SelectedProcess(); i < 0 && p != nil {
		i = slices.IndexFunc(s.Snapshot.Machines, func(m platform.Machine) bool { return m.Name == p.Machine })
	}
	if i < 0 && len(s.Snapshot.Machines) > 0 {
		i = 0
	}
	if i < 0 {
		return nil
	}
	return &s.Snapshot.Machines[i]
}

// MoveMachine chooses the machine that many rows further.
func (s *Scene) MoveMachine(by int) {
	chosen := s.ChosenMachine()
	if chosen == nil {
		return
	}
	list := s.Snapshot.Machines
	i := slices.IndexFunc(list, func(m platform.Machine) bool { return m.Name == chosen.Name })
	s.MachineChoice = list[min(max(i+by, 0), len(list)-1)].Name
}

// IsUnheard reports whether a packager is on a machine that is not heard.
func (p Packager) IsUnheard() bool { return p.Process != nil && p.Process.Unheard }
