package fastpath

import (
	"bytes"
	"encoding/binary"
)

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
// net/http. The reports of the request are appended to room, which is empty.
func parse(b []byte, room [][]byte) (r request, ok bool) {
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
			room = append(room, value)
			r.reports = room
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
// origin form (RFC 9112, 3.2.1). Its path has no bad escape.
func targetOf(line []byte) (target []byte, head, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte("GET "))
	if !ok {
		rest, head = bytes.CutPrefix(line, []byte("HEAD "))
	}
	target, version := bytes.CutSuffix(rest, []byte(" HTTP/1.1"))
	if !ok && !head || !version || len(target) == 0 || target[0] != '/' {
		return nil, false, false
	}
	if !isVisible(target) || !isEscaped(target) {
		return nil, false, false
	}
	return target, head, true
}

// isEscaped reports whether every % in the path of a target begins an escape (RFC 3986,
// 2.1). A query is taken as it is.
func isEscaped(target []byte) bool {
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		target = target[:i]
	}
	for {
		i := bytes.IndexByte(target, '%')
		if i < 0 {
			return true
		}
		if target = target[i+1:]; len(target) < 2 || !isHex(target[0]) || !isHex(target[1]) {
			return false
		}
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// Eight bytes are looked at together, as one number: reports make targets and fields long.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// isVisible reports whether b is all visible ASCII, from ! to ~.
func isVisible(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		if ((w-'!'*ones)|w|(w+ones))&highs != 0 { // below !, beyond ASCII, DEL
			return false
		}
	}
	for _, c := range b {
		if c < '!' || c > '~' {
			return false
		}
	}
	return true
}

// isFieldValue reports whether b has no control character except tabs (RFC 9110, 5.5).
func isFieldValue(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		del := w ^ 0x7f*ones
		if (((w-' '*ones)&^w)|((del-ones)&^del))&highs != 0 && !hasNoControl(b[:8]) {
			return false
		}
	}
	return hasNoControl(b)
}

func hasNoControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
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
	if value = line[colon+1:]; !isFieldValue(value) {
		return nil, nil, false
	}
	return line[:colon], trimmed(value), true
}

// trimmed is a value without the white space around it.
func trimmed(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
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
