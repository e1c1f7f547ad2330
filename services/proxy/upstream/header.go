package upstream

import (
	"net/http"
	"strconv"
	"strings"
)

// EndToEnd is a copy of a header without the fields of its connection (RFC 9110, 7.6.1).
func EndToEnd(h http.Header) http.Header {
	h = h.Clone()
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range [...]string{"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade"} {
		h.Del(name)
	}
	return h
}

// ContentRange reads a Content-Range (RFC 9110, 14.4); total is -1 when it is unknown.
func ContentRange(h http.Header) (first, last, total int64, ok bool) {
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

// StrongTag is an answer's entity tag if it is a strong one (RFC 9110, 8.8.3), else
// empty.
func StrongTag(h http.Header) string {
	if tag := h.Get("ETag"); len(tag) > 2 && tag[0] == '"' {
		return tag
	}
	return ""
}
