package ffmpeg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"livestream-tui/procs/child"
)

// Command is a running FFmpeg or ffprobe. It lives in our process group and dies
// with us.
type Command struct {
	// Out is its standard output. Reading ends with os.ErrDeadlineExceeded once
	// the context is cancelled.
	Out   *os.File
	child *child.Child
	stop  context.CancelFunc
	tasks sync.WaitGroup
}

// Start starts argv. The function says gets each line of its standard error, on a goroutine
// that ends before End returns. The caller must call End or Result.
func Start(ctx context.Context, spawner *child.Spawner, argv []string, says func(line string)) (*Command, error) {
	return StartFrom(ctx, spawner, nil, argv, says)
}

// StartFrom is Start with a standard input; nil is allowed. The caller closes its own copy
// of in afterwards.
func StartFrom(ctx context.Context, spawner *child.Spawner, in *os.File, argv []string, says func(line string)) (*Command, error) {
	out, outW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	complaint, complaintW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, out.Close(), outW.Close())
	}
	c := &Command{Out: out}
	c.child, err = spawner.Start(child.Options{Argv: argv, Env: environment(), Stdin: in, Stdout: outW, Stderr: complaintW, SameGroup: true})
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

// environment is ours without the token, which FFmpeg does not need.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "INGEST_TOKEN=") })
}

// PID is its process id.
func (c *Command) PID() int { return c.child.PID() }

// Done is closed once the process has ended.
func (c *Command) Done() <-chan struct{} { return c.child.Done() }

// Go runs f on a goroutine that End and Result wait for.
func (c *Command) Go(f func()) { c.tasks.Go(f) }

// End kills the process if it still runs, and returns its exit.
func (c *Command) End() child.Exit {
	c.stop()
	<-c.child.Done()
	c.tasks.Wait()
	_ = c.Out.Close() // only read
	return c.child.Exit()
}

// Result waits for the process to end by itself and returns its exit. The caller must have
// read its output to the end.
func (c *Command) Result() child.Exit {
	<-c.child.Done()
	return c.End()
}

// Seconds is a duration as FFmpeg reads it, to the microsecond.
func Seconds(d time.Duration) string {
	return strconv.FormatInt(int64(d/time.Second), 10) + fmt.Sprintf(".%06d", d%time.Second/time.Microsecond)
}
