package follow

import (
	"sync/atomic"
	"time"
)

// moment is a point in time that several goroutines set and read. It is counted by the
// monotonic clock: a step of the wall clock makes nothing older.
type moment struct {
	began time.Time    // what it is counted from
	ns    atomic.Int64 // since then, and one more: zero is no time yet
}

// set sets it and returns what it was.
func (m *moment) set(now time.Time) (before time.Time) {
	return m.timeOf(m.ns.Swap(int64(now.Sub(m.began)) + 1))
}

// get is when it was set last; zero for never.
func (m *moment) get() time.Time { return m.timeOf(m.ns.Load()) }

// was is get for those who read the wall clock alone, such as the next incarnation.
func (m *moment) was(now time.Time) time.Time {
	t := m.get()
	if t.IsZero() {
		return t
	}
	return now.Add(-now.Sub(t))
}

func (m *moment) timeOf(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return m.began.Add(time.Duration(ns - 1))
}
