package upstream

import (
	"context"
	"io"
	"net/http"
	"time"
)

const (
	// DrainMost and drainWithin bound how much of an unwanted body is read, and for how
	// long, so that its connection can be used again: a new one costs both sides more.
	DrainMost   = 64 << 10
	drainWithin = 100 * time.Millisecond
	// drainSoon is how long the caller waits for such a body.
	drainSoon = 10 * time.Millisecond
)

// drain reads the rest of a refused answer in the background and closes it; end ends its
// request. It returns the body if it came within drainSoon.
func (u *Upstream) drain(res *http.Response, end context.CancelFunc) []byte {
	if res.Body == http.NoBody || res.ContentLength > DrainMost {
		res.Body.Close()
		end()
		return nil
	}
	read := make(chan []byte, 1)
	u.drains.Go(func() {
		defer end()
		defer res.Body.Close()
		limit := time.AfterFunc(drainWithin, end)
		defer limit.Stop()
		b, err := io.ReadAll(io.LimitReader(res.Body, DrainMost+1))
		if err != nil || len(b) > DrainMost {
			b = nil
		}
		read <- b
	})
	soon := time.NewTimer(drainSoon)
	defer soon.Stop()
	select {
	case b := <-read:
		return b
	case <-soon.C:
		return nil
	}
}
