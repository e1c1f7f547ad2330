package origin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/text"
)

// Limits of every request to a reporter.
const (
	requestTimeout = time.Second
	maxTable       = 8 << 20 // bytes
)

// client asks the reporters, the one that answered last first. Used by one
// goroutine.
type client struct {
	http      *http.Client
	reporters []string
	current   int // index of the one that answered last
}

func newClient(reporters []string) *client {
	return &client{reporters: reporters, http: &http.Client{
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:     dial.Within(requestTimeout),
			IdleConnTimeout: 90 * time.Second,
		},
	}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// ask returns what the first reporter that answers tells. The error is the first
// one's: of the reporter that was expected to answer.
func (c *client) ask(ctx context.Context) (told, error) {
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
	return told{}, first
}

func (c *client) fetch(ctx context.Context, url string) (told, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return told{}, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return told{}, fmt.Errorf("%s: %s", url, text.Cause(err)) // addresses of connections would make it another each time
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return told{}, fmt.Errorf("%s: status %d", url, res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTable+1))
	if err != nil {
		return told{}, fmt.Errorf("%s: %s", url, text.Cause(err))
	}
	if len(body) > maxTable {
		return told{}, fmt.Errorf("%s: the table is larger than %d bytes", url, maxTable)
	}
	var t told
	if err := json.Unmarshal(body, &t.signals); err != nil {
		return told{}, fmt.Errorf("%s: bad table: %w", url, err)
	}
	if v := res.Header.Get("Last-Modified"); v != "" {
		if t.reported, err = http.ParseTime(v); err != nil {
			return told{}, fmt.Errorf("%s: bad Last-Modified %q: %w", url, v, err)
		}
	}
	return t, nil
}
