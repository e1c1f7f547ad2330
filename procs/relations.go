package procs

import "slices"

// tellOthers tells those whom it concerns that a process is no longer as it was
// before: who depends on it, and who stands in for it.
func (s *Supervisor) tellOthers(p *process, before Machine) {
	now := p.machine
	if before.serves() && !now.serves() {
		for _, other := range s.standIns(p) {
			if s.alone(other) {
				s.apply(other.spec.Name, Event{Kind: Needed})
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
			if slices.Contains(s.procs[name].spec.DependsOn, p.spec.Name) { // it may have failed for want of this one
				s.apply(name, Event{Kind: Needed})
			}
		}
	}
}

// lacking are the dependencies of spec that were never ready. Once ready counts
// for good: a proxy that died must come back though the origin is away.
func (s *Supervisor) lacking(spec Spec) []string {
	var names []string
	for _, d := range spec.DependsOn {
		if s.procs[d].readied == 0 {
			names = append(names, d)
		}
	}
	return names
}

func (s *Supervisor) openGates() {
	for _, name := range s.names() {
		if p := s.procs[name]; len(p.machine.lacking) > 0 {
			s.apply(name, Event{Kind: Dependencies, Lacking: s.lacking(p.spec)})
		}
	}
}

// serves reports whether others may rely on it.
func (m Machine) serves() bool { return m.State == Ready && !m.Paused }

// standIns are the others of a process's kind.
func (s *Supervisor) standIns(p *process) []*process {
	var list []*process
	for _, name := range s.names() {
		if other := s.procs[name]; other != p && p.spec.Kind != "" && other.spec.Kind == p.spec.Kind {
			list = append(list, other)
		}
	}
	return list
}

// alone reports whether a process has stand-ins and none of them serves.
func (s *Supervisor) alone(p *process) bool {
	others := s.standIns(p)
	return len(others) > 0 && !slices.ContainsFunc(others, func(o *process) bool { return o.machine.serves() })
}
