package cmcd

import (
	"bytes"
	"errors"
	"strconv"
	"time"
)

// Report is what a player says at one moment. A duration or a bit rate below 0 was not
// said.
type Report struct {
	// Session identifies the session (sid), Content what it plays (cid).
	Session, Content []byte
	// Buffer (bl) is how much is buffered, Latency (ltc) how far behind the live edge it
	// plays, Start (msd) how long it took from the player's start to the first picture.
	Buffer, Latency, Start time.Duration
	// Bitrate (br) and Throughput (mtp) are in bit/s.
	Bitrate, Throughput int64
	// Starved (bs) means that it ran out of media since the report before, Startup (su)
	// that media is needed urgently: at the start, after a seek, after a stall.
	Starved, Startup bool
	// Object (ot) is the type of what is requested, State (sta) what the player does. Zero
	// when it does not say.
	Object, State token
	// Event (e) means that it is one of the events of version 2, and not about a request.
	Event bool
}

// token is a word of at most two letters.
type token [2]byte

func tokenOf(b []byte) (t token) {
	copy(t[:], b)
	return t
}

// said is a Report that says nothing.
func said() Report { return Report{Buffer: -1, Latency: -1, Start: -1, Bitrate: -1, Throughput: -1} }

var (
	errSyntax = errors.New("it is no list of keys and values")
	errValue  = errors.New("a value is not of its key's type")
	errLong   = errors.New("it is too long")
)

const (
	// reportMost bounds a report in bytes, sessionMost a session's ID (CTA-5004 allows 64
	// characters).
	reportMost  = 4096
	sessionMost = 64
	// numberMost bounds every number: ms and kbit/s that are larger are no measurement.
	numberMost = 1e9
)

// parseEscaped reads a query argument as it was sent. The report shares memory with plain.
func parseEscaped(r *Report, value []byte, plain *[reportMost]byte) error {
	if len(value) > reportMost {
		return errLong
	}
	n := 0
	for i := 0; i < len(value); i, n = i+1, n+1 {
		c := value[i]
		if c == '%' {
			var ok bool
			if c, ok = unescape(value[i+1:]); !ok {
				return errSyntax
			}
			i += 2
		}
		plain[n] = c
	}
	return parse(r, plain[:n])
}

// parse adds to a report what a list of keys and values says (CTA-5004, 3.2).
func parse(r *Report, b []byte) error {
	if len(b) > reportMost {
		return errLong
	}
	for {
		b = skipSpace(b)
		n := 0
		for n < len(b) && isKey(b[n]) {
			n++
		}
		if n == 0 {
			return errSyntax
		}
		key := b[:n]
		b = b[n:]
		v := value{kind: isFlag, number: 1}
		if len(b) > 0 && b[0] == '=' {
			b = b[1:]
			var ok bool
			if v, b, ok = parseCount(b); !ok {
				if v, b, ok = parseValue(b); !ok {
					return errSyntax
				}
			}
		}
		if !r.set(key, v) {
			return errValue
		}
		b = skipSpace(b)
		if len(b) == 0 {
			return nil
		}
		if b[0] != ',' {
			return errSyntax
		}
		b = b[1:]
	}
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

func isKey(c byte) bool { return isKeyByte[c] }

// isKeyByte holds the characters of a key (RFC 8941, 3.1.2), and capitals.
var isKeyByte = func() (is [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*" {
		is[c] = true
	}
	return is
}()

// value is the value of a key.
type value struct {
	kind   valueKind
	text   []byte // of a string or a token
	number float64
}

type valueKind uint8

const (
	isFlag valueKind = iota + 1 // its number is 1 or 0
	isNumber
	isString
	isToken
	isOther // a list without a number
)

// parseCount reads a whole number, which most values are; false when b begins with anything
// else.
func parseCount(b []byte) (v value, rest []byte, ok bool) {
	const digitsMost = 9
	n, number := 0, 0
	for n < len(b) && n < digitsMost && '0' <= b[n] && b[n] <= '9' {
		number = 10*number + int(b[n]-'0')
		n++
	}
	if n == 0 || n < len(b) && b[n] != ',' {
		return v, b, false
	}
	return value{kind: isNumber, number: float64(number)}, b[n:], true
}

// parseValue reads the value that b begins with.
func parseValue(b []byte) (v value, rest []byte, ok bool) {
	if len(b) == 0 {
		return v, b, false
	}
	switch b[0] {
	case '"':
		return parseString(b)
	case '(':
		return parseInner(b)
	}
	n, end := 0, -1 // end is that of the word, before its parameters
	for ; n < len(b) && b[n] != ','; n++ {
		if end < 0 && (b[n] == ';' || b[n] == ' ' || b[n] == '\t') {
			end = n
		}
	}
	if end < 0 {
		end = n
	}
	if end == 0 {
		return v, b, false
	}
	return scalar(b[:end]), b[n:], true
}

var semicolon = []byte{';'}

// scalar is a number, a boolean or a token.
func scalar(word []byte) value {
	if c := word[0]; c >= '0' && c <= '9' || c == '-' || c == '.' {
		if n, err := strconv.ParseFloat(string(word), 64); err == nil {
			return value{kind: isNumber, number: n}
		}
	}
	switch string(word) {
	case "?1", "true":
		return value{kind: isFlag, number: 1}
	case "?0", "false":
		return value{kind: isFlag}
	}
	return value{kind: isToken, text: word}
}

// parseString reads a string in quotes, behind which parameters may follow.
func parseString(b []byte) (v value, rest []byte, ok bool) {
	b = b[1:]
	v.kind = isString
	end := bytes.IndexByte(b, '"')
	if end < 0 {
		return v, b, false
	}
	if v.text = b[:end]; bytes.IndexByte(v.text, '\\') >= 0 {
		if v.text, end = unquoted(b); end < 0 {
			return v, b, false
		}
	}
	rest = b[end+1:]
	if len(rest) == 0 || rest[0] == ',' {
		return v, rest, true
	}
	next := bytes.IndexByte(rest, ',')
	if next < 0 {
		next = len(rest)
	}
	return v, rest[next:], rest[0] == ';' || rest[0] == ' '
}

// unquoted is a string without its escapes, and where it ends; -1 when it does not.
func unquoted(b []byte) (text []byte, end int) {
	text = make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			return text, i
		case b[i] == '\\' && i+1 < len(b):
			i++
		}
		text = append(text, b[i])
	}
	return nil, -1
}

// parseInner reads a list in brackets, which version 2 has for what differs between video
// and audio: "(3000;v 128;a)". Its value is the least number, since that is what a player
// lacks first.
func parseInner(b []byte) (v value, rest []byte, ok bool) {
	end := bytes.IndexByte(b, ')')
	if end < 0 {
		return v, b, false
	}
	v = value{kind: isOther}
	for word := range bytes.FieldsSeq(b[1:end]) {
		word, _, _ = bytes.Cut(word, semicolon)
		if len(word) == 0 {
			continue
		}
		if one := scalar(word); one.kind == isNumber && (v.kind != isNumber || one.number < v.number) {
			v = one
		}
	}
	rest = b[end+1:]
	if n := bytes.IndexByte(rest, ','); n >= 0 {
		return v, rest[n:], true
	}
	return v, nil, true
}
