package fastpath

import "bytes"

// request is a GET or a HEAD that a Response can answer by itself.
type request struct {
	target      []byte   // path and query as sent
	head        bool     // the method is HEAD
	ifNoneMatch []byte   // one strong entity tag; empty when there is no condition
	fromStart   bool     // "Range: bytes=0-", the whole as a part, as FFmpeg and VLC send it
	reports     [][]byte // the values of the fields of CMCD
	cookie      []byte   // the value of the only Cookie field; nil without one
	origin      bool     // it comes from a page of some site
	size        int      // of the request, in bytes
}

const endOfHeader = "\r\n\r\n"

// parse reads the first request of b. It accepts plain and unambiguous requests only: a
// complete GET or HEAD in HTTP/1.1 with well-formed header lines and one Host, without a
// body, a partial range, a condition other than one strong entity tag, credentials, or
// options for the connection. Everything else, valid or not, is not ok and left to
// net/http.
func parse(b []byte) (r request, ok bool) {
	end := bytes.Index(b, []byte(endOfHeader))
	if end < 0 {
		return r, false
	}
	r.size = end + len(endOfHeader)
	line, lines := nextLine(b[:end+2])
	if r.target, r.head, ok = targetOf(line); !ok {
		return r, false
	}
	hosts := 0
	for len(lines) > 0 {
		line, lines = nextLine(lines)
		name, value, ok := field(line)
		if !ok {
			return r, false
		}
		switch kindOf(name) {
		case fieldHost:
			if hosts++; hosts > 1 || !isHost(value) {
				return r, false
			}
		case fieldIfNoneMatch:
			if r.ifNoneMatch != nil || !isStrongTag(value) {
				return r, false
			}
			r.ifNoneMatch = value
		case fieldRange:
			if r.fromStart || string(value) != "bytes=0-" {
				return r, false
			}
			r.fromStart = true
		case fieldConnection:
			if !equalFold(value, "keep-alive") {
				return r, false
			}
		case fieldReport:
			if r.reports == nil {
				r.reports = make([][]byte, 0, 4) // as many as there are
			}
			r.reports = append(r.reports, value)
		case fieldCookie:
			if r.cookie != nil || len(value) == 0 {
				return r, false
			}
			r.cookie = value
		case fieldOrigin:
			r.origin = true
		case fieldDecisive:
			return r, false
		}
	}
	return r, hosts == 1
}

// nextLine cuts b behind its first CRLF, which it has.
func nextLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 1 || b[i-1] != '\r' {
		return b[:i+1], b[i+1:] // a bare LF, which fields and request lines refuse
	}
	return b[:i-1], b[i+1:]
}

// targetOf returns the target of a request line that is a GET or a HEAD in HTTP/1.1, in
// origin form (RFC 9112, 3.2.1).
func targetOf(line []byte) (target []byte, head, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte("GET "))
	if !ok {
		rest, head = bytes.CutPrefix(line, []byte("HEAD "))
	}
	target, version := bytes.CutSuffix(rest, []byte(" HTTP/1.1"))
	if !ok && !head || !version || len(target) == 0 || target[0] != '/' {
		return nil, false, false
	}
	for _, c := range target {
		if c <= ' ' || c >= 0x7f {
			return nil, false, false
		}
	}
	return target, head, true
}

// field splits a field line (RFC 9112, 5), without the white space around its value.
func field(line []byte) (name, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 {
		return nil, nil, false
	}
	for _, c := range line[:colon] {
		if !isToken[c] {
			return nil, nil, false
		}
	}
	value = line[colon+1:]
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return nil, nil, false
		}
	}
	return line[:colon], bytes.Trim(value, " \t"), true
}

// isToken holds the characters of a field name (RFC 9110, 5.6.2).
var isToken = func() (is [256]bool) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		is[c] = true
	}
	return is
}()

// isHost reports whether v is a Host that every reader accepts.
func isHost(v []byte) bool {
	for _, c := range v {
		if !isToken[c] && c != ':' && c != '[' && c != ']' || c == '%' || c == '|' || c == '^' || c == '`' || c == '#' {
			return false
		}
	}
	return len(v) > 0
}

// isStrongTag reports whether v is one strong entity tag (RFC 9110, 8.8.3).
func isStrongTag(v []byte) bool {
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return false
	}
	for _, c := range v[1 : len(v)-1] {
		if c <= ' ' || c == '"' || c >= 0x7f {
			return false
		}
	}
	return true
}

// A fieldKind is what a field means for the answer.
type fieldKind uint8

const (
	fieldOther fieldKind = iota // does not change the answer
	fieldHost
	fieldConnection
	fieldIfNoneMatch
	fieldRange
	fieldReport // says what the player feels (CTA-5004), and changes nothing
	fieldCookie
	fieldOrigin   // changes the answer only with a cookie: then it names the site
	fieldDecisive // may change the answer
)

// reportField begins the names of the fields of CMCD: CMCD-Request, CMCD-Object,
// CMCD-Status, CMCD-Session.
const reportField = "cmcd-"

func kindOf(name []byte) fieldKind {
	if len(name) == 0 {
		return fieldOther
	}
	switch name[0] | 0x20 {
	case 'h':
		if equalFold(name, "host") {
			return fieldHost
		}
	case 'i':
		if equalFold(name, "if-none-match") {
			return fieldIfNoneMatch
		}
		if len(name) > 3 && equalFold(name[:3], "if-") {
			return fieldDecisive
		}
	case 'c':
		if equalFold(name, "connection") {
			return fieldConnection
		}
		if equalFold(name, "cookie") {
			return fieldCookie
		}
		if equalFold(name, "content-length") {
			return fieldDecisive
		}
		if len(name) > len(reportField) && equalFold(name[:len(reportField)], reportField) {
			return fieldReport
		}
	case 'a':
		if equalFold(name, "authorization") {
			return fieldDecisive
		}
	case 'o':
		if equalFold(name, "origin") {
			return fieldOrigin
		}
	case 'r':
		if equalFold(name, "range") {
			return fieldRange
		}
	case 'e', 'p', 't', 'u':
		for _, decisive := range [...]string{"expect", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"} {
			if equalFold(name, decisive) {
				return fieldDecisive
			}
		}
	}
	return fieldOther
}

// equalFold reports whether b is lower, a name in lower case, in any case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
