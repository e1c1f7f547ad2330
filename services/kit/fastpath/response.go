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

	derived atomic.Pointer[[]byte] // what Once made of it

	asked  atomic.Int32               // how often a body fit for a file was requested
	shared atomic.Pointer[sharedFile] // the body, once it was requested often
}

// dateField ends the prepared header, so that only the date is appended.
const dateField = "Date: "

// NewResponse returns the answer 200 with that header and body, which must not change
// afterwards. Content-Length and Date are added. An ETag in the header must be strong.
func NewResponse(header http.Header, body []byte) *Response {
	r := &Response{header: header, body: body, etag: header.Get("ETag")}
	n, length := strconv.Itoa(len(body)), contentLength(len(body))
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

// NewRefusal returns an answer with another status, such as 403 Forbidden, to a GET or a
// HEAD with whatever condition or range. The header and the body must not change
// afterwards.
func NewRefusal(status int, header http.Header, body []byte) *Response {
	h := head(strconv.Itoa(status)+" "+http.StatusText(status), header, contentLength(len(body)))
	return &Response{head: h, partial: h, header: header, body: body}
}

func contentLength(n int) string { return "Content-Length: " + strconv.Itoa(n) + "\r\n" }

// Once returns what make makes of the response: the same each time, since the response
// never changes. make may be called twice at the same time, and its result must not change.
func (r *Response) Once(make func(*Response) []byte) []byte {
	if made := r.derived.Load(); made != nil {
		return *made
	}
	made := make(r)
	r.derived.Store(&made)
	return made
}

const etagField = "\r\nEtag: "

// Varied returns the response with another body, which must not change afterwards, and
// with tag at the end of its ETag, which tells the two apart. It is put together from what
// the response has ready. A range of all bytes is answered with 200.
func (r *Response) Varied(body []byte, tag string) *Response {
	end := bytes.LastIndex(r.head, []byte("Content-Length: "))
	h := tagged(r.head[:end], tag, 32+len(dateField))
	h = append(strconv.AppendInt(append(h, "Content-Length: "...), int64(len(body)), 10), "\r\n"+dateField...)
	v := &Response{head: h, partial: h, header: r.header, body: body}
	if r.etag != "" {
		v.etag = r.etag[:len(r.etag)-1] + tag + `"`
		v.notModified = tagged(r.notModified, tag, 0)
	}
	return v
}

// tagged copies a header with tag at the end of its ETag, and with room for more.
func tagged(head []byte, tag string, more int) []byte {
	to := make([]byte, 0, len(head)+len(tag)+more)
	at := bytes.Index(head, []byte(etagField))
	if at < 0 {
		return append(to, head...)
	}
	at += len(etagField)
	at += bytes.IndexByte(head[at:], '\r') - 1 // before the last quote
	return append(append(append(to, head[:at]...), tag...), head[at:]...)
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
