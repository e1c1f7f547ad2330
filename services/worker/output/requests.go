package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/text"
)

const (
	// maxAnswer bounds the body of an answer, in bytes.
	maxAnswer = 1 << 20
	// maxWarned bounds the names that are remembered because they are in the log.
	maxWarned = 1000
	// endTimeout is how long a packager may take to answer that a signal has ended.
	endTimeout = time.Second
)

func newHTTPClient() *http.Client { return httpx.New(httpx.Options{DialTimeout: time.Second}) }

// put sends one object. What the packager will never take counts as delivered.
func (c *client) put(ctx context.Context, o object, kind string) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, c.base+ingest.ObjectPath(c.signal, o.name), bytes.NewReader(o.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set(ingest.DigestHeader, o.digest)
	if o.encoded {
		req.Header.Set(ingest.EqualityHeader, ingest.EqualTiming)
	}
	if o.msn >= 0 {
		req.Header.Set("Expect", "100-continue") // another worker may have sent it
	}
	a, err := c.do(req)
	if err != nil {
		c.count(ingest.Failed)
		return err
	}
	if a.Header.Get(ingest.InstanceHeader) != c.instance {
		return errRestarted
	}
	result := ingest.ResultOf(a.Status)
	c.count(result)
	if result == ingest.Early {
		return &earlyError{reasonOf(a), ingest.Wait(a.Header, retryMost)}
	}
	if result == ingest.Failed {
		return &statusError{o.name, a.Status, reasonOf(a)}
	}
	if len(c.warned) > maxWarned {
		clear(c.warned) // long ago
	}
	if result != ingest.Taken && !c.warned[o.name] {
		c.warned[o.name] = true
		c.log.Warn("packager did not take it", "signal", c.signal, "packager", c.base, "name", o.name, "result", result.String(), "reason", reasonOf(a))
	}
	return nil
}

func (c *client) count(r ingest.Result) {
	c.metrics.Delivered.WithLabelValues(c.signal, c.base, r.String()).Inc()
}

// get asks for a path, whatever the status of the answer.
func (c *client) get(ctx context.Context, path string, limit time.Duration) (httpx.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return httpx.Answer{}, err
	}
	return c.do(req)
}

// end tells the packager that the signal has ended.
func (c *client) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, c.base+ingest.ObjectPath(c.signal, media.PlaylistName), nil)
	if err == nil {
		_, err = c.do(req)
	}
	return err
}

func (c *client) do(req *http.Request) (httpx.Answer, error) {
	if c.token != "" {
		req.Header.Set("Authorization", ingest.TokenPrefix+c.token)
	}
	return httpx.Do(c.http, req, maxAnswer)
}

// reasonOf is the error that an answer states, else its status in words.
func reasonOf(a httpx.Answer) string {
	var e *httpx.StatusError
	if errors.As(a.Refusal(), &e) && e.Detail != "" {
		return text.Clean(e.Detail)
	}
	return http.StatusText(a.Status)
}

// statusError is an answer that refuses a request, for good or for now.
type statusError struct {
	what   string // that was asked for or sent
	status int
	reason string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%s: status %d: %s", e.what, e.status, e.reason)
}

// earlyError is the answer of a packager of a cluster to what comes before its time.
type earlyError struct {
	reason string
	wait   time.Duration // until it may take it
}

func (e *earlyError) Error() string { return e.reason }

// errRestarted says that another run of the packager answers than the one whose state is
// known.
var errRestarted = errors.New("it was restarted")
