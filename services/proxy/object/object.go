package object

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"livestream-tui/services/kit/fastpath"
)

// Object is one resource of packagers: fetched once for any number of readers, and kept
// whole in memory. While it is fetched, its first bytes may already be sent. Safe for
// concurrent use.
type Object struct {
	key     string
	started time.Time // of the fetch

	mu      sync.Mutex
	content Content       // guarded by mu
	changed chan struct{} // closed and replaced when content changes; guarded by mu
	readers int           // that want bytes as they arrive; guarded by mu
	wanted  chan struct{} // signalled when readers becomes positive
	use     use           // guarded by mu
	ended   time.Time     // when it became whole or failed; guarded by mu

	touched atomic.Int64                      // when a player last asked for it, ns since started
	ready   atomic.Pointer[fastpath.Response] // once it is whole
}

// New returns an object without any bytes. A fetch fills it.
func New(key string, now time.Time) *Object {
	o := &Object{key: key, started: now, content: Content{Size: -1}, changed: make(chan struct{}), wanted: make(chan struct{}, 1)}
	o.use.left = make(chan struct{})
	o.Touch(now)
	return o
}

// Key is the key that New was given.
func (o *Object) Key() string { return o.key }

// Started is when its fetch began.
func (o *Object) Started() time.Time { return o.started }

// Ended is when it became whole, or failed; zero before.
func (o *Object) Ended() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ended
}

// Now is the content as it is, and a channel that is closed when it changes.
func (o *Object) Now() (Content, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.content, o.changed
}

// Touch notes that a player asked for it.
func (o *Object) Touch(now time.Time) { o.touched.Store(int64(now.Sub(o.started))) }

// Touched is when a player last asked for it.
func (o *Object) Touched() time.Time { return o.started.Add(time.Duration(o.touched.Load())) }

// Done reports whether it is whole, and else the reason when it never will be.
func (o *Object) Done() (whole bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.content.Whole, o.content.Err
}

// Ready is the answer to a plain request, nil while the object is not whole. The caller
// uses the object until the answer is sent (Use).
func (o *Object) Ready() *fastpath.Response { return o.ready.Load() }

// Quick is Ready for a caller that cannot use the object. It is nil as well for what was
// fetched for players: such objects are unbounded in number, so every reader must be
// counted.
func (o *Object) Quick() *fastpath.Response {
	res := o.ready.Load()
	if res == nil || o.forPlayers() {
		return nil
	}
	return res
}

// Await returns when the object is whole or has failed, or ctx has ended. It uses the
// object until then; a caller that goes on reading must use it before (Use).
func (o *Object) Await(ctx context.Context) (Content, error) {
	defer o.Use()()
	for {
		c, changed := o.Now()
		switch {
		case c.Err != nil:
			return c, c.Err
		case c.Whole:
			return c, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return c, ctx.Err()
		}
	}
}

// Stream says that a reader wants the bytes as they arrive; the result ends that. It
// uses the object.
func (o *Object) Stream() (end func()) {
	release := o.Use()
	o.mu.Lock()
	o.readers++
	o.mu.Unlock()
	select {
	case o.wanted <- struct{}{}:
	default: // signalled already
	}
	return sync.OnceFunc(func() {
		o.mu.Lock()
		o.readers--
		o.mu.Unlock()
		release()
	})
}

// Wanted is signalled when a reader first wants the bytes as they arrive.
func (o *Object) Wanted() <-chan struct{} { return o.wanted }

// IsStreaming reports whether bytes are sent as they arrive, or were.
func (o *Object) IsStreaming() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.readers > 0 || len(o.content.Body) > 0
}

// change applies by and wakes the readers, unless the object has ended.
func (o *Object) change(by func(*Content)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changeLocked(by)
}

// changeLocked is change with mu held.
func (o *Object) changeLocked(by func(*Content)) {
	if o.content.Whole || o.content.Err != nil {
		return
	}
	by(&o.content)
	if o.content.Whole || o.content.Err != nil {
		o.ended = time.Now()
	}
	close(o.changed)
	o.changed = make(chan struct{})
	o.settle()
}

// Describe publishes size and type before any byte is.
func (o *Object) Describe(size int64, kind, packager string, header http.Header) {
	o.change(func(c *Content) { c.Size, c.Type, c.Packager, c.Header = size, kind, packager, header })
}

// Grow publishes a longer prefix; body begins with what was published.
func (o *Object) Grow(body []byte) { o.change(func(c *Content) { c.Body = body }) }

// Arriving notes that bytes arrive, although none may be published yet.
func (o *Object) Arriving() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.content.Begun = true
}

// Fill makes the object whole with content that did not come by its fetch. It takes Body,
// Type, Packager, Header, Start and Odd, and sets the rest.
func (o *Object) Fill(c Content) {
	n := int64(cap(c.Body))
	o.Take(n, true)
	if !o.Finish(c, n) {
		o.Give(n)
	}
}

// Finish makes the object whole; n bytes that were taken for the body stay with it. False
// when the object had ended before.
func (o *Object) Finish(c Content, n int64) bool {
	c.Size, c.Begun, c.Whole, c.Err, c.ETag = int64(len(c.Body)), true, true, nil, ETagOf(c.Body)
	ready := fastpath.NewResponse(c.PlayerHeader(), c.Body)
	finished := false
	o.change(func(to *Content) {
		*to = c
		o.use.coming -= n
		o.use.kept = n
		o.ready.Store(ready)
		finished = true
	})
	return finished
}

// Fail ends the object with an error, unless it is whole.
func (o *Object) Fail(err error) { o.change(func(c *Content) { c.Err = err }) }
