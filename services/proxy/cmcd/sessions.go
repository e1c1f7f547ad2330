package cmcd

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// sessionsMost is how many sessions are known at the same time; beyond that, those
	// that were not heard for longest are forgotten.
	sessionsMost = 32768
	shards       = 64
	// silenceMost is how long a session lasts without a report: longer than players pause
	// between two loads of a live playlist.
	silenceMost = 30 * time.Second
)

// sessions are all sessions, spread by their IDs over shards, so that requests seldom wait
// for each other. Safe for concurrent use.
type sessions struct {
	seed  maphash.Seed
	all   [shards]shard
	marks marks
	turn  atomic.Uint32 // counts the turns; 0 when there is none
}

type shard struct {
	mu             sync.Mutex
	list           map[string]*session // by ID; guarded by mu
	oldest, newest *session            // guarded by mu
	counted        atomic.Int64        // reports since the last sweep
	_              [24]byte            // processors share no line of memory for two shards
}

func (s *sessions) shardOf(id []byte) *shard {
	return &s.all[maphash.Bytes(s.seed, id)%shards]
}

// add adds a session as the newest. Needs mu.
func (s *shard) add(one *session) {
	if s.list == nil {
		s.list = map[string]*session{}
	}
	s.list[one.id] = one
	s.link(one)
}

// link makes a session the newest. Needs mu.
func (s *shard) link(one *session) {
	one.older, one.newer = s.newest, nil
	if s.newest != nil {
		s.newest.newer = one
	} else {
		s.oldest = one
	}
	s.newest = one
}

// unlink takes a session out of the order. Needs mu.
func (s *shard) unlink(one *session) {
	if one.older != nil {
		one.older.newer = one.newer
	} else {
		s.oldest = one.newer
	}
	if one.newer != nil {
		one.newer.older = one.older
	} else {
		s.newest = one.older
	}
}

// touch makes a session the newest again. Needs mu.
func (s *shard) touch(one *session) {
	if s.newest != one {
		s.unlink(one)
		s.link(one)
	}
}

// end forgets a session of a shard. Needs the shard's mu.
func (s *sessions) end(of *shard, one *session) {
	s.forget(one)
	of.unlink(one)
	delete(of.list, one.id)
	one.of.left()
}

// sweep ends the sessions of a shard that were not heard for long. It returns how many
// reports were counted since it was last called.
func (s *sessions) sweep(of *shard, now time.Time) (counted int64) {
	of.mu.Lock()
	defer of.mu.Unlock()
	for of.oldest != nil && now.Sub(of.oldest.heard) > silenceMost {
		s.end(of, of.oldest)
	}
	return of.counted.Swap(0)
}
