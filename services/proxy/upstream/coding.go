package upstream

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// PlainBody is the body of an answer, decoded when it came in gzip although that was not
// requested. It drops the headers that describe the coded bytes.
func PlainBody(res *http.Response) (body io.Reader, zipped bool, err error) {
	switch coding := strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding"))); coding {
	case "", "identity":
		return res.Body, false, nil
	case "gzip", "x-gzip":
	default:
		return nil, false, fmt.Errorf("answered in the coding %.20q, which was not requested", coding)
	}
	z, err := gzip.NewReader(res.Body)
	if errors.Is(err, io.EOF) { // an empty body
		z, err = nil, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("answered gzip that cannot be read: %w", err)
	}
	for _, name := range [...]string{"Content-Encoding", "Content-Length", "Repr-Digest", "Content-Digest", "Accept-Ranges"} {
		res.Header.Del(name)
	}
	if tag := StrongTag(res.Header); tag != "" {
		res.Header.Set("ETag", "W/"+tag) // it validates the coded bytes
	}
	res.ContentLength = -1
	if z == nil {
		return http.NoBody, true, nil
	}
	return z, true, nil
}
