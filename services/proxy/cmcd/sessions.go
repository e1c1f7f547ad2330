package cmcd

import (
	"hash/maphash"
	"sync"
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
	seed maphash.Seed
	all  [shards]shard
}

type shard struct {
	mu             sync.Mutex
	list           map[string]*session // by ID; guarded by mu
	oldest, newest *session            // guarded by mu
	counted        int                 // reports since the last sweep; guarded by mu
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

// end forgets a session. Needs mu.
func (s *shard) end(one *session) {
	s.unlink(one)
	delete(s.list, one.id)
	one.of.left()
}

// sweep ends the sessions that were not heard for long. It returns how many reports were
// counted since it was last called.
func (s *shard) sweep(now time.Time) (counted int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.oldest != nil && now.Sub(s.oldest.heard) > silenceMost {
		s.end(s.oldest)
	}
	counted, s.counted = s.counted, 0
	return counted
}
