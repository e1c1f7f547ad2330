package service

import (
	"slices"
	"sync"
	"time"
)

// servers are all that serve a service. A list may be empty.
type servers struct {
	public []*server // its address, and the other loopback's
	admin  []*server // the address for operators, likewise
	socket *server   // its unix socket; nil when there is no supervisor
}

func (all *servers) list() []*server {
	list := slices.Concat(all.public, all.admin)
	if all.socket != nil {
		list = append(list, all.socket)
	}
	return list
}

// inherited reports whether the process that started us shares the public sockets.
func (all *servers) inherited() bool { return len(all.public) > 0 && all.public[0].inherited }

// handOver notes that another process serves the public sockets from now on. Safe for
// concurrent use.
func (all *servers) handOver() {
	for _, srv := range all.public {
		srv.succeeded.Store(true)
	}
}

// handedOver reports whether another process serves the public sockets.
func (all *servers) handedOver() bool { return len(all.public) > 0 && all.public[0].succeeded.Load() }

// refuse takes no more connections but those of the unix socket.
func (all *servers) refuse() {
	for _, srv := range all.admin { // first: a successor waits for this address
		srv.refuse()
	}
	for _, srv := range all.public {
		srv.refuse()
	}
}

// finish waits until every public connection has ended, limit at most.
func (all *servers) finish(limit time.Duration) {
	var ending sync.WaitGroup
	for _, srv := range all.public {
		ending.Go(func() { srv.finish(limit) })
	}
	ending.Wait()
}

// shutdown ends every connection, those with an open response after it, limit at most.
func (all *servers) shutdown(limit time.Duration) {
	var ending sync.WaitGroup
	for _, srv := range all.list() {
		ending.Go(func() { srv.shutdown(limit) })
	}
	ending.Wait()
}

// close closes what was never served.
func (all *servers) close() {
	for _, srv := range all.list() {
		_ = srv.listener.Close()
	}
}
