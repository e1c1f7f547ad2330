package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/proxy/upstream"
)

// relayStall is how long a body that is passed through may stand still.
const relayStall = 30 * time.Second

var errStalled = errors.New("the body stood still")

// decoded is a body without its coding.
type decoded struct {
	io.Reader
	io.Closer
}

// note keeps what is needed to continue an answer from another source: its strong entity
// tag, and the range of bytes that it has.
func (f *forward) note(res *http.Response) {
	f.start, f.last = 0, res.ContentLength-1
	switch res.StatusCode {
	case http.StatusOK:
		if res.ContentLength < 0 {
			f.last = -1
		}
	case http.StatusPartialContent:
		first, last, _, ok := upstream.ContentRange(res.Header)
		if !ok {
			return // it has several ranges
		}
		f.start, f.last = first, last
	default:
		return
	}
	if f.r.Method == http.MethodGet {
		f.etag = upstream.StrongTag(res.Header)
	}
}

// relay sends the body of an answer whose header was sent.
func (f *forward) relay(p reply) {
	var sent int64
	for tried := map[int]bool{}; ; {
		n, read, wrote := f.copy(p)
		sent += n
		tried[p.source] = true
		switch {
		case wrote != nil:
			panic(http.ErrAbortHandler)
		case read == nil, f.last >= 0 && f.etag != "" && f.start+sent > f.last:
			return
		}
		rest, ok := f.rest(sent, tried)
		if !ok {
			panic(http.ErrAbortHandler)
		}
		defer rest.close()
		p = rest
	}
}

// copy sends the bytes of a body as they come, and returns the error of the side that
// ended it.
func (f *forward) copy(p reply) (n int64, read, wrote error) {
	out := http.NewResponseController(f.w)
	stall := time.AfterFunc(relayStall, p.end)
	defer stall.Stop()
	b := make([]byte, 32<<10)
	for {
		stall.Reset(relayStall)
		got, err := p.res.Body.Read(b)
		if !stall.Stop() && err != nil && !errors.Is(err, io.EOF) {
			err = errStalled
		}
		if got > 0 {
			// An error only means that this connection has no deadline.
			_ = out.SetWriteDeadline(time.Now().Add(fastpath.WriteLimit(got)))
			sent, failed := f.w.Write(b[:got])
			if n += int64(sent); failed != nil {
				return n, nil, failed
			}
			_ = out.Flush() // the next write fails as well
		}
		switch {
		case errors.Is(err, io.EOF):
			return n, nil, nil
		case err != nil:
			return n, err, nil
		}
	}
}

// rest is the rest of the answer, after so many bytes, from a source that was not tried
// and has the same bytes.
func (f *forward) rest(sent int64, tried map[int]bool) (reply, bool) {
	if f.etag == "" || f.r.Context().Err() != nil {
		return reply{}, false
	}
	h := f.header.Clone()
	for _, name := range [...]string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		h.Del(name)
	}
	from := f.start + sent
	h.Set("If-Range", f.etag)
	h.Set("Range", fmt.Sprintf("bytes=%d-", from))
	if f.last >= 0 {
		h.Set("Range", fmt.Sprintf("bytes=%d-%d", from, f.last))
	}
	for i, s := range f.targets {
		if tried[i] {
			continue
		}
		tried[i] = true
		if p, ok := f.continued(s, i, h, from); ok {
			return p, true
		}
	}
	return reply{}, false
}

// continued asks one source for the rest of the answer.
func (f *forward) continued(s upstream.Source, i int, h http.Header, from int64) (reply, bool) {
	ctx, cancel := context.WithCancel(f.r.Context())
	late := time.AfterFunc(forwardNext, cancel)
	res, err := s.From.Do(ctx, http.MethodGet, s.Target, h)
	p := reply{source: i, res: res, end: cancel, err: err}
	if !late.Stop() || err != nil {
		p.close()
		return reply{}, false
	}
	first, last, total, ok := upstream.ContentRange(res.Header)
	if !ok || res.StatusCode != http.StatusPartialContent || upstream.StrongTag(res.Header) != f.etag || first != from ||
		f.last >= 0 && last != f.last || f.last < 0 && total >= 0 && last != total-1 {
		p.close()
		return reply{}, false
	}
	return p, true
}
