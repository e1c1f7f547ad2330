package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Source is where one packager holds a resource.
type Source struct {
	From   *Upstream
	Target string // path and query, escaped
	// Range is the part of it that is meant; nil is the whole.
	Range *Range
}

// Range is a part of a resource, in bytes.
type Range struct{ From, Length int64 }

// place is what tells sources apart.
type place struct {
	from   *Upstream
	target string
}

func (s Source) place() place { return place{s.From, s.Target} }

// request is the header that asks for the source from its byte offset on, where
// what is held already came with etag.
func (s Source) request(offset int64, etag string) http.Header {
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

// contentRange reads a Content-Range (RFC 9110, 14.4); total is -1 where it is not
// told.
func contentRange(h http.Header) (first, last, total int64, ok bool) {
	text, ok := strings.CutPrefix(h.Get("Content-Range"), "bytes ")
	if !ok {
		return 0, 0, 0, false
	}
	span, size, ok := strings.Cut(text, "/")
	a, b, dash := strings.Cut(span, "-")
	if !ok || !dash {
		return 0, 0, 0, false
	}
	first, err := strconv.ParseInt(a, 10, 64)
	if err != nil {
		return 0, 0, 0, false
	}
	if last, err = strconv.ParseInt(b, 10, 64); err != nil || first < 0 || last < first {
		return 0, 0, 0, false
	}
	if total = -1; size != "*" {
		if total, err = strconv.ParseInt(size, 10, 64); err != nil || total <= last {
			return 0, 0, 0, false
		}
	}
	return first, last, total, true
}

// strong is an answer's entity tag where it is a strong one (RFC 9110, 8.8.3), else
// empty.
func strong(h http.Header) string {
	if tag := h.Get("ETag"); len(tag) > 2 && tag[0] == '"' {
		return tag
	}
	return ""
}

// continues reports whether res is the rest that was asked for, of the same bytes:
// not every server minds If-Range.
func (s Source) continues(res *http.Response, r resume) bool {
	if len(r.head) == 0 || res.StatusCode != http.StatusPartialContent || res.Header.Get("ETag") != r.etag || coded(res.Header) {
		return false
	}
	first, last, total, ok := contentRange(res.Header)
	var from int64
	if s.Range != nil {
		from, total = s.Range.From, r.size // of how much it is a range does not matter
	}
	return ok && first == from+int64(len(r.head)) && last == from+r.size-1 && total == r.size
}

func coded(h http.Header) bool { return h.Get("Content-Encoding") != "" }

// overlap is what an answer has of the source; zipped: it was decoded.
func (s Source) overlap(res *http.Response, r resume, zipped bool) (overlap, error) {
	switch {
	case res.StatusCode == http.StatusPartialContent && zipped:
		return overlap{}, errors.New("answered a part of a coding")
	case s.continues(res, r):
		return overlap{head: r.head, size: r.size}, nil
	case res.StatusCode == http.StatusPartialContent && s.Range != nil:
		first, last, _, ok := contentRange(res.Header)
		if !ok || first != s.Range.From || last != s.Range.From+s.Range.Length-1 {
			return overlap{}, fmt.Errorf("answered %.60q, asked was for %d bytes from %d on", res.Header.Get("Content-Range"), s.Range.Length, s.Range.From)
		}
		return overlap{size: s.Range.Length}, nil
	case res.StatusCode == http.StatusPartialContent:
		return overlap{}, &StatusError{Status: res.StatusCode, Header: res.Header}
	case s.Range == nil:
		return overlap{size: res.ContentLength}, nil
	case s.Range.From > maxCut:
		return overlap{}, fmt.Errorf("does not know ranges: %d bytes come before the one that is wanted, at most %d are read", s.Range.From, maxCut)
	case res.ContentLength >= 0 && res.ContentLength < s.Range.From+s.Range.Length:
		return overlap{}, fmt.Errorf("answered %d bytes, the range goes to %d", res.ContentLength, s.Range.From+s.Range.Length)
	}
	return overlap{cut: s.Range.From, size: s.Range.Length, part: true}, nil
}
