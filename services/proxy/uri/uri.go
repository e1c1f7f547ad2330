package uri

import (
	"errors"
	"strings"
)

// maxKey bounds a key, in bytes.
const maxKey = 8192

// Parts are the components of a URI reference, as written (RFC 3986, 3).
type Parts struct {
	Scheme, Authority, Path, Query string
	// HasAuthority and HasQuery distinguish an empty component from a missing one.
	HasAuthority, HasQuery bool
}

// Split splits a reference into its components (RFC 3986, appendix B), without the
// fragment. A scheme begins with a letter, so that "2026-11-28T10:00:00.ts" has no
// scheme.
func Split(ref string) Parts {
	var p Parts
	ref, _, _ = strings.Cut(ref, "#")
	if n := schemeEnd(ref); n > 0 {
		p.Scheme, ref = strings.ToLower(ref[:n]), ref[n+1:]
	}
	ref, p.Query, p.HasQuery = strings.Cut(ref, "?")
	if rest, ok := strings.CutPrefix(ref, "//"); ok {
		p.HasAuthority = true
		n := strings.IndexByte(rest, '/')
		if n < 0 {
			n = len(rest)
		}
		p.Authority, ref = rest[:n], rest[n:]
	}
	p.Path = ref
	return p
}

// schemeEnd is the position of the colon after a scheme, 0 when there is no scheme.
func schemeEnd(ref string) int {
	for i := range len(ref) {
		switch c := ref[i]; {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return i
		default:
			return 0
		}
	}
	return 0
}

// Target is path and query.
func (p Parts) Target() string {
	if p.HasQuery {
		return p.Path + "?" + p.Query
	}
	return p.Path
}

// Resolve is the reference resolved against base, an absolute URI or a target (RFC 3986,
// 5.2). Empty path elements stay, because they are significant.
func Resolve(base, ref string) Parts {
	b, r := Split(base), Split(ref)
	switch {
	case r.Scheme != "":
		r.Path = removeDots(r.Path)
		return r
	case r.HasAuthority:
		r.Scheme = b.Scheme
		r.Path = removeDots(r.Path)
		return r
	}
	t := Parts{Scheme: b.Scheme, Authority: b.Authority, HasAuthority: b.HasAuthority, Path: r.Path, Query: r.Query, HasQuery: r.HasQuery}
	switch {
	case r.Path == "":
		t.Path = b.Path
		if !r.HasQuery {
			t.Query, t.HasQuery = b.Query, b.HasQuery
		}
	case r.Path[0] != '/':
		t.Path = b.Path[:strings.LastIndexByte(b.Path, '/')+1] + r.Path
		if t.Path[0] != '/' {
			t.Path = "/" + t.Path
		}
	}
	t.Path = removeDots(t.Path)
	return t
}

// removeDots removes the path elements . and .. (RFC 3986, 5.2.4). A path that leads
// above the root stays at the root.
func removeDots(path string) string {
	if !strings.Contains(path, "/.") {
		return path
	}
	rooted := path[0] == '/'
	elements := strings.Split(path, "/")
	out := elements[:0:0]
	for i, e := range elements {
		last := i == len(elements)-1
		switch e {
		case ".":
		case "..":
			if len(out) > 1 || len(out) == 1 && !rooted {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, e)
			continue
		}
		if last {
			out = append(out, "")
		}
	}
	return strings.Join(out, "/")
}

var (
	errNoPath  = errors.New("the request names no path")
	errTooLong = errors.New("the path and its query are longer than 8192 bytes")
	errZero    = errors.New("the path has an escaped zero byte")
)

// Key is the key of a request's target as it came, in origin form or absolute form (RFC
// 9112, 3.2), without the query arguments that ignored names.
func Key(target string, ignored func(name string) bool) (string, error) {
	key, _, err := Keys(target, ignored)
	return key, err
}

// Keys is Key with the target at packagers. That differs from the key in its escapes,
// which stay as they were written.
func Keys(target string, ignored func(name string) bool) (key, asked string, err error) {
	if len(target) > maxKey {
		return "", "", errTooLong
	}
	p := Split(target)
	if strings.HasPrefix(target, "//") { // a path that begins with an empty element, without a host
		p = Parts{}
		target, _, _ = strings.Cut(target, "#")
		p.Path, p.Query, p.HasQuery = strings.Cut(target, "?")
	}
	if p.Path == "" && p.HasAuthority {
		p.Path = "/"
	}
	if p.Path == "" || p.Path[0] != '/' {
		return "", "", errNoPath
	}
	return p.keys(ignored)
}

// Key is the key of the resource on its host.
func (p Parts) Key() (string, error) {
	key, _, err := p.keys(nil)
	return key, err
}

func (p Parts) keys(ignored func(name string) bool) (key, asked string, err error) {
	if p.Path == "" {
		p.Path = "/"
	}
	p.Query = escaped(withoutDirectives(p.Query, ignored), false)
	p.HasQuery = p.Query != ""
	path := p.Path
	p.Path = removeDots(escaped(path, true))
	asked = p.Target()
	p.Path = removeDots(normal(path))
	if strings.Contains(p.Path, "%00") {
		return "", "", errZero
	}
	if key = p.Target(); len(key) > maxKey || len(asked) > maxKey {
		return "", "", errTooLong
	}
	return key, asked, nil
}

// withoutDirectives is a query without the arguments for a proxy (rfc8216bis, 6.2.5), and
// without those that are ignored.
func withoutDirectives(query string, ignored func(name string) bool) string {
	if query == "" || ignored == nil && !strings.Contains(query, "_HLS_") {
		return query
	}
	kept := make([]string, 0, 4)
	for argument := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(argument, "=")
		if !IsDirective(name) && (ignored == nil || !ignored(name)) {
			kept = append(kept, argument)
		}
	}
	return strings.Join(kept, "&")
}

// IsDirective reports whether a query argument is a delivery directive (rfc8216bis,
// 6.2.5).
func IsDirective(name string) bool {
	switch name {
	case "_HLS_msn", "_HLS_part", "_HLS_skip", "_HLS_push", "_HLS_report":
		return true
	}
	return false
}

const hex = "0123456789ABCDEF"

// escaped is s with every byte escaped that may not stand in a URI.
func escaped(s string, inPath bool) string {
	return rewritten(s, inPath, func(b []byte, c byte, s string) []byte { return append(b, s...) })
}

// normal is a path with its escapes in one form (RFC 3986, 6.2.2): none for unreserved
// characters, upper case for all others.
func normal(path string) string {
	return rewritten(path, true, func(b []byte, c byte, _ string) []byte {
		if unreserved(c) {
			return append(b, c)
		}
		return append(b, '%', hex[c>>4], hex[c&15])
	})
}

// rewritten escapes the bytes that must be escaped, and writes each existing escape s of
// a byte c by each.
func rewritten(s string, inPath bool, each func(b []byte, c byte, s string) []byte) string {
	plain := true
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] != '%' && allowed(s[i], inPath)
	}
	if plain {
		return s
	}
	b := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); i++ {
		c := s[i]
		hi, lo := unhex(s, i+1), unhex(s, i+2)
		switch {
		case c == '%' && hi >= 0 && lo >= 0:
			b = each(b, byte(hi<<4|lo), s[i:i+3])
			i += 2
		case c != '%' && allowed(c, inPath):
			b = append(b, c)
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

func unhex(s string, i int) int {
	if i >= len(s) {
		return -1
	}
	switch c := s[i]; {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// allowed reports whether a byte may stand unescaped in a path or a query (RFC 3986, 3.3
// and 3.4). Brackets, bars and braces may not, but are common in queries.
func allowed(c byte, inPath bool) bool {
	return unreserved(c) || strings.IndexByte("/:@!$&'()*+,;=", c) >= 0 || !inPath && (c == '?' || c == '|' || c == '[' || c == ']' || c == '{' || c == '}')
}
