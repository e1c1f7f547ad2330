package worker

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"livestream-tui/procs/child"
)

// command is a running FFmpeg or ffprobe. It lives in our process group and dies
// with us.
type command struct {
	// Out is its standard output. Reading ends with os.ErrDeadlineExceeded once
	// the context is cancelled.
	Out   *os.File
	child *child.Child
	stop  context.CancelFunc
	tasks sync.WaitGroup
}

// start starts argv; says gets each line of its standard error, on a goroutine
// that ends before end returns. The caller must call end.
func start(ctx context.Context, spawner *child.Spawner, argv []string, says func(string)) (*command, error) {
	out, outW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	complaint, complaintW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, out.Close(), outW.Close())
	}
	c := &command{Out: out}
	c.child, err = spawner.Start(child.Options{Argv: argv, Env: os.Environ(), Stdout: outW, Stderr: complaintW, SameGroup: true})
	_ = outW.Close() // the child has its own of both
	_ = complaintW.Close()
	if err != nil {
		return nil, errors.Join(err, out.Close(), complaint.Close())
	}
	ctx, c.stop = context.WithCancel(ctx)
	c.tasks.Go(func() {
		defer func() { _ = complaint.Close() }() // only read
		lines := bufio.NewScanner(complaint)
		for lines.Scan() {
			says(lines.Text())
		}
		_, _ = io.Copy(io.Discard, complaint) // a line too long must not block it
	})
	c.tasks.Go(func() {
		<-ctx.Done()
		_ = c.child.Signal(syscall.SIGKILL) // it may have ended
		_ = c.Out.SetReadDeadline(time.Now())
	})
	return c, nil
}

// end kills the process if it still runs and returns how it ended.
func (c *command) end() child.Exit {
	c.stop()
	<-c.child.Done()
	c.tasks.Wait()
	_ = c.Out.Close() // only read
	return c.child.Exit()
}

// result waits for the process to end by itself, its output having been read to
// the end, and returns how it ended.
func (c *command) result() child.Exit {
	<-c.child.Done()
	return c.end()
}

// lastWords keeps the last line that is not empty. Its methods are not safe for
// concurrent use.
type lastWords struct{ line string }

func (l *lastWords) says(line string) {
	if line = strings.TrimSpace(line); line != "" {
		l.line = line
	}
}

// or returns the last line, or how the process ended if it said nothing.
func (l *lastWords) or(e child.Exit) string {
	if l.line != "" {
		return l.line
	}
	return e.String()
}
