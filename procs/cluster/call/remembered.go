package call

import (
	"sync"
	"time"
)

const (
	// rememberFor is how long a command's id is remembered, and rememberMost how many are.
	rememberFor  = time.Minute
	rememberMost = 1000
)

// remembered are the commands of a moment ago with their answers. The zero value is ready for
// use. Safe for concurrent use.
type remembered struct {
	mu   sync.Mutex
	byID map[string]*command // guarded by mu
}

// command is one that was given. answer may be read once done is closed.
type command struct {
	at     time.Time
	done   chan struct{}
	answer []byte
}

// once does a command the first time that its id comes, and returns that answer each time.
func (r *remembered) once(id string, now time.Time, do func() []byte) []byte {
	r.mu.Lock()
	if was := r.byID[id]; was != nil {
		r.mu.Unlock()
		<-was.done
		return was.answer
	}
	r.forget(now)
	c := &command{at: now, done: make(chan struct{})}
	if r.byID == nil {
		r.byID = map[string]*command{}
	}
	r.byID[id] = c
	r.mu.Unlock()
	defer close(c.done)
	c.answer = do()
	return c.answer
}

// forget forgets the commands of long ago, and all where there are too many. Needs mu.
func (r *remembered) forget(now time.Time) {
	for id, c := range r.byID {
		if now.Sub(c.at) > rememberFor || len(r.byID) >= rememberMost {
			delete(r.byID, id)
		}
	}
}
