package origin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/text"
)

// Limits of every request to a reporter.
const (
	requestTimeout = time.Second
	maxTable       = 8 << 20 // bytes
)

// client asks the reporters, beginning with the one that answered last. One goroutine uses
// it.
type client struct {
	http      *http.Client
	reporters []string
	current   int // index of the one that answered last
}

func newClient(reporters []string) *client {
	return &client{reporters: reporters, http: httpx.New(httpx.Options{Timeout: requestTimeout})}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// ask returns the answer of the first reporter that answers. The error is that of the
// first that was asked, from which an answer was expected.
func (c *client) ask(ctx context.Context) (answer, error) {
	var first error
	for i := range c.reporters {
		n := (c.current + i) % len(c.reporters)
		t, err := c.fetch(ctx, c.reporters[n]+"/packagers")
		if err == nil {
			c.current = n
			return t, nil
		}
		if first == nil {
			first = err
		}
	}
	return answer{}, first
}

// fetch asks one reporter. Its errors are the same each time, without the addresses of
// connections.
func (c *client) fetch(ctx context.Context, url string) (answer, error) {
	a, err := httpx.Get(ctx, c.http, url, maxTable)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %s", url, text.Cause(err))
	}
	var t answer
	if err := json.Unmarshal(a.Body, &t.signals); err != nil {
		return answer{}, fmt.Errorf("%s: bad table: %w", url, err)
	}
	if v := a.Header.Get("Last-Modified"); v != "" {
		if t.reported, err = http.ParseTime(v); err != nil {
			return answer{}, fmt.Errorf("%s: bad Last-Modified %q: %w", url, v, err)
		}
	}
	return t, nil
}
