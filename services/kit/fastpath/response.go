package fastpath

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// Response is a complete answer to a GET or a HEAD, put together once for all requests.
// It never changes; safe for concurrent use.
type Response struct {
	head        []byte // status line and header, up to the value of Date
	partial     []byte // the same of a 206, for a range of all bytes
	notModified []byte // the same of a 304
	header      http.Header
	body        []byte
	etag        string // strong; when empty, there is no 304

	asked  atomic.Int32               // how often a body fit for a file was requested
	shared atomic.Pointer[sharedFile] // the body, once it was requested often
}

// dateField ends the prepared header, so that only the date is appended.
const dateField = "Date: "

// NewResponse returns the answer 200 with that header and body, which must not change
// afterwards. Content-Length and Date are added. An ETag in the header must be strong.
func NewResponse(header http.Header, body []byte) *Response {
	r := &Response{header: header, body: body, etag: header.Get("ETag")}
	n := strconv.Itoa(len(body))
	length := "Content-Length: " + n + "\r\n"
	r.head = head("200 OK", header, length)
	r.partial = r.head // an empty body has no range
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
	_ = header.WriteSubset(&b, skip) // a Buffer does not fail
	b.WriteString(more + dateField)
	return slices.Clip(b.Bytes())
}

// Header returns the header given to NewResponse. It must not be changed.
func (r *Response) Header() http.Header { return r.header }

// Body returns the body given to NewResponse. It must not be changed.
func (r *Response) Body() []byte { return r.body }

const (
	// fileLeast is the least length of a body that is worth a file.
	fileLeast = 64 << 10
	// fileAfter is how often a body is requested before it is put into a file. From then
	// on the kernel sends its pages without copying them.
	fileAfter = 16
)

// from returns the rest of the body after its first n bytes.
func (r *Response) from(n int) remainder {
	if len(r.body) >= fileLeast && r.asked.Load() <= fileAfter && r.asked.Add(1) == fileAfter {
		r.shared.Store(newSharedFile(r.body))
	}
	if f := r.shared.Load(); f != nil && n < len(r.body) {
		return remainder{file: f, at: int64(n)}
	}
	return remainder{body: r.body[n:]}
}

// appendHead appends the header of the answer to a request; body is true when the body
// follows it.
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
	// readerStall and readerLeast bound how slow a reader may be: one that stalls for so
	// long, or takes fewer bytes a second, is cut off, so that slow readers cannot
	// exhaust connections and memory.
	readerStall = 30 * time.Second
	readerLeast = 8 << 10
)

// WriteLimit is how long a reader may take for n bytes.
func WriteLimit(n int) time.Duration {
	return readerStall + time.Duration(n/readerLeast)*time.Second
}
