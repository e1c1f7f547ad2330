package upstream

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Loaded is a playlist, or another small resource, as one request brought it.
type Loaded struct {
	Body []byte // decoded if it came in gzip
	// Target is where it was found, as path and query: after redirects this differs from
	// the requested target.
	Target string
	// Host is empty for the packager's own host, else the "http://host:port" that a
	// redirect led to. It is set for the packager's host too when the path is not below
	// its base.
	Host    string
	Header  http.Header
	Latency time.Duration // to the first byte
	// Whole reports whether the transfer marks its end, so that nothing can be cut off
	// unnoticed.
	Whole bool
	// NotModified is a 304 to a conditional request. There is no body.
	NotModified bool
}

// Load gets a small resource of at most so many bytes with one request and its redirects.
// The error is a *StatusError, a *Redirect, or that of the connection. Only ctx bounds
// the time it takes.
func (u *Upstream) Load(ctx context.Context, target string, header http.Header, most int64) (Loaded, error) {
	began := time.Now()
	a, err := u.Send(ctx, Playback, http.MethodGet, target, header)
	if err != nil {
		return Loaded{}, err
	}
	l := Loaded{Header: a.Header, Latency: time.Since(began), Whole: a.whole}
	l.Host, l.Target = a.place(target)
	if a.StatusCode == http.StatusNotModified {
		a.Close()
		l.NotModified, l.Whole = true, true
		return l, nil
	}
	if err := a.Failure(http.StatusOK, http.StatusNonAuthoritativeInfo); err != nil {
		return Loaded{}, err
	}
	defer a.Close()
	body, zipped, err := PlainBody(a.Response)
	if err == nil {
		l.Body, err = readMost(body, most)
	}
	if ctx.Err() != nil {
		return Loaded{}, ctx.Err()
	}
	if err != nil {
		return Loaded{}, err
	}
	l.Whole = l.Whole || zipped // gzip marks its end, too
	return l, nil
}

// readMost reads a body to its end, which must come within so many bytes.
func readMost(body io.Reader, most int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(body, most+1))
	if err != nil {
		return nil, err
	}
	if n > most {
		return nil, fmt.Errorf("answered more than %d bytes, which is the limit", most)
	}
	return b.Bytes(), nil
}
