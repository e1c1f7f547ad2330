package player

import (
	"net/http"
	"strconv"
	"strings"

	"livestream-tui/services/hls/m3u8"
)

// rangeOf is the range that a request asks for, if it is a single one with both ends and
// without a condition.
func rangeOf(r *http.Request) (*m3u8.ByteRange, bool) {
	text, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if !ok || r.Header.Get("If-Range") != "" {
		return nil, false
	}
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		return nil, false
	}
	first, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return nil, false
	}
	last, err := strconv.ParseInt(to, 10, 64)
	if err != nil || last < first {
		return nil, false
	}
	return &m3u8.ByteRange{Offset: first, Length: last - first + 1}, true
}

// isUnchanged reports whether a request has a condition that a resource modified at that
// time does not meet (RFC 9110, 13.1.3).
func isUnchanged(r *http.Request, modified string) bool {
	since := r.Header.Get("If-Modified-Since")
	if since == "" || modified == "" || r.Header.Get("If-None-Match") != "" {
		return false
	}
	a, err := http.ParseTime(since)
	b, wrong := http.ParseTime(modified)
	return since == modified || err == nil && wrong == nil && !b.After(a)
}

// plain reports whether the request asks for the whole resource unconditionally.
func plain(r *http.Request) bool {
	for _, name := range [...]string{"Range", "If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		if _, is := r.Header[name]; is {
			return false
		}
	}
	return true
}

func copyHeader(to, from http.Header, names ...string) {
	for _, name := range names {
		if v := from.Get(name); v != "" {
			to.Set(name, v)
		}
	}
}

// merge adds the headers that are not set yet.
func merge(to, from http.Header) {
	for name, values := range from {
		switch _, has := to[name]; {
		case !has:
			to[name] = values
		case name == "Vary":
			for _, v := range values {
				to.Add(name, v)
			}
		}
	}
}
