package fastpath

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// Response is a whole answer to a GET or a HEAD, put together once for all who ask. What it
// answers never changes; safe for concurrent use.
type Response struct {
	head        []byte // status line and header, which end behind Date's name
	partial     []byte // the same of a 206, for who asks for the range of all bytes
	notModified []byte // the same of a 304, for who has the body already
	header      http.Header
	body        []byte
	etag        string // strong; empty: nobody is told that nothing has changed

	asked  atomic.Int32               // how often a body for a file was asked for
	shared atomic.Pointer[sharedFile] // the body, once it was asked for often
}

// dateField is behind the rest of a header, so that only the date is put in.
const dateField = "Date: "

// NewResponse returns the answer 200 with that header and body, neither of which
// may be changed afterwards. Content-Length and Date are added. An ETag in the
// header must be strong.
func NewResponse(header http.Header, body []byte) *Response {
	r := &Response{header: header, body: body, etag: header.Get("ETag")}
	n := strconv.Itoa(len(body))
	length := "Content-Length: " + n + "\r\n"
	r.head = head("200 OK", header, length)
	r.partial = r.head // of nothing there is no range
	if len(body) > 0 {
		r.partial = head("206 Partial Content", header, length+"Content-Range: bytes 0-"+strconv.Itoa(len(body)-1)+"/"+n+"\r\n")
	}
	if r.etag != "" {
		r.notModified = head("304 Not Modified", header, "", "Content-Type")
	}
	return r
}

func head(status string, header http.Header, more string, without ...string) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 " + status + "\r\n")
	skip := map[string]bool{}
	for _, name := range without {
		skip[name] = true
	}
	_ = header.WriteSubset(&b, skip) // a Buffer takes all
	b.WriteString(more + dateField)
	return slices.Clip(b.Bytes())
}

// Header is what NewResponse was given, and not to be changed.
func (r *Response) Header() http.Header { return r.header }

// Body is what NewResponse was given, and not to be changed.
func (r *Response) Body() []byte { return r.body }

const (
	// fileLeast is how long a body is for which a file is worth it.
	fileLeast = 64 << 10
	// fileAfter is how often one is asked for, before it is put into a file: then
	// the kernel sends its pages to all, and copies them for none.
	fileAfter = 16
)

// from is what is left of the body behind its first n bytes.
func (r *Response) from(n int) remainder {
	if len(r.body) >= fileLeast && r.asked.Load() <= fileAfter && r.asked.Add(1) == fileAfter {
		r.shared.Store(newSharedFile(r.body))
	}
	if f := r.shared.Load(); f != nil && n < len(r.body) {
		return remainder{file: f, at: int64(n)}
	}
	return remainder{body: r.body[n:]}
}

// appendHead appends the header of the answer to a request; body says whether the
// body belongs to it.
func (r *Response) appendHead(to []byte, req request, date string) (b []byte, body bool) {
	h := r.head
	changed := r.etag == "" || string(req.ifNoneMatch) != r.etag
	switch {
	case !changed:
		h = r.notModified
	case req.fromStart:
		h = r.partial
	}
	to = append(to, h...)
	to = append(to, date...)
	return append(to, endOfHeader...), changed && !req.head
}

const (
	// readerStall and readerLeast are of the slowest reader that is served: one
	// that stands still for so long, or takes fewer bytes a second, is let go
	// (FAILURES.md, case 37).
	readerStall = 30 * time.Second
	readerLeast = 8 << 10
)

// WriteLimit is how long a reader may take for n bytes.
func WriteLimit(n int) time.Duration {
	return readerStall + time.Duration(n/readerLeast)*time.Second
}
