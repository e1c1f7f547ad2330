package object

import (
	"errors"
	"sync"
)

// ErrAbandoned: every player that waited for the object has gone, so its fetch ended. A
// player that asks at that moment begins another.
var ErrAbandoned = errors.New("no player waits for it any more")

// use is the readers of an object and the memory that it takes. The object's mu guards
// it.
type use struct {
	budget  *Budget
	coming  int64 // taken from the budget for attempts under way
	kept    int64 // taken for the body
	users   int
	players bool          // it is fetched for waiting players, and the fetch ends with the last of them
	came    bool          // there has been a reader
	left    chan struct{} // closed when the last reader leaves before the object is whole
	gone    bool          // it is no longer in the cache
}

// Account charges the object's memory to b. It must be called before the fetch.
func (o *Object) Account(b *Budget) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.budget = b
}

// Use says that a reader waits for the object or reads from it; the result ends that. A
// fetch for players ends with the last reader. Memory counts as taken as long as there
// are readers.
func (o *Object) Use() (end func()) {
	o.mu.Lock()
	o.use.users++
	o.use.came = true
	o.mu.Unlock()
	return sync.OnceFunc(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.use.users--
		o.leave()
		o.settle()
	})
}

// leave ends a fetch for players without readers. Needs mu.
func (o *Object) leave() {
	if o.use.users > 0 || !o.use.came || !o.use.players || o.content.Whole || o.content.Err != nil {
		return
	}
	close(o.use.left)
	o.changeLocked(func(c *Content) { c.Err = ErrAbandoned })
}

// ServePlayers says that the fetch is for the players that wait.
func (o *Object) ServePlayers() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.players = true
	o.leave()
}

// Left is closed when the last player that waited has gone before the object was whole.
func (o *Object) Left() <-chan struct{} { return o.use.left }

// IsLeft reports whether all players that waited have gone.
func (o *Object) IsLeft() bool {
	select {
	case <-o.use.left:
		return true
	default:
		return false
	}
}

func (o *Object) forPlayers() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.use.players
}

// Keep says that the fetch goes on without readers: a playlist lists the object by now.
func (o *Object) Keep() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.players = false
}

// Forget says that the object has left the cache; its memory is given back once it has no
// reader.
func (o *Object) Forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.gone = true
	o.settle()
}

// Bytes is how many bytes the object takes, including those under way.
func (o *Object) Bytes() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.use.kept + o.use.coming
}

// Used reports whether the object has a reader.
func (o *Object) Used() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.use.users > 0
}

// Take takes memory for bytes under way; must takes it beyond the limit, too.
func (o *Object) Take(n int64, must bool) bool {
	o.mu.Lock()
	b := o.use.budget
	o.mu.Unlock()
	switch {
	case b == nil:
	case must:
		b.Add(n)
	case !b.TryAdd(n):
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.coming += n
	return true
}

// Give gives back memory of bytes under way.
func (o *Object) Give(n int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.coming -= n
	if o.use.budget != nil {
		o.use.budget.Sub(n)
	}
}

// settle gives the body's memory back once no reader can come any more. Needs mu.
func (o *Object) settle() {
	switch {
	case o.use.users > 0 || !o.content.Whole && o.content.Err == nil:
		return
	case o.content.Err != nil:
		o.content.Body = nil
	case !o.use.gone:
		return
	}
	if o.use.budget != nil {
		o.use.budget.Sub(o.use.kept)
	}
	o.use.kept = 0
}

// TryFetch takes a slot for a fetch for players; nil when all are taken.
func (o *Object) TryFetch() (leave func()) {
	o.mu.Lock()
	b := o.use.budget
	o.mu.Unlock()
	if b == nil {
		return func() {}
	}
	return b.enter()
}
