package procs

// shutDown stops level after level and returns the names of what remains.
func (s *Supervisor) shutDown() []string {
	s.closing = true // no command from now on
	for _, p := range s.procs {
		p.machine.Wanted = false // nothing comes back either
	}
	for i := len(s.levels) - 1; i >= 0; i-- {
		for _, name := range s.levels[i] {
			s.procs[name].release() // nobody is to wait for what does not come back
			s.apply(name, Event{Kind: ShutDown})
		}
		for !s.stopped(s.levels[i]) {
			s.receive(<-s.inbox)
		}
	}
	var left []string
	for _, level := range s.levels {
		for _, name := range level {
			if s.procs[name].machine.Alive() {
				left = append(left, name)
			}
		}
	}
	return left
}

func (s *Supervisor) stopped(names []string) bool {
	for _, name := range names {
		m := s.procs[name].machine
		if m.Alive() && m.State != Failed {
			return false
		}
	}
	return true
}
