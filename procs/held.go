package procs

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"livestream-tui/procs/socket"
	"livestream-tui/services/kit/handover"
)

// Hold takes the sockets of Options.Sockets, and opens those of every other Spec.Held that
// is not open yet. Run calls it; call it before for its error while nothing runs yet. Not
// safe beside Run.
func (s *Supervisor) Hold() error {
	errs := s.takePassed()
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

// takePassed gives each process the sockets that were passed for it. Where it listens is
// then the service manager's decision, but the port is the one that all others know.
func (s *Supervisor) takePassed() []error {
	var errs []error
	for _, f := range s.o.Sockets {
		i := slices.IndexFunc(s.o.Specs, func(spec Spec) bool { return spec.Name == f.Name() && len(spec.Held) > 0 })
		if i < 0 {
			errs = append(errs, fmt.Errorf("a socket named %q was passed: allowed are %s", f.Name(), strings.Join(s.holders(), ", ")))
			_ = f.Close() // never accepted from
			continue
		}
		if err := checkPort(f, s.o.Specs[i].Held[0].Address); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Name(), err))
		}
		p := s.procs[f.Name()]
		p.held = append(p.held, f)
	}
	s.o.Sockets = nil // they are held
	return errs
}

// holders are the names of the processes whose sockets are held.
func (s *Supervisor) holders() []string {
	var names []string
	for _, spec := range s.o.Specs {
		if len(spec.Held) > 0 {
			names = append(names, spec.Name)
		}
	}
	return names
}

// checkPort refuses a socket whose port is not that of the address.
func checkPort(f *os.File, address string) error {
	at, err := socket.AddressOf(f)
	if err != nil {
		return err
	}
	if _, port, _ := net.SplitHostPort(address); port != strconv.Itoa(at.Port) {
		return fmt.Errorf("the socket that was passed listens on %s, and the settings say port %s: change one of them", at, port)
	}
	return nil
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
