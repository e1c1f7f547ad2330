package machine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/worker/ffmpeg"
)

// checkEvery is how often an FFmpeg that does not work is checked again.
const checkEvery = 30 * time.Second

// Machine knows whether the machine's FFmpeg works. Safe for concurrent use.
type Machine struct {
	// Check returns a *ffmpeg.Machine where FFmpeg does not work; Every is how often it is
	// asked then. Both are set before the first use.
	Check func(context.Context) error
	Every time.Duration
	log   hclog.Logger

	mu     sync.Mutex
	fault  error         // guarded by mu; nil while it works
	mended chan struct{} // closed when the fault is mended; guarded by mu
	broken chan struct{} // signals that there is a fault
}

// New returns a machine whose FFmpeg is that command.
func New(command string, log hclog.Logger) *Machine {
	return &Machine{
		Check: func(ctx context.Context) error { return ffmpeg.Check(ctx, command) },
		Every: checkEvery, log: log, broken: make(chan struct{}, 1),
	}
}

// Blame reports whether an error is a fault of the machine, and notes it if so.
func (m *Machine) Blame(err error) bool {
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

// Suspect checks the machine and returns its fault, nil where it works.
func (m *Machine) Suspect(ctx context.Context) error {
	if err := m.Check(ctx); m.Blame(err) {
		return err
	}
	return nil
}

// Why is the fault; nil while the machine works.
func (m *Machine) Why() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fault
}

// Await returns when the machine works, or ctx ends.
func (m *Machine) Await(ctx context.Context) {
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

// Watch checks a machine at fault again and again, until ctx ends.
func (m *Machine) Watch(ctx context.Context) {
	for {
		select {
		case <-m.broken:
		case <-ctx.Done():
			return
		}
		for m.Why() != nil {
			select {
			case <-time.After(m.Every):
			case <-ctx.Done():
				return
			}
			if m.Check(ctx) != nil {
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
