package guardian

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"livestream-tui/procs/child"
)

const (
	// A dead guardian is replaced after restartFirst, then twice as long each time up
	// to restartMost; one that lived for restartMost begins anew.
	restartFirst = 200 * time.Millisecond
	restartMost  = 10 * time.Second
	// endGrace is how long a guardian may take to end after its supervisor.
	endGrace = 2 * time.Second
)

// Keeper keeps a guardian running.
type Keeper struct {
	// Argv is the command that calls Guard with the path of Records, Env its whole
	// environment.
	Argv, Env []string
	// Records are what the guardian reads.
	Records *Records
	// OnEnd is called when a guardian has died: another one starts after pause.
	OnEnd func(err error, pause time.Duration)
}

// Run keeps a guardian running until ctx is cancelled. The last one then sweeps what the
// records name.
func (k Keeper) Run(ctx context.Context) {
	spawner := child.NewSpawner() // apart from the children's: its end is not theirs
	defer spawner.Close()
	pause := restartFirst
	for {
		began := time.Now()
		err := k.once(ctx, spawner)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= restartMost {
			pause = restartFirst
		}
		k.OnEnd(err, pause)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, restartMost)
	}
}

// once runs one guardian until it dies (an error) or ctx is cancelled.
func (k Keeper) once(ctx context.Context, spawner *child.Spawner) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer k.Records.hangUp(w) // at the latest
	c, err := spawner.Start(child.Options{
		Argv: k.Argv, Env: k.Env, Stdin: r, Survives: true,
	})
	_ = r.Close() // the guardian has its own
	if err != nil {
		return err
	}
	deaf := k.Records.feed(w)
	select {
	case <-c.Done():
		return fmt.Errorf("guardian: %s", c.Exit())
	case <-deaf:
		// It may be stopped. If it went on once the pipe is closed, it would sweep.
		if err := c.Signal(syscall.SIGKILL); err != nil {
			return err
		}
		<-c.Done()
		return fmt.Errorf("guardian: it reads no records: %s", c.Exit())
	case <-ctx.Done():
	}
	k.Records.hangUp(w) // makes it sweep what the records name now, and end
	select {
	case <-c.Done():
		return nil
	case <-time.After(endGrace):
		return c.Signal(syscall.SIGKILL) // it was stopped or hangs: the end must not wait for it
	}
}
