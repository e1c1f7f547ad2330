package player

import (
	"context"
	"errors"
	"time"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/viewer/rules"
)

// task is a check beside the playing.
type task struct {
	due time.Time
	msn int64
	url string
	sum rules.Sum // of the body that was played
	tag string    // the ETag that it came with
}

// give leaves a task to an auditor. An auditor that is behind loses tasks: they are
// samples.
func give(to chan<- task, t task) {
	select {
	case to <- t:
	default:
	}
}

// audit carries out tasks when they are due, in the order in which they came.
func audit(ctx context.Context, tasks <-chan task, check func(context.Context, task)) error {
	for {
		select {
		case t := <-tasks:
			if err := follow.Until(ctx, t.due); err != nil {
				return err
			}
			check(ctx, t)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// auditLeft checks that a segment that has left the playlist can still be downloaded.
func (p *Player) auditLeft(ctx context.Context, t task) {
	if time.Since(t.due) > time.Second {
		return // too late: it may be gone by now
	}
	_, err := p.fetch(ctx, order{url: t.url, head: true, within: firstByteTimeout}, false)
	var bad *refused
	if errors.As(err, &bad) {
		p.accuseOf(rules.Download, "msn %d has left the playlist lately and cannot be had any more: %s", t.msn, bad)
	}
}

// auditBytes compares a body that was played with the packagers.
func (p *Player) auditBytes(ctx context.Context, t task) {
	if text := p.o.Packagers.differ(ctx, t); text != "" {
		p.accuseOf(rules.SameBytes, "msn %d: %s", t.msn, text)
	}
}
