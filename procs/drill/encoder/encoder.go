package encoder

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"livestream-tui/procs/child"
)

const (
	// reconnectAfter is how long an encoder waits after the end of a connection before it
	// makes the next one.
	reconnectAfter = time.Second
	// grace is how long an encoder may take to end its stream in good order.
	grace = 2 * time.Second
)

// Encoder sends to one input, and connects again whenever its connection ends. Safe for
// concurrent use.
type Encoder struct {
	// Signal and Input name the input.
	Signal, Input string

	url, ffmpeg string
	log         *os.File // what FFmpeg says
	spawner     *child.Spawner
	// changed holds an element when process or away has changed.
	changed chan struct{}

	mu      sync.Mutex
	feed    Feed         // guarded by mu
	away    bool         // guarded by mu: it is to stay away
	process *child.Child // guarded by mu; nil while none runs
	old     *child.Child // guarded by mu: the one that Supersede has left behind; nil without
}

// run keeps the encoder sending until ctx is cancelled.
func (e *Encoder) run(ctx context.Context) {
	for ctx.Err() == nil {
		process := e.current()
		var ended <-chan struct{}
		var retry <-chan time.Time
		if process != nil {
			ended = process.Done()
		} else {
			retry = time.After(reconnectAfter)
		}
		select {
		case <-ended:
			e.forget(process)
			e.sleep(ctx, reconnectAfter)
		case <-retry:
		case <-e.changed:
		case <-ctx.Done():
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range []*child.Child{e.process, e.old} {
		if p != nil {
			_ = p.Signal(syscall.SIGKILL) // it may have ended
			<-p.Done()
		}
	}
}

// current returns the process that sends, and starts one where there is none; nil while the
// encoder is to stay away, or when it cannot be started.
func (e *Encoder) current() *child.Child {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.process != nil || e.away {
		return e.process
	}
	p, err := e.spawner.Start(child.Options{Argv: append([]string{e.ffmpeg}, e.feed.args(e.url)...), Stderr: e.log})
	if err != nil {
		fmt.Fprintln(e.log, err)
		return nil
	}
	e.process = p
	return p
}

func (e *Encoder) forget(p *child.Child) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.process == p {
		e.process = nil
	}
}

// sleep returns after d, or when something has changed.
func (e *Encoder) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-e.changed:
	case <-ctx.Done():
	}
}

// change tells run that something has changed.
func (e *Encoder) change() {
	select {
	case e.changed <- struct{}{}:
	default: // it knows already
	}
}

// signal sends s to the process that sends; an error says that there is none.
func (e *Encoder) signal(s syscall.Signal) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.process == nil {
		return fmt.Errorf("the encoder of %s does not run", e.Input)
	}
	return e.process.Signal(s)
}

// Kill kills it (SIGKILL). It connects again after a second.
func (e *Encoder) Kill() error { return e.signal(syscall.SIGKILL) }

// Freeze stops it (SIGSTOP) until Thaw. Its connection stays.
func (e *Encoder) Freeze() error { return e.signal(syscall.SIGSTOP) }

// Thaw lets it go on (SIGCONT): it then sends at once what it has missed.
func (e *Encoder) Thaw() error { return e.signal(syscall.SIGCONT) }

// Leave kills it, and keeps it away until Return. One that does not run is no error.
func (e *Encoder) Leave() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = true
	if e.process == nil {
		return nil
	}
	return e.process.Signal(syscall.SIGKILL)
}

// Return lets it connect again.
func (e *Encoder) Return() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = false
	e.change()
}

// Send makes it end its stream in good order, and send another feed from then on.
func (e *Encoder) Send(ctx context.Context, f Feed) error {
	e.mu.Lock()
	e.feed = f
	p := e.process
	e.mu.Unlock()
	if p == nil {
		return nil // it begins with this feed
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-p.Done():
		return nil
	case <-late.C:
		return p.Signal(syscall.SIGKILL)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Supersede freezes it, as an encoder is whose machine has gone, and starts another in its
// place at once. The frozen one keeps its connection until DropOld.
func (e *Encoder) Supersede() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.process == nil {
		return fmt.Errorf("the encoder of %s does not run", e.Input)
	}
	if err := e.process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	e.old, e.process = e.process, nil
	e.change()
	return nil
}

// DropOld kills the encoder that Supersede has left behind, if there is one.
func (e *Encoder) DropOld() error {
	e.mu.Lock()
	p := e.old
	e.old = nil
	e.mu.Unlock()
	if p == nil {
		return nil
	}
	err := p.Signal(syscall.SIGKILL)
	<-p.Done()
	return err
}
