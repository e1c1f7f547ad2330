package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
)

const (
	// hookQueue is how many events may wait for the operator's command.
	hookQueue = 100
	// hookMost is how long the command may run, hookGrace how long it may take with all that
	// waits once the platform has ended.
	hookMost  = 10 * time.Second
	hookGrace = 2 * time.Second
	// saidMost is how many bytes of its standard error are shown.
	saidMost = 500
)

// Hook runs a command of the operator's on each event, one at a time, with the event as
// JSON on its standard input. Make it with NewHook, then call Run once. Take is safe for
// concurrent use.
type Hook struct {
	command string
	log     hclog.Logger
	queue   chan platform.Event
	dropped atomic.Int64
	// most is hookMost, grace hookGrace; shorter in tests.
	most, grace time.Duration
}

// NewHook returns a hook that runs command in a shell.
func NewHook(command string, log hclog.Logger) *Hook {
	return &Hook{command: command, log: log, queue: make(chan platform.Event, hookQueue), most: hookMost, grace: hookGrace}
}

// Take takes an event to run the command on. It never blocks: when too many wait, the event
// is dropped and counted.
func (h *Hook) Take(e platform.Event) {
	e.Dropped = int(h.dropped.Swap(0))
	select {
	case h.queue <- e:
	default:
		h.dropped.Add(int64(e.Dropped) + 1)
	}
}

// Run runs the command on events until ctx is cancelled. What waits then is still handled,
// for a moment.
func (h *Hook) Run(ctx context.Context) {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(h.grace, stop) })()
	trouble := event.Recurring{Every: time.Minute}
	for {
		var e platform.Event
		select {
		case e = <-h.queue:
		default:
			select {
			case e = <-h.queue:
			case <-ctx.Done():
				return // and nothing waits
			}
		}
		if working.Err() != nil {
			return
		}
		err := h.call(working, e)
		if err == nil {
			trouble.EndExcept()
			continue
		}
		if n, due := trouble.Seen("ON_EVENT failed: "+text.Clean(err.Error()), time.Now()); due {
			h.log.Warn(n.String())
		}
	}
}

// call runs the command on one event.
func (h *Hook) call(ctx context.Context, e platform.Event) error {
	line, err := lineOf(e)
	if err != nil || line == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, h.most)
	defer cancel()
	var said limited
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", h.command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(line), io.Discard, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // with all that it started
	cmd.WaitDelay = time.Second                                                          // for a process that has left the group and holds the pipe
	err = cmd.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("killed after %s", h.most)
	case ctx.Err() != nil:
		return errors.New("killed: the platform has ended")
	case err != nil && len(said.b) > 0:
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(said.b))
	}
	return err
}

// limited keeps the first saidMost bytes.
type limited struct{ b []byte }

// Write implements io.Writer.
func (l *limited) Write(b []byte) (int, error) {
	l.b = append(l.b, b[:min(len(b), saidMost-len(l.b))]...)
	return len(b), nil
}
