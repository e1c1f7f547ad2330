package process

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/input/mpegts"
)

// Command is a program to run.
type Command struct {
	// Argv is the program, by its path, and its arguments.
	Argv []string
	// Stdin is what it reads from its standard input, so that a secret in it does not show in
	// the list of processes. Empty means nothing.
	Stdin string
	// Says gets each line of its standard error, Notes each line that it writes to its
	// descriptor 3, with the connection where there is one. Both are called from goroutines
	// that end before Run does. nil means that the lines are dropped; without Notes there is
	// no descriptor 3.
	Says  func(line string)
	Notes func(line string, c input.Connection)
	// Silence is how long a program that has given something may give nothing more before it
	// is ended. Zero means for ever.
	Silence time.Duration
	// Begin is how long a program may take until it gives something. Zero means for ever.
	Begin time.Duration
	// About is what the connection says of itself.
	About input.About
	// Why says why the connection ended, by the exit of the program. nil means that every
	// exit without an error is an end as the encoder wants it.
	Why func(e child.Exit) error
}

// Result is how a run of a program ended.
type Result struct {
	// Gave is true when it gave something, so that there was a connection.
	Gave bool
	// Silent is true when it was ended because it gave nothing for too long.
	Silent bool
	Exit   child.Exit
}

// ErrSilent is why a connection ends whose program gives nothing more.
var ErrSilent = errors.New("nothing comes any more")

var (
	errSuperseded = errors.New("another connection has taken over")
	errStopped    = errors.New("the receiver takes this input no longer")
)

// lineMost is the longest line that Says and Notes get.
const lineMost = 64 << 10

// Run runs the program once, until it ends or ctx is cancelled. An error says that it could
// not be started.
func (c Command) Run(ctx context.Context, spawner *child.Spawner, sink input.Sink) (Result, error) {
	r := &run{Command: c, sink: sink}
	pipes, err := openPipes(c.Notes != nil, c.Stdin != "")
	if err != nil {
		return Result{}, err
	}
	options := child.Options{Argv: c.Argv, Env: environment(), Stdin: pipes.stdin[0], Stdout: pipes.out[1], Stderr: pipes.says[1], SameGroup: true}
	if c.Notes != nil {
		options.Extra = []*os.File{pipes.notes[1]}
	}
	process, err := spawner.Start(options)
	pipes.closeTheirs()
	if err != nil {
		pipes.closeOurs()
		return Result{}, err
	}
	defer pipes.closeOurs()
	return r.follow(ctx, process, pipes), nil
}

// run is a running program.
type run struct {
	Command
	sink input.Sink

	mu         sync.Mutex
	connection input.Connection // guarded by mu
}

// follow reads what the process gives until it ends, or is to end.
func (r *run) follow(ctx context.Context, process *child.Child, p *pipes) Result {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var tasks sync.WaitGroup
	tasks.Go(func() { lines(p.says[0], r.Says) })
	if r.Notes != nil {
		tasks.Go(func() {
			lines(p.notes[0], func(line string) {
				if c := r.current(); c != nil {
					r.Notes(line, c)
				}
			})
		})
	}
	if r.Stdin != "" {
		tasks.Go(func() {
			_, _ = io.WriteString(p.stdin[1], r.Stdin) // a program that does not read it ends by itself
			_ = p.stdin[1].Close()
		})
	}
	stopped := make(chan struct{})
	tasks.Go(func() {
		<-ctx.Done()
		_ = process.Signal(syscall.SIGKILL) // it may have ended
		_ = p.out[0].SetReadDeadline(time.Now())
		<-process.Done()
		// What inherited the pipes may live on.
		_ = p.says[0].SetReadDeadline(time.Now().Add(time.Second))
		if r.Notes != nil {
			_ = p.notes[0].SetReadDeadline(time.Now().Add(time.Second))
		}
		close(stopped)
	})
	silent := r.copy(ctx, end, p.out[0], &tasks)
	cancelled := ctx.Err() != nil && !silent
	if !silent && !cancelled {
		select { // a process that closes its output is about to end
		case <-process.Done():
		case <-time.After(time.Second):
		}
	}
	end()
	<-stopped
	tasks.Wait()
	result := Result{Silent: silent, Exit: process.Exit()}
	if c := r.current(); c != nil {
		result.Gave = true
		c.Close(r.why(c, silent, cancelled, result.Exit))
	}
	return result
}

func (r *run) why(c input.Connection, silent, cancelled bool, e child.Exit) error {
	select {
	case <-c.Done():
		return errSuperseded
	default:
	}
	switch {
	case silent:
		return ErrSilent
	case cancelled:
		return errStopped
	case r.Why != nil:
		return r.Why(e)
	case e != child.Exit{}:
		return errors.New(e.String())
	}
	return nil
}

func (r *run) current() input.Connection {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.connection
}

// copy gives what comes to a connection, which opens with the first bytes. It returns when
// there is no more, and whether that is because it took too long. It calls end when another
// connection takes over.
func (r *run) copy(ctx context.Context, end func(), out *os.File, tasks *sync.WaitGroup) (silent bool) {
	var reader *mpegts.Reader
	b := make([]byte, 64<<10)
	if r.Begin > 0 {
		_ = out.SetReadDeadline(time.Now().Add(r.Begin)) // what fails shows at the read
	}
	for {
		n, err := out.Read(b)
		if n > 0 && reader == nil {
			c := r.sink.Open(r.About)
			r.mu.Lock()
			r.connection = c
			r.mu.Unlock()
			reader = mpegts.New(c, r.sink.Failed)
			ended := make(chan struct{})
			defer close(ended)
			tasks.Go(func() {
				select {
				case <-c.Done():
					end()
				case <-ended:
				}
			})
		}
		if reader != nil {
			_, _ = reader.Write(b[:n]) // it takes everything
			if err != nil {
				reader.Close()
			} else {
				_ = out.SetReadDeadline(r.deadline()) // likewise
			}
		}
		if err != nil {
			return errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil
		}
	}
}

// deadline is when the next bytes are to be there; the zero time means that there is none.
func (r *run) deadline() time.Time {
	if r.Silence == 0 {
		return time.Time{}
	}
	return time.Now().Add(r.Silence)
}

// lines gives each line of a file to says, until its end.
func lines(in io.Reader, says func(string)) {
	s := bufio.NewScanner(in)
	s.Buffer(nil, lineMost)
	for s.Scan() {
		if says != nil {
			says(s.Text())
		}
	}
	_, _ = io.Copy(io.Discard, in) // a line too long must not block the program
}

// environment is ours without the secrets, which no program of inputs needs.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasSuffix(name, "_TOKEN") || strings.HasSuffix(name, "_SECRET") || name == "SIGNALS"
	})
}

// pipe is both ends of a pipe, to read from and to write to; both nil where there is none.
type pipe [2]*os.File

// pipes are those between us and a program.
type pipes struct{ stdin, out, says, notes pipe }

func openPipes(notes, stdin bool) (*pipes, error) {
	p := &pipes{}
	for _, one := range []struct {
		to     *pipe
		wanted bool
	}{{&p.stdin, stdin}, {&p.out, true}, {&p.says, true}, {&p.notes, notes}} {
		if !one.wanted {
			continue
		}
		r, w, err := os.Pipe()
		if err != nil {
			p.closeOurs()
			p.closeTheirs()
			return nil, err
		}
		*one.to = pipe{r, w}
	}
	return p, nil
}

// closeTheirs closes our copies of the ends that the program has.
func (p *pipes) closeTheirs() {
	for _, f := range []*os.File{p.stdin[0], p.out[1], p.says[1], p.notes[1]} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// closeOurs closes the ends that we have.
func (p *pipes) closeOurs() {
	for _, f := range []*os.File{p.stdin[1], p.out[0], p.says[0], p.notes[0]} {
		if f != nil {
			_ = f.Close() // stdin may be closed already
		}
	}
}
