package fetch

import (
	"context"
	"fmt"
	"time"
)

// Prove gets a resource from one packager alone, whole, and tells how long it took
// to the first byte: so a packager shows what it can before players depend on it.
func Prove(ctx context.Context, s Source, w Want, within time.Duration) (Content, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	o := NewObject(s.Target, time.Now())
	a := &attempt{source: s, object: o, want: w, cancel: cancel, began: time.Now(), state: progress{size: -1}}
	a.run(ctx, resume{}, make(chan struct{}, 1))
	p := a.now()
	if p.err != nil {
		if ctx.Err() != nil {
			return Content{}, 0, fmt.Errorf("a segment took more than %s", within)
		}
		return Content{}, 0, p.err
	}
	odd, err := w.assess(p.buf, p.digest)
	if err != nil {
		return Content{}, 0, err
	}
	c := a.content(p, odd)
	c.Size, c.Begun, c.Whole, c.ETag = int64(len(p.buf)), true, true, ETagOf(p.buf)
	return c, p.wait, nil
}
