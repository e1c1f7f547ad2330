package api

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"livestream-tui/procs/platform"
)

// sharedFor is how long clients of a flood of log are given the same lines: of what they have
// not seen each gets the newest few, which are hardly ever those of the client before, so that
// every client would cost their parsing and encoding anew. It is longer than the time between
// two polls of a dashboard: the first that has the lines already brings the next.
const sharedFor = 300 * time.Millisecond

// shared is the latest answer with lines of log that left some out. Safe for concurrent use.
type shared struct {
	mu sync.Mutex
	// since and limit were asked for, at that time. Guarded by mu.
	since uint64
	limit int
	made  time.Time
	first uint64 // the oldest line in body; 0 without an answer; guarded by mu
	body  []byte // never written to; guarded by mu
}

// of returns lines of log as JSON. While some are left out anyway, it may be the answer of a
// moment ago: that which p would have given then.
func (c *shared) of(ctx context.Context, p platform.Platform, since uint64, limit int) ([]byte, error) {
	if body := c.recent(since, limit); body != nil {
		return body, nil
	}
	now := time.Now()
	lines, err := p.Logs(ctx, since, limit)
	if err != nil {
		return nil, err
	}
	if lines == nil {
		lines = []platform.LogLine{}
	}
	body, err := json.Marshal(lines)
	if err != nil {
		return nil, err
	}
	body = append(body, '\n')
	if n := len(lines); n > 0 && n == limit && lines[n-1].Seq-since > uint64(n) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.since, c.limit, c.made, c.first, c.body = since, limit, now, lines[0].Seq, body
	}
	return body, nil
}

// recent returns the answer of a moment ago; nil if it would not have been the same then. Of the
// lines after since it has all that are urgent and the newest others, as many as are asked for:
// those between the two since are not in it.
func (c *shared) recent(since uint64, limit int) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	age := time.Since(c.made)
	if c.first == 0 || limit != c.limit || since < c.since || since >= c.first || age < 0 || age >= sharedFor {
		return nil
	}
	return c.body
}
