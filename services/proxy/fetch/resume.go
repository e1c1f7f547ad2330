package fetch

import (
	"errors"
	"fmt"
	"net/http"

	"livestream-tui/services/proxy/upstream"
)

// resume is what a request for the rest of a resource needs.
type resume struct {
	head []byte // the bytes that came already
	etag string
	size int64
}

// overlap is how an answer's body relates to what is wanted.
type overlap struct {
	head []byte // the bytes before it
	cut  int64  // how many of its first bytes are not wanted
	size int64  // of head and the wanted part, -1 if unknown
	part bool   // more bytes may follow that are not wanted
}

// place identifies a source.
type place struct {
	from   *upstream.Upstream
	target string
}

func placeOf(s upstream.Source) place { return place{s.From, s.Target} }

// rangeHeader is the header of a request for the source from a byte offset on; etag is
// the validator of the bytes before the offset.
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

// continues reports whether res is the requested rest of the same bytes: not every server
// honours If-Range.
func continues(s upstream.Source, res *http.Response, r resume) bool {
	if len(r.head) == 0 || res.StatusCode != http.StatusPartialContent || res.Header.Get("ETag") != r.etag || coded(res.Header) {
		return false
	}
	first, last, total, ok := upstream.ContentRange(res.Header)
	var from int64
	if s.Range != nil {
		from, total = s.Range.From, r.size // the size of the file does not matter
	}
	return ok && first == from+int64(len(r.head)) && last == from+r.size-1 && total == r.size
}

func coded(h http.Header) bool { return h.Get("Content-Encoding") != "" }

// overlapOf relates an answer to the source; zipped means that it was decoded.
func overlapOf(s upstream.Source, res *http.Response, r resume, zipped bool) (overlap, error) {
	switch {
	case res.StatusCode == http.StatusPartialContent && zipped:
		return overlap{}, errors.New("answered a part of an encoded body")
	case continues(s, res, r):
		return overlap{head: r.head, size: r.size}, nil
	case res.StatusCode == http.StatusPartialContent && s.Range != nil:
		first, last, _, ok := upstream.ContentRange(res.Header)
		if !ok || first != s.Range.From || last != s.Range.From+s.Range.Length-1 {
			return overlap{}, fmt.Errorf("answered %.60q to a request for %d bytes from %d on", res.Header.Get("Content-Range"), s.Range.Length, s.Range.From)
		}
		return overlap{size: s.Range.Length}, nil
	case res.StatusCode == http.StatusPartialContent:
		return overlap{}, &upstream.StatusError{Status: res.StatusCode, Header: res.Header}
	case s.Range == nil:
		return overlap{size: res.ContentLength}, nil
	case s.Range.From > maxCut:
		return overlap{}, fmt.Errorf("does not support ranges: %d bytes come before the wanted ones, at most %d are read", s.Range.From, maxCut)
	case res.ContentLength >= 0 && res.ContentLength < s.Range.From+s.Range.Length:
		return overlap{}, fmt.Errorf("answered %d bytes, the range goes to %d", res.ContentLength, s.Range.From+s.Range.Length)
	}
	return overlap{cut: s.Range.From, size: s.Range.Length, part: true}, nil
}
