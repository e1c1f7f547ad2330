package fastpath

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// What a Listener's late is told of connections when descriptors are short, once
// for each.
var (
	// ErrEvicted is that of one that stood idle: it was closed for a new one.
	ErrEvicted = errors.New("descriptors are short: an idle connection was closed")
	// ErrRefused is that of a new one: it was closed, since none is idle.
	ErrRefused = errors.New("descriptors are short and no connection is idle: a new one was closed")
)

// KeepBelow leaves the descriptors from that number on to others: a connection that
// would have one of those takes the place of the connection that has been idle the
// longest, one that never asked for anything before any other. The number of a new
// descriptor says how many are open, whoever has them. Zero: no bound. Call it
// before Accept.
func (l *Listener) KeepBelow(descriptors int) {
	l.short = func(wire net.Conn) bool { return descriptors > 0 && descriptorOf(wire) >= descriptors }
}

// descriptorOf is -1 for what has none.
func descriptorOf(wire net.Conn) int {
	number := -1
	if c, ok := wire.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { number = int(fd) }) // it is closed: it has none
		}
	}
	return number
}

// ConnState lets the Listener know which of the http.Server's connections are idle.
// It is for http.Server.ConnState; without it they all count as busy.
func (l *Listener) ConnState(wire net.Conn, state http.ConnState) {
	h, ok := wire.(*handed)
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

// admit makes room for a connection that has been accepted, where descriptors are
// short; false where there is none. It is the accepting goroutine's.
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
	runtime.Gosched() // for those that go, or they would have their descriptors still
	return true
}

// evictAtOnce is the share of all connections that is evicted at once, as 1 in so
// many, and one at least: to look for the oldest costs a look at all.
const evictAtOnce = 64

// betweenRequests is how long a player may be idle between two segments: its next request
// may be on its way already, and would be lost with the connection.
const betweenRequests = 10 * time.Second

// makeRoom evicts some of those that are idle, and no player that is on air.
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
		ranks[i] = rank{c, c.asked.Load(), c.since.Load()} // it may change while they are sorted
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
