package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

const (
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 1 << 20

	// mostTold bounds the names that are remembered because it was told of them.
	mostTold = 1000

	instanceHeader = "X-Packager-Instance"
)

func newHTTPClient() *http.Client {
	return &http.Client{
		// A packager that sends us elsewhere is not the one that we deliver to.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:           dial.Within(time.Second),
			MaxIdleConnsPerHost:   2,
			IdleConnTimeout:       90 * time.Second,
			ExpectContinueTimeout: time.Second,
			DisableCompression:    true,
		},
	}
}

// put delivers one thing. What the packager will never take counts as delivered.
func (c *client) put(ctx context.Context, o object, kind string) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, c.base+"/"+c.signal+"/"+o.name, bytes.NewReader(o.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Repr-Digest", o.digest)
	if o.msn >= 0 {
		req.Header.Set("Expect", "100-continue") // it may have come by another worker
	}
	a, err := c.do(req)
	if err != nil {
		c.count("failed")
		return err
	}
	result := "taken"
	switch {
	case a.instance != c.instance:
		return errAnother
	case a.status/100 == 2:
	case a.status == http.StatusConflict:
		result = "conflict"
	case a.status == http.StatusGone:
		result = "late"
	case a.status == http.StatusBadRequest, a.status == http.StatusRequestEntityTooLarge, a.status == http.StatusUnsupportedMediaType:
		result = "refused"
	default:
		c.count("failed")
		return &denied{o.name, a.status, a.reason()}
	}
	c.count(result)
	if len(c.told) > mostTold {
		clear(c.told) // long ago
	}
	if result != "taken" && !c.told[o.name] {
		c.told[o.name] = true
		c.log.Warn("packager did not take it", "signal", c.signal, "packager", c.base, "name", o.name, "result", result, "reason", a.reason())
	}
	return nil
}

func (c *client) count(result string) {
	c.metrics.Delivered.WithLabelValues(c.signal, c.base, result).Inc()
}

// reply is an answer, read.
type reply struct {
	status   int
	instance string
	body     []byte
}

// reason is what a JSON error says.
func (a reply) reason() string {
	var e report.Error
	if json.Unmarshal(a.body, &e) != nil || e.Error == "" {
		return http.StatusText(a.status)
	}
	return text.Clean(e.Error)
}

func (c *client) ask(ctx context.Context, path string, limit time.Duration) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return reply{}, err
	}
	return c.do(req)
}

func (c *client) do(req *http.Request) (reply, error) {
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return reply{res.StatusCode, res.Header.Get(instanceHeader), body}, err
}

// denied is an answer that is none of the good ones.
type denied struct {
	what   string
	status int
	reason string
}

func (e *denied) Error() string { return fmt.Sprintf("%s: status %d: %s", e.what, e.status, e.reason) }

// forGood reports whether only an operator can change it.
func (e *denied) forGood() bool {
	switch e.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return false
}

// errAnother says that another incarnation answers than the one we know.
var errAnother = errors.New("it was restarted")

// end tells the packager that a signal comes no more.
func (c *client) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, c.base+"/"+c.signal+"/"+media.PlaylistName, nil)
	if err == nil {
		_, err = c.do(req)
	}
	return err
}

// endTimeout is how long a packager may take to answer that.
const endTimeout = time.Second
