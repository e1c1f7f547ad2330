package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// attempt is one request to one packager for one resource, or for the rest of it.
// Its own goroutine fills it; the fetch looks at it.
type attempt struct {
	from   *upstream
	cancel context.CancelFunc
	began  time.Time

	// Used by the fetch alone.
	hedged  bool // a peer was asked because of it
	silent  bool // its silence was told
	checked int64
	head    []byte // the beginning, which another attempt got; used where offset is not 0
	joined  []byte // head and what was received, so far

	mu     sync.Mutex
	offset int64    // where in the resource its bytes begin; guarded by mu
	state  progress // guarded by mu
}

// progress is how far an attempt is.
type progress struct {
	answered bool
	buf      []byte // received, from offset on; only appended to
	size     int64  // of the whole resource, -1 when not told
	kind     string // Content-Type
	etag     string // strong, as the packager gave it
	digest   string // Repr-Digest
	last     time.Time
	wait     time.Duration // to the first byte
	ended    bool
	err      error // why it ended; nil when whole
}

func (a *attempt) now() progress {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

// end is the position behind its last byte.
func (a *attempt) end(p progress) int64 { return a.start() + int64(len(p.buf)) }

// whole is the resource from its beginning, as far as it is known.
func (a *attempt) whole(p progress) []byte {
	if a.start() == 0 {
		return p.buf
	}
	if a.joined == nil {
		a.joined = append(make([]byte, 0, p.size), a.head...)
	}
	have := len(a.joined) - len(a.head)
	a.joined = append(a.joined, p.buf[have:]...)
	return a.joined
}

// start is where its bytes begin: an answer of the whole begins at 0.
func (a *attempt) start() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.offset
}

// resume is what a request for the rest of a resource needs.
type resume struct {
	offset int64
	etag   string
	size   int64
}

// answers reports whether res is the rest that was asked for, of the same bytes:
// not every server minds If-Range.
func (r resume) answers(res *http.Response) bool {
	return r.offset > 0 && res.StatusCode == http.StatusPartialContent && res.Header.Get("ETag") == r.etag &&
		res.Header.Get("Content-Range") == fmt.Sprintf("bytes %d-%d/%d", r.offset, r.size-1, r.size)
}

// run asks and reads until the end. It tells kick of everything new.
func (a *attempt) run(ctx context.Context, key string, want container, r resume, kick chan<- struct{}) {
	err := a.read(ctx, key, want, r, kick)
	a.mu.Lock()
	a.state.ended, a.state.err = true, err
	a.mu.Unlock()
	tell(kick)
}

func tell(kick chan<- struct{}) {
	select {
	case kick <- struct{}{}:
	default: // a kick waits already
	}
}

const readSize = 64 << 10

func (a *attempt) read(ctx context.Context, key string, want container, r resume, kick chan<- struct{}) error {
	header := http.Header{}
	if r.offset > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", r.offset))
		header.Set("If-Range", r.etag)
	}
	res, err := a.from.get(ctx, key, header)
	if err != nil {
		return err
	}
	if r.offset > 0 && !r.answers(res) && (res.StatusCode == http.StatusPartialContent || res.StatusCode == http.StatusRequestedRangeNotSatisfiable) {
		// Not the rest of those bytes: its whole will be compared with them.
		res.Body.Close()
		if res, err = a.from.get(ctx, key, http.Header{}); err != nil {
			return err
		}
	}
	defer res.Body.Close()
	size := res.ContentLength
	if r.answers(res) {
		if err := checkAnswer(res, http.StatusPartialContent); err != nil {
			return err
		}
		size = r.size
	} else {
		if err := checkAnswer(res, http.StatusOK); err != nil {
			return err
		}
		a.mu.Lock()
		a.offset = 0 // the whole of it, whatever was asked for
		a.mu.Unlock()
	}
	wait := time.Since(a.began)
	a.from.answered(wait)
	a.mu.Lock()
	a.state.answered, a.state.size, a.state.last, a.state.wait = true, size, time.Now(), wait
	a.state.kind, a.state.digest = res.Header.Get("Content-Type"), res.Header.Get("Repr-Digest")
	if tag := res.Header.Get("ETag"); len(tag) > 2 && tag[0] == '"' {
		a.state.etag = tag
	}
	offset := a.offset
	a.mu.Unlock()
	tell(kick)
	return a.receive(res.Body, want, offset, size, kick)
}

func (a *attempt) receive(body io.Reader, want container, offset, size int64, kick chan<- struct{}) error {
	room := size - offset
	if size < 0 {
		room = readSize
	}
	buf := make([]byte, 0, min(room, maxObject))
	for {
		if len(buf) == cap(buf) {
			if size >= 0 {
				return a.finish(body, buf)
			}
			grown := make([]byte, len(buf), 2*cap(buf))
			copy(grown, buf)
			buf = grown
		}
		n, err := body.Read(buf[len(buf):min(cap(buf), len(buf)+readSize)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > maxObject {
			return fmt.Errorf("more than %d bytes", maxObject)
		}
		if n > 0 {
			if offset == 0 {
				if err := checkBegin(want, buf); err != nil {
					return err
				}
			}
			a.mu.Lock()
			a.state.buf, a.state.last = buf, time.Now()
			a.mu.Unlock()
			tell(kick)
		}
		switch {
		case errors.Is(err, io.EOF) && size >= 0 && offset+int64(len(buf)) < size:
			return io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// finish reads the end after the last byte that was told of.
func (a *attempt) finish(body io.Reader, buf []byte) error {
	var one [1]byte
	switch n, err := body.Read(one[:]); {
	case n > 0:
		return fmt.Errorf("more than the %d bytes that were told", len(buf))
	case err != nil && !errors.Is(err, io.EOF):
		return err
	}
	return nil
}
