package audience

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// counting counts the transfers of media that are in flight.
type counting struct {
	http.RoundTripper
	inFlight *atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, ".m3u8") || r.Method != http.MethodGet {
		return c.RoundTripper.RoundTrip(r)
	}
	c.inFlight.Add(1)
	over := sync.OnceFunc(func() { c.inFlight.Add(-1) })
	res, err := c.RoundTripper.RoundTrip(r)
	if err != nil {
		over()
		return nil, err
	}
	res.Body = &countedBody{res.Body, over}
	return res, nil
}

type countedBody struct {
	io.ReadCloser
	over func()
}

// Close implements io.Closer.
func (b *countedBody) Close() error {
	b.over()
	return b.ReadCloser.Close()
}
