package fetch

import (
	"errors"
	"fmt"
	"net/http"

	"livestream-tui/services/proxy/upstream"
)

// resume is what a request for the rest of a resource needs.
type resume struct {
	head []byte // what came already
	etag string
	size int64
}

// overlap is what there is of an answer's body.
type overlap struct {
	head []byte // what comes before it
	cut  int64  // how much at its beginning is not wanted
	size int64  // of head and what is wanted of it, -1 when not told
	part bool   // more may follow that is not wanted
}

// place is what tells sources apart.
type place struct {
	from   *upstream.Upstream
	target string
}

func placeOf(s upstream.Source) place { return place{s.From, s.Target} }

// rangeHeader is the header that asks for the source from its byte offset on, where
// what is held already came with etag.
func rangeHeader(s upstream.Source, offset int64, etag string) http.Header {
	h := http.Header{}
	switch {
	case s.Range != nil:
		h.Set("Range", fmt.Sprintf("bytes=%d-%d", s.Range.From+offset, s.Range.From+s.Range.Length-1))
	case offset > 0:
		h.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	if offset > 0 {
		h.Set("If-Range", etag)
	}
	return h
}

// continues reports whether res is the rest that was asked for, of the same bytes:
// not every server minds If-Range.
func continues(s upstream.Source, res *http.Response, r resume) bool {
	if len(r.head) == 0 || res.StatusCode != http.StatusPartialContent || res.Header.Get("ETag") != r.etag || coded(res.Header) {
		return false
	}
	first, last, total, ok := upstream.ContentRange(res.Header)
	var from int64
	if s.Range != nil {
		from, total = s.Range.From, r.size // of how much it is a range does not matter
	}
	return ok && first == from+int64(len(r.head)) && last == from+r.size-1 && total == r.size
}

func coded(h http.Header) bool { return h.Get("Content-Encoding") != "" }

// overlapOf is what an answer has of the source; zipped: it was decoded.
func overlapOf(s upstream.Source, res *http.Response, r resume, zipped bool) (overlap, error) {
	switch {
	case res.StatusCode == http.StatusPartialContent && zipped:
		return overlap{}, errors.New("answered a part of a coding")
	case continues(s, res, r):
		return overlap{head: r.head, size: r.size}, nil
	case res.StatusCode == http.StatusPartialContent && s.Range != nil:
		first, last, _, ok := upstream.ContentRange(res.Header)
		if !ok || first != s.Range.From || last != s.Range.From+s.Range.Length-1 {
			return overlap{}, fmt.Errorf("answered %.60q, asked was for %d bytes from %d on", res.Header.Get("Content-Range"), s.Range.Length, s.Range.From)
		}
		return overlap{size: s.Range.Length}, nil
	case res.StatusCode == http.StatusPartialContent:
		return overlap{}, &upstream.StatusError{Status: res.StatusCode, Header: res.Header}
	case s.Range == nil:
		return overlap{size: res.ContentLength}, nil
	case s.Range.From > maxCut:
		return overlap{}, fmt.Errorf("does not know ranges: %d bytes come before the one that is wanted, at most %d are read", s.Range.From, maxCut)
	case res.ContentLength >= 0 && res.ContentLength < s.Range.From+s.Range.Length:
		return overlap{}, fmt.Errorf("answered %d bytes, the range goes to %d", res.ContentLength, s.Range.From+s.Range.Length)
	}
	return overlap{cut: s.Range.From, size: s.Range.Length, part: true}, nil
}
