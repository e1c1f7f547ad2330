package procs

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
)

// GuardianCommand is the hidden command that runs Guard.
const GuardianCommand = "guardian"

const (
	// A dead guardian is replaced after guardianFirst, then twice as long each
	// time up to guardianMost; one that lived for guardianMost begins anew.
	guardianFirst = 200 * time.Millisecond
	guardianMost  = 10 * time.Second
	// guardianGrace is how long a guardian may take to end after its supervisor.
	guardianGrace = 2 * time.Second
)

// Guard is the guardian's whole life: it reads r, whose other end the supervisor
// holds, until the supervisor's death closes it, and then kills every group that
// the records at path name. orphaned: the supervisor has not ended as it should. The
// caller must have ignored INT, TERM, HUP and QUIT.
func Guard(r io.Reader, path string) (orphaned bool, err error) {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return false, fmt.Errorf("guardian: %w", err)
	}
	_, err = os.Stat(path) // a supervisor that stops everything removes it
	orphaned = err == nil
	_, err = sweep(path)
	return orphaned, err
}

// keepGuardian has a guardian running until ctx is cancelled.
func (s *Supervisor) keepGuardian(ctx context.Context) {
	spawner := child.NewSpawner() // apart from the children's: its end is not theirs
	defer spawner.Close()
	pause := guardianFirst
	for {
		began := time.Now()
		err := s.guardianOnce(ctx, spawner)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= guardianMost {
			pause = guardianFirst
		}
		s.notes.say(hclog.Warn, "guardian ended, starting another", "error", err, "wait_ms", pause.Milliseconds())
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, guardianMost)
	}
}

// guardianOnce runs one guardian until it dies (an error) or ctx is cancelled.
func (s *Supervisor) guardianOnce(ctx context.Context, spawner *child.Spawner) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // a second time after ctx's end, which does no harm
	c, err := spawner.Start(child.Options{
		Argv: append([]string{s.o.Self, GuardianCommand, s.records.path}, s.o.Guardian...), Env: os.Environ(), Stdin: r, Survives: true,
	})
	_ = r.Close() // the guardian has its own
	if err != nil {
		return err
	}
	select {
	case <-c.Done():
		return fmt.Errorf("guardian: %s", c.Exit())
	case <-ctx.Done():
	}
	_ = w.Close() // tells it to sweep what the records name now, and to end
	select {
	case <-c.Done():
		return nil
	case <-time.After(guardianGrace):
		return c.Signal(syscall.SIGKILL) // it was stopped or hangs: the end must not wait for it
	}
}
