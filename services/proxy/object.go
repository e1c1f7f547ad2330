package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"livestream-tui/services/direct"
)

// object is one resource that packagers hold: fetched once however many ask, kept
// whole in memory. While it is fetched its first bytes may be sent already. Safe
// for concurrent use.
type object struct {
	key     string
	routed  bool      // a request for it is the routes' to answer
	started time.Time // of the fetch

	mu      sync.Mutex
	content               // guarded by mu
	changed chan struct{} // closed and replaced when content changes; guarded by mu
	readers int           // who wait for bytes as they arrive; guarded by mu
	wanted  chan struct{} // told when readers becomes positive
	expires time.Time     // when it may go unless it is listed; zero while it is fetched; guarded by mu

	touched atomic.Int64                    // when a player last asked for it, Unix ns
	ready   atomic.Pointer[direct.Response] // once it is whole
}

// content is an object at one moment. The bytes are never changed, only followed
// by more.
type content struct {
	body []byte // a prefix while not whole
	size int64  // of the whole; -1 when not known yet
	kind string // Content-Type
	etag string // strong, from the content; empty while not whole
	// packager is the base URL of the one that it came from.
	packager string
	begun    bool // bytes of it arrive
	whole    bool
	err      error // why there will be no more
}

var (
	// errNotFound: every packager says that there is no such thing.
	errNotFound = errors.New("no packager has it")
	// errUnavailable: no packager could be asked.
	errUnavailable = errors.New("no packager answers")
	// errOther: what came later is not what was sent before.
	errOther = errors.New("no packager has the rest of what was sent")
)

func newObject(key string, now time.Time) *object {
	o := &object{key: key, routed: isRouted(key), started: now, content: content{size: -1}, changed: make(chan struct{}), wanted: make(chan struct{}, 1)}
	o.touch(now)
	return o
}

// now is the content as it is, and a channel that is closed when it changes.
func (o *object) now() (content, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.content, o.changed
}

func (o *object) touch(now time.Time) { o.touched.Store(now.UnixNano()) }

func (o *object) done() (whole bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.whole, o.err
}

// await returns when the object is whole, has failed, or ctx has ended.
func (o *object) await(ctx context.Context) (content, error) {
	for {
		c, changed := o.now()
		switch {
		case c.err != nil:
			return c, c.err
		case c.whole:
			return c, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return c, ctx.Err()
		}
	}
}

// change applies by and wakes who waits.
func (o *object) change(by func(*content)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	by(&o.content)
	close(o.changed)
	o.changed = make(chan struct{})
}

// describe tells size and type before there is any byte.
func (o *object) describe(size int64, kind, packager string) {
	o.change(func(c *content) { c.size, c.kind, c.packager = size, kind, packager })
}

// grow publishes a longer prefix; body begins with what was published.
func (o *object) grow(body []byte) { o.change(func(c *content) { c.body = body }) }

func (o *object) finish(body []byte, kind, packager string) {
	o.change(func(c *content) {
		c.body, c.size, c.kind, c.packager, c.whole = body, int64(len(body)), kind, packager, true
		c.etag = etagOf(body)
		o.ready.Store(direct.NewResponse(mediaHeader(*c), body))
	})
}

// begin notes that bytes arrive, though none may be published yet.
func (o *object) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.begun = true
}

func (o *object) fail(err error) { o.change(func(c *content) { c.err = err }) }

// stream says that somebody wants the bytes as they arrive; the result ends that.
func (o *object) stream() (end func()) {
	o.mu.Lock()
	o.readers++
	o.mu.Unlock()
	select {
	case o.wanted <- struct{}{}:
	default: // told already
	}
	return func() {
		o.mu.Lock()
		o.readers--
		o.mu.Unlock()
	}
}

func (o *object) streaming() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.readers > 0 || len(o.body) > 0
}

// etagOf is a strong validator made from the content alone, so that it is the same
// whichever packager served, and after a restart.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
