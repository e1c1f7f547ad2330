package player

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/hls/m3u8"
)

// The patience of hls.js (its default fragLoadPolicy and playlistLoadPolicy).
const (
	firstByteTimeout = 10 * time.Second
	playlistTimeout  = 20 * time.Second
	segmentTimeout   = 120 * time.Second
	retryFirst       = time.Second
	retryMost        = 8 * time.Second
	playlistRetries  = 2
	segmentRetries   = 6
)

const (
	// noticeable is the shortest wait that is remembered.
	noticeable = 500 * time.Microsecond
	maxSegment = 256 << 20 // bytes
	chunk      = 32 << 10  // bytes read at once
	// breath is how often a paced transfer reads.
	breath = 50 * time.Millisecond
)

// Request is one request of a player, complete or failed.
type Request struct {
	URL    string
	At     time.Time
	Length time.Duration
	// FirstByte is how long the header of the answer took, Longest the longest wait for
	// a next byte, the first included.
	FirstByte, Longest time.Duration
	Waited             time.Duration // in all
	Status             int           // 0 when there was no answer
	Bytes              int64
	Err                string // empty when it was complete
}

// Wait is a time in which a player waited for a byte, or to run.
type Wait struct {
	At     time.Time
	Length time.Duration
}

// refused is an answer with another status than the one that is wanted.
type refused struct{ status int }

func (e *refused) Error() string {
	return fmt.Sprintf("status %d %s", e.status, http.StatusText(e.status))
}

// order is what to fetch and how.
type order struct {
	url    string
	head   bool
	span   *m3u8.ByteRange // nil means the whole body
	limit  int64           // of the body in bytes
	within time.Duration
	// rate is how many bytes a second to read of a body of that length, which is -1 when
	// unknown. It is called before each read. Nil and zero mean no limit.
	rate func(length int64) float64
}

// answer is the answer to an order.
type answer struct {
	Request
	header http.Header
	body   []byte
}

// transfer carries out an order. The Request of the answer is filled in after an error
// too. waited is called for each noticeable wait.
func transfer(ctx context.Context, c *http.Client, o order, waited func(Wait)) (answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := answer{Request: Request{URL: o.url, At: time.Now()}}
	err := a.run(ctx, cancel, c, o, waited)
	a.Length = time.Since(a.At)
	if err != nil {
		err = reason(ctx, err)
		a.Err = err.Error()
	}
	return a, err
}

func (a *answer) run(ctx context.Context, cancel context.CancelCauseFunc, c *http.Client, o order, waited func(Wait)) error {
	late := time.AfterFunc(firstByteTimeout, func() { cancel(&lateError{fmt.Sprintf("no answer for %s", firstByteTimeout)}) })
	defer late.Stop()
	req, err := o.request(ctx)
	if err != nil {
		return err
	}
	res, err := c.Do(req)
	a.wait(a.At, waited)
	a.FirstByte = time.Since(a.At)
	late.Stop()
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // what was read is what counts
	over := time.AfterFunc(o.within, func() { cancel(&lateError{fmt.Sprintf("not whole after %s", o.within)}) })
	defer over.Stop()
	a.Status, a.header = res.StatusCode, res.Header
	want := http.StatusOK
	if o.span != nil {
		want = http.StatusPartialContent
	}
	if a.Status != want {
		return &refused{a.Status}
	}
	if o.head {
		return nil
	}
	if err := a.read(ctx, res, o, waited); err != nil {
		return err
	}
	if o.span != nil && a.Bytes != o.span.Length {
		return fmt.Errorf("%d bytes where a range of %d was asked for", a.Bytes, o.span.Length)
	}
	return nil
}

func (o order) request(ctx context.Context) (*http.Request, error) {
	method := http.MethodGet
	if o.head {
		method = http.MethodHead
	}
	req, err := http.NewRequestWithContext(ctx, method, o.url, nil)
	if err != nil {
		return nil, err
	}
	if o.span != nil {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", o.span.Offset, o.span.Offset+o.span.Length-1))
	}
	return req, nil
}

func (a *answer) read(ctx context.Context, res *http.Response, o order, waited func(Wait)) error {
	length := res.ContentLength
	a.body = make([]byte, 0, max(min(length, o.limit), 1<<12)+1)
	began := time.Now()
	at := int64(0) // bytes read since began, to keep the rate
	for {
		size := int64(chunk)
		rate := 0.0
		if o.rate != nil {
			rate = o.rate(length)
		}
		if rate > 0 {
			size = max(1, min(size, int64(rate*breath.Seconds())))
			due := began.Add(time.Duration(float64(at) / rate * float64(time.Second)))
			if err := follow.Until(ctx, due); err != nil {
				return err
			}
		} else {
			began, at = time.Now(), 0
		}
		n := len(a.body)
		if cap(a.body) == n {
			a.body = slices.Grow(a.body, chunk)
		}
		since := time.Now()
		got, err := res.Body.Read(a.body[n:min(n+int(size), cap(a.body))])
		a.wait(since, waited)
		a.body = a.body[:n+got]
		a.Bytes, at = int64(n+got), at+int64(got)
		switch {
		case a.Bytes > o.limit:
			return fmt.Errorf("more than %d bytes", o.limit)
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return &cutError{a.Bytes, length, err}
		}
	}
}

func (a *answer) wait(since time.Time, waited func(Wait)) {
	w := time.Since(since)
	a.Waited += w
	a.Longest = max(a.Longest, w)
	if w >= noticeable {
		waited(Wait{since, w})
	}
}

// reason is err without the method and URL, or why ctx was cancelled.
func reason(ctx context.Context, err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
		return cause
	}
	return err
}

// backoff is how long hls.js waits before its nth retry, from 0.
func backoff(n int) time.Duration {
	return min(retryFirst<<min(n, 10), retryMost)
}
