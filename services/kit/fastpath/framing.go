package fastpath

import (
	"bytes"
	"strconv"
)

// framing follows the requests on a connection of the http.Server: where one ends and
// the next begins. It removes the empty lines before a request (RFC 9112, 2.2), and
// refuses requests that two readers could frame differently. Everything else is for the
// server to judge.
type framing struct {
	at    place
	empty int // lines removed before this request

	// The line being read.
	begin [lineKept]byte
	size  int  // its bytes, without its end
	last  byte // the one before this
	prior byte // and the one before that

	// The request being read.
	old       bool // HTTP/1.0
	length    int64
	hasLength bool
	codings   int  // Transfer-Encoding fields
	chunked   bool // the only one says chunked

	left int64 // bytes of the body or of the chunk
}

// A place is the position of the next byte in the requests.
type place uint8

const (
	between     place = iota // between two requests, or before the first
	betweenCR                // after a CR between requests
	requestLine              // in a request line
	fieldLine                // in a field line, or at its beginning
	inBody                   // in a body with a Content-Length
	chunkLine                // in the line with the size of a chunk
	inChunk                  // in a chunk or the CRLF after it
	trailerLine              // after the last chunk
	notFollowed              // the server ends the connection with this request
)

const (
	// emptyMost is how many empty lines are ignored before a request: RFC 9112, 2.2,
	// asks for at least one.
	emptyMost = 16
	// lineKept is how much of a line is examined: enough for the fields that give the
	// length of the body.
	lineKept = 64
)

// refusal replaces a refused request: it is not a valid request in any part. The
// http.Server answers 400 and closes the connection.
const refusal = "?\r\n\r\n"

// pass reduces b to the n bytes that the server is to read. When refused, the server
// reads refusal after them and nothing more of b.
func (f *framing) pass(b []byte) (n int, refused bool) {
	for i := 0; i < len(b); {
		switch f.at {
		case notFollowed:
			return n + copy(b[n:], b[i:]), false
		case inBody, inChunk:
			k := int(min(f.left, int64(len(b)-i)))
			n += copy(b[n:], b[i:i+k])
			i += k
			if f.left -= int64(k); f.left == 0 {
				f.bodyRead()
			}
			continue
		case between:
			switch b[i] {
			case '\r':
				f.at = betweenCR
				i++
				continue
			case '\n': // the server tolerates it after a POST
				b[n] = b[i]
				n++
				i++
				continue
			}
			*f = framing{at: requestLine}
		case betweenCR:
			if f.empty++; b[i] != '\n' || f.empty > emptyMost {
				return n, f.refuse()
			}
			f.at = between
			i++
			continue
		}
		if !f.line(b[i]) {
			return n, f.refuse()
		}
		b[n] = b[i]
		n++
		i++
	}
	return n, false
}

func (f *framing) refuse() bool {
	f.at = notFollowed
	return true
}

func (f *framing) bodyRead() {
	if f.at == inBody {
		*f = framing{}
		return
	}
	f.nextLine(chunkLine)
}

func (f *framing) nextLine(at place) { f.at, f.size, f.last, f.prior = at, 0, 0, 0 }

// line reads a byte of a line; false when the line is refused.
func (f *framing) line(c byte) bool {
	if f.at == fieldLine && f.size == 0 && (c == ' ' || c == '\t') {
		return false // a folded line (RFC 9112, 5.2)
	}
	if c != '\n' {
		if f.size < lineKept {
			f.begin[f.size] = c
		}
		f.size++
		f.prior, f.last = f.last, c
		return true
	}
	if f.last == '\r' {
		f.size--
		f.last = f.prior
	}
	switch f.at {
	case requestLine:
		f.old = f.last == '0'
		f.nextLine(fieldLine)
	case fieldLine:
		if f.size == 0 {
			return f.headerRead()
		}
		ok := f.field()
		f.nextLine(fieldLine)
		return ok
	case chunkLine:
		f.chunk()
	case trailerLine:
		if f.size == 0 {
			*f = framing{}
			return true
		}
		f.nextLine(trailerLine)
	}
	return true
}

// field notes what a field line says of the body's length; false when it is refused.
func (f *framing) field() bool {
	name, value, _ := bytes.Cut(f.begin[:min(f.size, lineKept)], []byte(":"))
	length, coding := equalFold(name, "content-length"), equalFold(name, "transfer-encoding")
	if !length && !coding {
		return true
	}
	value = bytes.Trim(value, " \t")
	if f.size > lineKept {
		return false
	}
	if coding {
		f.codings++
		f.chunked = f.codings == 1 && equalFold(value, "chunked")
		return true
	}
	n, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil || f.hasLength && f.length != int64(n) {
		return false
	}
	f.length, f.hasLength = int64(n), true
	return true
}

// headerRead decides what follows the header. Two lengths at once, or a coding that
// HTTP/1.0 does not have, can smuggle requests: RFC 9112, 6.1, lets a server refuse
// them.
func (f *framing) headerRead() bool {
	switch {
	case f.codings > 0 && (f.hasLength || f.old):
		return false
	case f.chunked:
		f.nextLine(chunkLine)
	case f.codings > 0:
		f.at = notFollowed
	case f.length > 0:
		f.at, f.left = inBody, f.length
	default:
		*f = framing{}
	}
	return true
}

// chunk reads the size of a chunk (RFC 9112, 7.1).
func (f *framing) chunk() {
	size, _, _ := bytes.Cut(f.begin[:min(f.size, lineKept)], []byte(";"))
	n, err := strconv.ParseUint(string(bytes.TrimRight(size, " \t")), 16, 62)
	switch {
	case err != nil:
		f.at = notFollowed
	case n == 0:
		f.nextLine(trailerLine)
	default:
		f.at, f.left = inChunk, int64(n)+2
	}
}

// skipEmpty cuts off at most most empty lines before a request, as pass does; n is how
// many there were.
func skipEmpty(b []byte, most int) (rest []byte, n int) {
	for n < most && len(b) > 1 && b[0] == '\r' && b[1] == '\n' {
		b = b[2:]
		n++
	}
	return b, n
}
