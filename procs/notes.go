package procs

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	notesMost  = 256         // notes that wait for a slow log; more are dropped and counted
	notesGrace = time.Second // for the last notes to be written
)

// notes passes the messages of supervision on to the log. That may be a terminal or a
// pipe whose reader has stopped: a write to it blocks, and supervision must not.
type notes struct {
	log     hclog.Logger
	queue   chan note
	dropped atomic.Int64
	written chan struct{} // closed when run has returned
}

type note struct {
	level hclog.Level
	text  string
	args  []any
}

func newNotes(log hclog.Logger) *notes {
	return &notes{log: log, queue: make(chan note, notesMost), written: make(chan struct{})}
}

// say queues a note. It never blocks. Safe for concurrent use.
func (n *notes) say(level hclog.Level, text string, args ...any) {
	select {
	case n.queue <- note{level, text, args}:
	default:
		n.dropped.Add(1)
	}
}

// run writes notes until ctx is cancelled, and then those that are queued.
func (n *notes) run(ctx context.Context) {
	defer close(n.written)
	for {
		select {
		case x := <-n.queue:
			n.write(x)
			continue
		default:
		}
		select {
		case x := <-n.queue:
			n.write(x)
		case <-ctx.Done():
			if len(n.queue) == 0 {
				return
			}
		}
	}
}

func (n *notes) write(x note) {
	if dropped := n.dropped.Swap(0); dropped > 0 {
		n.log.Warn("the log was too slow: some of it is missing", "notes", dropped)
	}
	n.log.Log(x.level, x.text, x.args...)
}

// wait returns once all is written, or the log takes too long.
func (n *notes) wait() {
	select {
	case <-n.written:
	case <-time.After(notesGrace):
	}
}
