package webhook

import (
	"slices"
	"time"
)

const (
	// queueMost is how many alerts may wait for a receiver.
	queueMost = 1000
	// backoffFirst is how long after a failure an alert is tried again; it doubles with each
	// further one, up to backoffMost.
	backoffFirst = time.Second
	backoffMost  = time.Minute
	// askedMost is the longest wait that a receiver may ask for.
	askedMost = 10 * time.Minute
)

// queue holds what a receiver has not taken yet, oldest first. When it is full, an alert that
// says nothing new makes room, or else the oldest. Pure; the zero value holds nothing.
type queue struct {
	// most is how many alerts it holds; zero means queueMost.
	most    int
	waiting []Alert
	// dropped is how many alerts have made room since the receiver was last told so.
	dropped int
	// failures is how often the first one has failed in a row, and next the time before
	// which it is not tried again.
	failures int
	next     time.Time
}

// push adds an alert. One that only repeats what waits already takes its place.
func (q *queue) push(a Alert) {
	q.waiting = slices.DeleteFunc(q.waiting, a.replaces)
	most := q.most
	if most == 0 {
		most = queueMost
	}
	if len(q.waiting) >= most {
		at := max(0, slices.IndexFunc(q.waiting, Alert.repeats))
		q.waiting = slices.Delete(q.waiting, at, at+1)
		q.dropped++
	}
	q.waiting = append(q.waiting, a)
}

// head returns the first alert, and how long it must still wait; false when there is none.
func (q *queue) head(now time.Time) (a Alert, wait time.Duration, ok bool) {
	if len(q.waiting) == 0 {
		return Alert{}, 0, false
	}
	a = q.waiting[0]
	a.Dropped = q.dropped
	return a, max(0, q.next.Sub(now)), true
}

// taken takes note that the receiver has an alert, as head returned it.
func (q *queue) taken(a Alert) {
	q.remove(a)
	q.dropped -= a.Dropped
	q.failures, q.next = 0, time.Time{}
}

// refused takes note that the receiver will never take an alert.
func (q *queue) refused(a Alert) {
	q.remove(a)
	q.failures, q.next = 0, time.Time{}
}

// failed takes note that an alert was not delivered at now. jitter is from 0 up to 1, by
// chance: platforms whose common receiver has come back do not all call it at once. asked is
// how long the receiver wants to be left alone; zero for no wish.
func (q *queue) failed(now time.Time, jitter float64, asked time.Duration) {
	wait := backoffMost
	if q.failures < 16 { // beyond, the shift would overflow
		wait = min(backoffMost, backoffFirst<<q.failures)
	}
	q.failures++
	wait = wait/2 + time.Duration(jitter*float64(wait/2))
	q.next = now.Add(max(wait, min(asked, askedMost)))
}

// remove removes an alert, which may have made room meanwhile.
func (q *queue) remove(a Alert) {
	q.waiting = slices.DeleteFunc(q.waiting, func(b Alert) bool { return b.ID == a.ID })
}
