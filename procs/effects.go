package procs

import (
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/machine"
)

// do carries out one effect of a process's machine.
func (s *Supervisor) do(p *process, e machine.Effect) {
	switch e.Kind {
	case machine.Spawn:
		if err := s.spawn(p, e.Epoch); err != nil {
			s.notes.say(hclog.Error, "cannot start", "process", p.spec.Name, "error", err)
			s.apply(p.spec.Name, machine.Event{Kind: machine.NotSpawned, Epoch: e.Epoch, Reason: err.Error()})
		}
	case machine.Terminate, machine.HandOver:
		i := p.living[e.Epoch]
		switch {
		case i == nil:
		case e.Kind == machine.HandOver:
			s.work.Go(func() { s.handOver(p.spec.Name, i) })
		default:
			s.terminate(p.spec.Name, i)
		}
	case machine.KillGroup:
		s.signal(p, e.Epoch, syscall.SIGKILL)
	case machine.SuspendGroup:
		s.signal(p, e.Epoch, syscall.SIGSTOP)
	case machine.ContinueGroup:
		s.signal(p, e.Epoch, syscall.SIGCONT)
	case machine.SetTimer:
		after := e.After
		if e.Timer == machine.BackoffTimer {
			after = machine.Jittered(after, rand.Float64())
		}
		time.AfterFunc(after, func() {
			s.send(p.spec.Name, machine.Event{Kind: machine.TimedOut, Epoch: e.Epoch, Timer: e.Timer})
		})
	}
}

func (s *Supervisor) signal(p *process, epoch int, sig syscall.Signal) {
	i := p.living[epoch]
	if i == nil {
		return
	}
	if err := i.child.Signal(sig); err != nil {
		s.notes.say(hclog.Error, "cannot signal", "process", p.spec.Name, "error", err)
	}
}

// terminate asks an incarnation to end.
func (s *Supervisor) terminate(name string, i *incarnation) {
	i.asked.Store(true) // before the TERM: await must know why the leader ends
	// A paused one holds the TERM until the CONT.
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGCONT} {
		if err := i.child.Signal(sig); err != nil {
			s.notes.say(hclog.Error, "cannot signal", "process", name, "error", err)
		}
	}
}
