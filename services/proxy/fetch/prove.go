package fetch

import (
	"context"
	"fmt"
	"time"

	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/verdict"
)

// Prove gets a resource from one packager alone, whole, and returns how long it took to
// the first byte. So a packager shows what it can do before players depend on it.
func Prove(ctx context.Context, s upstream.Source, w verdict.Want, within time.Duration) (object.Content, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	o := object.New(s.Target, time.Now())
	a := &attempt{source: s, object: o, want: w, cancel: cancel, began: time.Now(), state: progress{size: -1}}
	a.run(ctx, resume{}, make(chan struct{}, 1))
	p := a.now()
	if p.err != nil {
		if ctx.Err() != nil {
			return object.Content{}, 0, fmt.Errorf("a segment took more than %s", within)
		}
		return object.Content{}, 0, p.err
	}
	odd, err := w.Assess(p.buf, p.digest)
	if err != nil {
		return object.Content{}, 0, err
	}
	c := a.content(p, odd)
	c.Size, c.Begun, c.Whole, c.ETag = int64(len(p.buf)), true, true, object.ETagOf(p.buf)
	return c, p.wait, nil
}
