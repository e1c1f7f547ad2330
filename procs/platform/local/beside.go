package local

import (
	"context"
	"errors"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform"
)

// Show has the clients of the sockets see p in the place of the platform itself: p shows it
// among those of other machines. Call Show before Run.
func (l *Local) Show(p platform.Platform) { l.show = p }

// shown is what the clients of the sockets see.
func (l *Local) shown() platform.Platform {
	if l.show == nil {
		return l
	}
	return l.show
}

// Log is the platform's own log, whose lines the clients see too.
func (l *Local) Log() hclog.Logger { return l.log }

// DrainWith has do begin and end the drain of a machine of the cluster, for whom a command
// says. Call it before Run. Without it there is nothing to drain.
func (l *Local) DrainWith(do func(ctx context.Context, machine string, on bool, by string) error) {
	l.drain = do
}

// errNoCluster is the error of a drain where there is one machine.
var errNoCluster = errors.New("this platform runs on one machine, which cannot be drained")

// drainMachine begins or ends a drain.
func (l *Local) drainMachine(ctx context.Context, c platform.Command) error {
	if l.drain == nil {
		return errNoCluster
	}
	return l.drain(ctx, c.Machine, c.Action == platform.Drain, c.By.String())
}

// companion is what runs beside the platform.
type companion func(ctx context.Context, p platform.Platform, log hclog.Logger)

// Beside has do run with the platform, in a goroutine of its own. Its context is cancelled
// once the platform has ended, and Run waits for it. log is the platform's own. Call Beside
// before Run.
func (l *Local) Beside(do func(ctx context.Context, p platform.Platform, log hclog.Logger)) {
	l.beside = append(l.beside, do)
}
