package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/worker/ffmpeg"
)

// machineCheck is how often an FFmpeg that does not work is checked again.
const machineCheck = 30 * time.Second

// machine knows whether the machine's FFmpeg works. While it does not, nothing but a check
// from time to time is attempted. Safe for concurrent use.
type machine struct {
	check func(context.Context) error
	every time.Duration
	log   hclog.Logger

	mu     sync.Mutex
	fault  error         // guarded by mu; nil while it works
	mended chan struct{} // closed when the fault is mended; guarded by mu
	broken chan struct{} // signals that there is a fault
}

func newMachine(command string, log hclog.Logger) *machine {
	return &machine{
		check: func(ctx context.Context) error { return ffmpeg.Check(ctx, command) },
		every: machineCheck, log: log, broken: make(chan struct{}, 1),
	}
}

// blame reports whether an error is a fault of the machine, and notes it if so.
func (m *machine) blame(err error) bool {
	var fault *ffmpeg.Machine
	if !errors.As(err, &fault) {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fault != nil {
		return true
	}
	m.fault, m.mended = fault, make(chan struct{})
	m.log.Error("FFmpeg does not work, no film can be made until it does", "reason", fault.Error())
	select {
	case m.broken <- struct{}{}:
	default: // a signal is under way
	}
	return true
}

// suspect checks the machine and returns its fault, nil where it works.
func (m *machine) suspect(ctx context.Context) error {
	if err := m.check(ctx); m.blame(err) {
		return err
	}
	return nil
}

// why is the fault; nil while the machine works.
func (m *machine) why() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fault
}

// await returns when the machine works, or ctx ends.
func (m *machine) await(ctx context.Context) {
	m.mu.Lock()
	fault, mended := m.fault, m.mended
	m.mu.Unlock()
	if fault == nil {
		return
	}
	select {
	case <-mended:
	case <-ctx.Done():
	}
}

// watch checks a machine at fault again and again, until ctx ends.
func (m *machine) watch(ctx context.Context) {
	for {
		select {
		case <-m.broken:
		case <-ctx.Done():
			return
		}
		for m.why() != nil {
			select {
			case <-time.After(m.every):
			case <-ctx.Done():
				return
			}
			if m.check(ctx) != nil {
				continue
			}
			m.mu.Lock()
			m.fault = nil
			close(m.mended)
			m.mu.Unlock()
			m.log.Info("FFmpeg works again")
		}
	}
}
