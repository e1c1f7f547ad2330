package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Loaded is a playlist, or another small resource, as one request brought it.
type Loaded struct {
	Body []byte // decoded, if it came gzipped
	// Target is where it was found in the end, path and query: after redirects it
	// is not what was asked for.
	Target string
	// Host is empty for the packager's own, else "http://host:port" of a host that a
	// redirect led to; also of the packager's, where the path is not below its base.
	Host    string
	Header  http.Header
	Latency time.Duration // to the first byte
	// Whole: the transfer told where it ends, so that nothing can be cut off.
	Whole bool
	// NotModified: 304, to a request with a condition. There is no body.
	NotModified bool
}

// Load gets a small resource, of at most so many bytes, at one request and its
// redirects. The error is a *StatusError, a *Redirect, or as it came. It takes as
// long as ctx lets it.
func (u *Upstream) Load(ctx context.Context, target string, header http.Header, most int64) (Loaded, error) {
	began := time.Now()
	a, err := u.send(ctx, &u.lanes[LanePlayback], http.MethodGet, target, header)
	if err != nil {
		return Loaded{}, err
	}
	l := Loaded{Header: a.Header, Latency: time.Since(began), Whole: a.whole}
	l.Host, l.Target = a.place(target)
	if a.StatusCode == http.StatusNotModified {
		a.close()
		l.NotModified, l.Whole = true, true
		return l, nil
	}
	if err := a.failure(http.StatusOK, http.StatusNonAuthoritativeInfo); err != nil {
		return Loaded{}, err
	}
	defer a.close()
	body, zipped, err := plainBody(a.Response)
	if err == nil {
		l.Body, err = readMost(body, most)
	}
	if ctx.Err() != nil {
		return Loaded{}, ctx.Err()
	}
	if err != nil {
		return Loaded{}, err
	}
	l.Whole = l.Whole || zipped // gzip tells where it ends, too
	return l, nil
}

// readMost reads a body to its end, which comes within so many bytes.
func readMost(body io.Reader, most int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(body, most+1))
	if err != nil {
		return nil, err
	}
	if n > most {
		return nil, fmt.Errorf("answered more than the %d bytes that are taken", most)
	}
	return b.Bytes(), nil
}

// plainBody is the body of an answer without the gzip that nobody asked for.
// What is decoded loses what its header says of the coded bytes.
func plainBody(res *http.Response) (body io.Reader, zipped bool, err error) {
	switch coding := strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding"))); coding {
	case "", "identity":
		return res.Body, false, nil
	case "gzip", "x-gzip":
	default:
		return nil, false, fmt.Errorf("answered in the coding %.20q, which nobody asked for", coding)
	}
	z, err := gzip.NewReader(res.Body)
	if errors.Is(err, io.EOF) { // coded, of nothing
		z, err = nil, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("answered gzip that is none: %w", err)
	}
	for _, name := range [...]string{"Content-Encoding", "Content-Length", "Repr-Digest", "Content-Digest", "Accept-Ranges"} {
		res.Header.Del(name)
	}
	if tag := strong(res.Header); tag != "" {
		res.Header.Set("ETag", "W/"+tag) // it was of the coded bytes
	}
	res.ContentLength = -1
	if z == nil {
		return http.NoBody, true, nil
	}
	return z, true, nil
}
