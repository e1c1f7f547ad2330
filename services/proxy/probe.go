package proxy

import (
	"context"
	"fmt"
	"time"

	"livestream-tui/services/report"
)

// dueProbes are the packagers, by index, whose trouble is to be looked at again.
// Needs mu.
func (st *stream) dueProbes(now time.Time) []int {
	var list []int
	for i := range st.record {
		rec := &st.record[i]
		if rec.probing || !rec.trouble.due(now) || rec.seen.Fails > 0 {
			continue
		}
		rec.probing = true
		list = append(list, i)
	}
	return list
}

// probe fetches a packager's newest segment from it alone: a packager that failed
// with segments has to prove that it gives them, whole, in time and the same,
// before players depend on it again.
func (st *stream) probe(ctx context.Context, i int) {
	st.mu.Lock()
	rec := &st.record[i]
	u := st.packagers[i]
	e, ok := entry{}, false
	for _, c := range st.line.entries {
		if st.lists(rec, c.MSN) && !c.Segment.Gap {
			e, ok = c, true
		}
	}
	target := st.targetLocked()
	st.mu.Unlock()
	var failed error
	var wait time.Duration
	if ok {
		wait, failed = st.prove(ctx, u, e)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	rec.probing = false
	now := time.Now()
	switch {
	case failed != nil:
		rec.trouble = rec.trouble.note(finding{kind: findingFailed, cause: report.Cause(failed)}, now, target)
	case wait > firstByteLeast && rec.trouble.until.IsZero():
		rec.trouble = rec.trouble.note(finding{kind: findingLate}, now, target)
	default:
		rec.trouble = rec.trouble.over()
	}
	st.settle(now)
}

func (st *stream) prove(ctx context.Context, u *upstream, e entry) (wait time.Duration, err error) {
	within := e.Segment.Duration / slowMargin
	ctx, cancel := context.WithTimeout(ctx, max(within, silence))
	defer cancel()
	kick := make(chan struct{}, 1)
	a := &attempt{from: u, cancel: cancel, began: time.Now(), state: progress{size: -1}}
	a.run(ctx, e.Source, e.wants(e.Source), resume{}, kick)
	p := a.now()
	if p.err != nil {
		if ctx.Err() != nil {
			return 0, fmt.Errorf("a segment took more than %s", max(within, silence))
		}
		return 0, p.err
	}
	if err := checkWhole(e.wants(e.Source), p.buf, p.digest); err != nil {
		return 0, err
	}
	if o := st.s.cache.get(e.Key); o != nil {
		// Independent encoders differ in bytes and serve whole segments all the same
		// (FAILURES.md, case 18): it is worth knowing, not a failure.
		if c, _ := o.now(); c.whole && c.etag != etagOf(p.buf) {
			st.s.log.Warn("packagers hold different bytes of a segment", "playlist", st.key, "msn", e.MSN, "packager", u.base)
		}
	}
	return p.wait, nil
}
