package procs

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
)

// The variables of sd_listen_fds(3).
const (
	listenCount = "LISTEN_FDS"
	listenNames = "LISTEN_FDNAMES"
	listenPID   = "LISTEN_PID"
)

// Hold opens the sockets that the specs hold, unless that is done. Run calls it;
// who wants the error before anything runs calls it before. Not safe beside Run.
func (s *Supervisor) Hold() error {
	var errs []error
	for _, spec := range s.o.Specs {
		p := s.procs[spec.Name]
		if len(p.held) > 0 {
			continue
		}
		for _, socket := range spec.Held {
			f, err := listen(socket)
			if err != nil && socket.Optional {
				continue // the child says what it lacks
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: cannot listen on %s: %w; free the port or set another", spec.Name, socket.Address, reasonOf(err)))
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

// listen opens a socket as a file of ours. The file is in blocking mode, so that
// os.File leaves the mode alone: all incarnations share it.
func listen(socket Socket) (*os.File, error) {
	l, err := net.Listen("tcp", socket.Address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.Close() }() // never accepted from
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return nil, err
	}
	var f *os.File
	var failed error
	err = raw.Control(func(fd uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		own, err := syscall.Dup(int(fd))
		if err != nil {
			failed = err
			return
		}
		syscall.CloseOnExec(own)
		if failed = syscall.SetNonblock(own, false); failed != nil {
			_ = syscall.Close(own)
			return
		}
		f = os.NewFile(uintptr(own), socket.Name)
	})
	return f, errors.Join(err, failed)
}

// reasonOf strips what net.OpError repeats.
func reasonOf(err error) error {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err
	}
	return err
}

// environment is the spec's, with the sockets that this process is given and
// without those that we were.
func (p *process) environment() []string {
	env := make([]string, 0, len(p.spec.Env)+4)
	for _, v := range p.spec.Env {
		switch name, _, _ := strings.Cut(v, "="); name {
		case listenCount, listenNames, listenPID:
		default:
			env = append(env, v)
		}
	}
	var names []string
	for _, f := range p.held {
		names = append(names, f.Name())
	}
	names = append(names, connectionsName)
	return append(env, fmt.Sprintf("%s=%d", listenCount, len(names)), listenNames+"="+strings.Join(names, ":"))
}
