package local

import "livestream-tui/procs/platform"

// queue holds the events that a subscriber has not read yet, up to a limit. When it is
// full, the least important event makes room: a line of log, then a state that a later state
// of the same process replaces, then any other event. So a slow reader still ends up with
// the latest state of every process. Dropped of the next event counts what was lost.
type queue struct {
	most   int
	events []platform.Event
}

func (q *queue) push(e platform.Event) {
	if len(q.events) == q.most {
		q.makeRoom(&e)
	}
	q.events = append(q.events, e)
}

func (q *queue) pop() (platform.Event, bool) {
	if len(q.events) == 0 {
		return platform.Event{}, false
	}
	e := q.events[0]
	q.events[0] = platform.Event{} // releases what it points to
	q.events = q.events[1:]
	return e, true
}

// makeRoom drops one event; next is the one that will be appended.
func (q *queue) makeRoom(next *platform.Event) {
	i := q.victim(*next)
	follower := next
	if i+1 < len(q.events) {
		follower = &q.events[i+1]
	}
	follower.Dropped += q.events[i].Dropped + 1
	// The few events before it move up, rather than the many behind it down.
	copy(q.events[1:i+1], q.events[:i])
	q.events[0] = platform.Event{}
	q.events = q.events[1:]
}

// victim returns the index of the event to drop.
func (q *queue) victim(next platform.Event) int {
	for i, e := range q.events {
		if e.Log() != nil || e.Status() != nil && q.overtaken(i, next) {
			return i
		}
	}
	for i, e := range q.events {
		if e.Status() == nil {
			return i
		}
	}
	return 0
}

// overtaken reports whether a later event has a newer state of the same process.
func (q *queue) overtaken(i int, next platform.Event) bool {
	name := q.events[i].Status().Name
	if next.Status() != nil && next.Status().Name == name {
		return true
	}
	for _, e := range q.events[i+1:] {
		if e.Status() != nil && e.Status().Name == name {
			return true
		}
	}
	return false
}
