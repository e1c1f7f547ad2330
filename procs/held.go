package procs

import (
	"errors"
	"fmt"

	"livestream-tui/procs/socket"
	"livestream-tui/services/kit/handover"
)

// Hold opens the sockets of every Spec.Held that is not open yet. Run calls it; call it
// before for its error while nothing runs yet. Not safe beside Run.
func (s *Supervisor) Hold() error {
	var errs []error
	for _, spec := range s.o.Specs {
		p := s.procs[spec.Name]
		if len(p.held) > 0 {
			continue
		}
		for _, held := range spec.Held {
			f, err := socket.Listen(held.Name, held.Address)
			if err != nil && held.Optional {
				continue // the child reports what it lacks
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: cannot listen on %s: %w; free the port or set another", spec.Name, held.Address, err))
				break
			}
			p.held = append(p.held, f)
		}
	}
	if len(errs) > 0 {
		s.release()
	}
	return errors.Join(errs...)
}

func (s *Supervisor) release() {
	for _, p := range s.procs {
		p.release()
	}
}

// release closes what is held; the children's own stay open.
func (p *process) release() {
	for _, f := range p.held {
		_ = f.Close() // nothing was written to it
	}
	p.held = nil
}

// environment is the spec's, with the sockets that this process is given and
// without those that we were given.
func (p *process) environment() []string {
	names := make([]string, 0, len(p.held)+1)
	for _, f := range p.held {
		names = append(names, f.Name())
	}
	return handover.Environment(p.spec.Env, append(names, handover.Connections))
}
