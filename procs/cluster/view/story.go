package view

import (
	"context"
	"maps"
	"slices"
	"time"

	"livestream-tui/procs/platform"
)

// Logs implements platform.Platform. Lines of other machines have numbers between those of
// the own ones, in the order in which they came.
func (v *View) Logs(ctx context.Context, since uint64, limit int) ([]platform.LogLine, error) {
	v.ask(ctx, false)
	v.mu.Lock()
	from := v.lines.before(since)
	v.mu.Unlock()
	own, err := v.o.Own.Logs(ctx, from, limit)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if n := len(own); n > 0 {
		v.lines.tell(own[n-1].Seq)
	}
	return v.lines.merge(own, since, limit), nil
}

// Journal implements platform.Platform: the journals of all machines as one story. The times
// of other machines' events are as this machine's clock would have them.
func (v *View) Journal(ctx context.Context, since time.Time, limit int) ([]platform.Event, error) {
	v.ask(ctx, true)
	list, err := v.o.Own.Journal(ctx, since, limit)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	journals := [][]platform.Event{list}
	for _, name := range slices.Sorted(maps.Keys(v.others)) {
		journals = append(journals, v.others[name].past.since(since))
	}
	list = platform.OneStory(v.o.Machine, journals...)
	return list[max(0, len(list)-max(limit, 0)):], nil
}

// tapMost is how many events of other machines a subscriber may be behind.
const tapMost = 1024

// tap takes the events of other machines for a subscriber. The view's mu guards pushing.
type tap struct {
	events  chan platform.Event
	dropped int
}

// push never blocks: of events for which there is no room the next one tells the number.
func (t *tap) push(e platform.Event) {
	e.Dropped = t.dropped
	select {
	case t.events <- e:
		t.dropped = 0
	default:
		t.dropped++
	}
}

// Subscribe implements platform.Platform. Of the other machines it sends what their journals
// keep, up to a second late.
func (v *View) Subscribe(ctx context.Context) (platform.Snapshot, <-chan platform.Event, error) {
	t := &tap{events: make(chan platform.Event, tapMost)}
	v.mu.Lock()
	v.subscribers[t] = true
	v.mu.Unlock()
	v.ask(ctx, true)
	own, events, err := v.o.Own.Subscribe(ctx)
	out := make(chan platform.Event)
	go func() {
		defer close(out)
		defer v.leave(t)
		for {
			var e platform.Event
			open := true
			select {
			case e, open = <-events:
			case e = <-t.events:
			}
			if !open {
				return
			}
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.merge(own), out, err
}

func (v *View) leave(t *tap) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.subscribers, t)
}
