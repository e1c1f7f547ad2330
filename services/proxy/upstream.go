package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Limits of every request to a packager.
const (
	dialTimeout = 250 * time.Millisecond // FAILURES.md, case 2
	// silence is how long an answer may stand still before its packager counts as
	// failed (case 3).
	silence = time.Second
	// firstByteLeast is the shortest first-byte timer.
	firstByteLeast = 200 * time.Millisecond
	maxHeader      = 64 << 10
)

// upstream is one packager, as a server. Safe for concurrent use.
type upstream struct {
	base   string // as in PACKAGERS
	client *http.Client

	mu    sync.Mutex
	waits [64]time.Duration // to the first byte, of the last requests; guarded by mu
	count int               // guarded by mu
}

func newUpstream(base string) *upstream {
	return &upstream{base: base, client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext,
			MaxIdleConnsPerHost:    256,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: maxHeader,
			DisableCompression:     true, // the bytes are to be the packager's
			ReadBufferSize:         64 << 10,
		},
	}}
}

// get asks for a key. The answer may have any status; its body must be closed.
func (u *upstream) get(ctx context.Context, key string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.base+key, nil)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	return u.client.Do(req)
}

// answered notes how long a request took to its first byte.
func (u *upstream) answered(wait time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waits[u.count%len(u.waits)] = wait
	u.count++
}

// firstByte is how long to wait for a first byte before a peer is asked as well:
// twice the 95th percentile of the last requests (case 3).
func (u *upstream) firstByte() time.Duration {
	u.mu.Lock()
	list := slices.Clone(u.waits[:min(u.count, len(u.waits))])
	u.mu.Unlock()
	if len(list) == 0 {
		return firstByteLeast
	}
	slices.Sort(list)
	return min(max(2*list[len(list)*95/100], firstByteLeast), silence)
}

func (u *upstream) close() { u.client.CloseIdleConnections() }

// statusError is an answer whose status is no good.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// absent reports whether a packager said that it does not have what was asked for.
func absent(err error) bool {
	var s statusError
	return errors.As(err, &s) && (s == http.StatusNotFound || s == http.StatusGone)
}
