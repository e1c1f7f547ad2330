package procs

import (
	"slices"

	"livestream-tui/procs/machine"
)

// notifyOthers notifies the processes that depend on p and those that stand in for it of
// its change since before.
func (s *Supervisor) notifyOthers(p *process, before machine.Machine) {
	now := p.machine
	if before.Serves() && !now.Serves() {
		for _, other := range s.standIns(p) {
			if s.alone(other) {
				s.apply(other.spec.Name, machine.Event{Kind: machine.BecameUrgent})
			}
		}
	}
	if now.State == Ready && now.Epoch != p.readied {
		first := p.readied == 0
		p.readied = now.Epoch
		if first {
			s.openGates()
		}
		for _, name := range s.names() {
			if slices.Contains(s.procs[name].spec.DependsOn, p.spec.Name) { // it may have failed because this one was away
				s.apply(name, machine.Event{Kind: machine.BecameUrgent})
			}
		}
	}
}

// lacking are the dependencies of spec that were never ready. Once ready counts
// for good: a proxy that died must come back though the origin is away. One that was stopped
// from the start does not count: nothing is to wait for it.
func (s *Supervisor) lacking(spec Spec) []string {
	var names []string
	for _, d := range spec.DependsOn {
		if p := s.procs[d]; p.readied == 0 && !p.spec.Stopped {
			names = append(names, d)
		}
	}
	return names
}

func (s *Supervisor) openGates() {
	for _, name := range s.names() {
		if p := s.procs[name]; len(p.machine.Lacking()) > 0 {
			s.apply(name, machine.Event{Kind: machine.Dependencies, Lacking: s.lacking(p.spec)})
		}
	}
}

// standIns are the others of a process's role.
func (s *Supervisor) standIns(p *process) []*process {
	var list []*process
	for _, name := range s.names() {
		if other := s.procs[name]; other != p && p.spec.Role != "" && other.spec.Role == p.spec.Role {
			list = append(list, other)
		}
	}
	return list
}

// alone reports whether a process has stand-ins and none of them serves.
func (s *Supervisor) alone(p *process) bool {
	others := s.standIns(p)
	return len(others) > 0 && !slices.ContainsFunc(others, func(o *process) bool { return o.machine.Serves() })
}
