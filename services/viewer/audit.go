package viewer

import (
	"context"
	"errors"
	"time"
)

// task is a look beside the playing.
type task struct {
	due time.Time
	msn int64
	url string
	sum Sum    // of the body that was played
	tag string // the ETag that it came with
}

// give leaves a task to an auditor. One that is behind loses tasks: they are
// samples.
func give(to chan<- task, t task) {
	select {
	case to <- t:
	default:
	}
}

// audit carries out tasks when they are due, in the order in which they came.
func audit(ctx context.Context, tasks <-chan task, look func(context.Context, task)) error {
	for {
		select {
		case t := <-tasks:
			if err := sleepUntil(ctx, t.due); err != nil {
				return err
			}
			look(ctx, t)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// auditLeft looks whether a segment that has left the playlist can still be had.
func (p *Player) auditLeft(ctx context.Context, t task) {
	if time.Since(t.due) > time.Second {
		return // too late to say anything
	}
	_, err := p.fetch(ctx, order{url: t.url, head: true, within: firstByteTimeout}, false)
	var bad *refused
	if errors.As(err, &bad) {
		p.accuseOf(RuleDownload, "msn %d has left the playlist lately and cannot be had any more: %s", t.msn, bad)
	}
}

// auditBytes compares with the packagers.
func (p *Player) auditBytes(ctx context.Context, t task) {
	if text := p.o.Packagers.differ(ctx, t); text != "" {
		p.accuseOf(RuleBytes, "msn %d: %s", t.msn, text)
	}
}
