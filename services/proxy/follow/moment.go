package follow

import (
	"sync/atomic"
	"time"
)

// moment is a point in time that several goroutines set and read. It uses the monotonic
// clock, so that a step of the wall clock makes nothing older.
type moment struct {
	began time.Time    // the time that it is counted from
	ns    atomic.Int64 // since then, plus one; zero means never
}

// set sets it and returns the time before.
func (m *moment) set(now time.Time) (before time.Time) {
	return m.timeOf(m.ns.Swap(int64(now.Sub(m.began)) + 1))
}

// get is when it was last set; zero for never.
func (m *moment) get() time.Time { return m.timeOf(m.ns.Load()) }

// was is get as a wall clock time, for readers in another process.
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
