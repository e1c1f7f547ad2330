package fetch

import "sync"

// use is who uses an object, and what memory it takes. The object's mu guards it.
type use struct {
	budget  *Budget
	coming  int64 // taken of the budget for attempts under way
	held    int64 // taken for the body
	users   int
	players bool          // its fetch is for those who wait, and ends with the last of them
	came    bool          // there has been a user
	left    chan struct{} // closed when the last one went before the object was whole
	gone    bool          // nobody new will find it
}

// Account makes the object's bytes count in b. It must be called before the fetch.
func (o *Object) Account(b *Budget) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.budget = b
}

// Hold says that somebody waits for the object, or reads from it; the result ends
// that. What is fetched for players alone ends with the last of them, and memory
// counts as used for so long.
func (o *Object) Hold() (end func()) {
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

// leave ends what nobody waits for. Needs mu.
func (o *Object) leave() {
	if o.use.users > 0 || !o.use.came || !o.use.players || o.content.Whole || o.content.Err != nil {
		return
	}
	close(o.use.left)
	o.changeLocked(func(c *Content) { c.Err = ErrAbandoned })
}

// forWaiting says that the fetch is for those who wait for it.
func (o *Object) forWaiting() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.players = true
	o.leave()
}

// isLeft reports whether everybody who waited has gone.
func (o *Object) isLeft() bool {
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

// Keep says that it is wanted whoever waits: a playlist lists it by now.
func (o *Object) Keep() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.players = false
}

// Forget says that nobody new will find the object; its bytes count no longer once
// nobody holds it.
func (o *Object) Forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.gone = true
	o.settle()
}

// Held is how many bytes the object takes, with those under way.
func (o *Object) Held() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.use.held + o.use.coming
}

// Used reports whether somebody holds the object.
func (o *Object) Used() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.use.users > 0
}

// take takes memory for bytes under way; must says that they come whatever the limit.
func (o *Object) take(n int64, must bool) bool {
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

// give gives back what was taken for bytes under way.
func (o *Object) give(n int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.use.coming -= n
	if o.use.budget != nil {
		o.use.budget.Sub(n)
	}
}

// settle gives the body's memory back once nobody can come to read it. Needs mu.
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
		o.use.budget.Sub(o.use.held)
	}
	o.use.held = 0
}

// enter takes a slot for a fetch for players; nil when there is none.
func (o *Object) enter() (leave func()) {
	o.mu.Lock()
	b := o.use.budget
	o.mu.Unlock()
	if b == nil {
		return func() {}
	}
	return b.enter()
}
