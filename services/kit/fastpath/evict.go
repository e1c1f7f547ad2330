package fastpath

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// The errors that a Listener's late gets when descriptors are short, one for each
// connection.
var (
	// ErrEvicted says that an idle connection was closed for a new one.
	ErrEvicted = errors.New("descriptors are short: an idle connection was closed")
	// ErrRefused says that a new connection was closed because no other was idle.
	ErrRefused = errors.New("descriptors are short and no connection is idle: a new one was closed")
)

// KeepBelow leaves the descriptors from that number on to others. A connection that gets
// such a descriptor evicts the connection that has been idle the longest; those without
// any request go first. The number of a new descriptor tells how many are open in the
// whole process. Zero means no bound. Call it before Accept.
func (l *Listener) KeepBelow(descriptors int) {
	l.short = func(wire net.Conn) bool { return descriptors > 0 && descriptorOf(wire) >= descriptors }
}

// descriptorOf returns -1 when the connection has no descriptor.
func descriptorOf(wire net.Conn) int {
	number := -1
	if c, ok := wire.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { number = int(fd) }) // fails only when it is closed
		}
	}
	return number
}

// ConnState tells the Listener which of the http.Server's connections are idle. It is
// for http.Server.ConnState; without it all of them count as busy.
func (l *Listener) ConnState(wire net.Conn, state http.ConnState) {
	if t, is := wire.(*tls.Conn); is {
		wire = t.NetConn()
	}
	h, ok := wire.(*serverConn)
	if !ok {
		return
	}
	switch state {
	case http.StateNew, http.StateIdle:
		h.c.since.Store(l.now.Load())
		h.c.state.CompareAndSwap(serving, resting)
	case http.StateActive:
		h.c.asked.Store(true)
		h.c.state.CompareAndSwap(resting, serving)
	}
}

// admit makes room for an accepted connection when descriptors are short; false when
// there is no room. Only the accepting goroutine calls it.
func (l *Listener) admit(wire net.Conn) bool {
	if !l.short(wire) {
		l.room = 0
		return true
	}
	if l.room == 0 {
		l.makeRoom()
	}
	if l.room == 0 {
		return false
	}
	l.room--
	runtime.Gosched() // lets the evicted connections close their descriptors
	return true
}

// evictAtOnce is the share of all connections that is evicted at once, 1/64 but at least
// one: finding the oldest takes a look at all.
const evictAtOnce = 64

// betweenRequests is how long a player may be idle between two segments. Its next request
// may be on its way, and would be lost with the connection.
const betweenRequests = 10 * time.Second

// makeRoom evicts some idle connections, but no player between two segments.
func (l *Listener) makeRoom() {
	list := l.list()
	most := max(len(list)/evictAtOnce, 1)
	now := l.now.Load()
	idle := slices.DeleteFunc(list, func(c *conn) bool {
		return !c.isIdle() || c.asked.Load() && now-c.since.Load() < int64(betweenRequests)
	})
	type rank struct {
		c     *conn
		asked bool
		since int64
	}
	ranks := make([]rank, len(idle))
	for i, c := range idle {
		ranks[i] = rank{c, c.asked.Load(), c.since.Load()} // copied: they may change during the sort
	}
	slices.SortFunc(ranks, func(a, b rank) int {
		if a.asked != b.asked {
			if b.asked {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.c.number, b.c.number))
	})
	for _, r := range ranks {
		if l.room >= most {
			break
		}
		if r.c.evict() {
			l.room++
			l.late(ErrEvicted)
		}
	}
}

func (c *conn) isIdle() bool {
	s := c.state.Load()
	return s == waiting || s == resting
}

// evict ends the connection unless it is in the middle of something.
func (c *conn) evict() bool {
	if c.state.CompareAndSwap(waiting, ended) {
		c.wake()
		return true
	}
	if c.state.CompareAndSwap(resting, ended) {
		_ = c.wire.Close() // the http.Server notices
		return true
	}
	return false
}
