package fetch

import (
	"bytes"
	"context"
	"slices"

	"livestream-tui/services/proxy/verdict"
)

// publish gives readers the bytes of the attempt that is furthest, of those that continue
// what readers have.
func (f *Fetch) publish(ctx context.Context) {
	published, _ := f.Object.Now()
	var best *attempt
	var at progress
	for _, a := range slices.Clone(f.attempts) {
		p := a.now()
		if !p.answered || p.ended && p.err != nil || p.size < 0 {
			continue // a body of unknown length is sent when it is whole
		}
		if published.Size >= 0 && len(published.Body) > 0 && p.size != published.Size || !a.agrees(p, published.Body) {
			f.drop(ctx, a, ErrOther)
			continue
		}
		if best == nil || len(p.buf) > len(at.buf) {
			best, at = a, p
		}
	}
	if best == nil || len(at.buf) < 8 || len(at.buf) <= len(published.Body) {
		return
	}
	if len(published.Body) == 0 && !f.Want.Likely(at.buf) {
		return // another packager may have a better one, so this one waits until it is whole
	}
	if published.Size < 0 {
		f.Object.Describe(at.size, verdict.TypeOf(best.source.Target, at.header.Get("Content-Type"), at.buf), best.source.From.Base(), at.header)
	}
	f.Object.Grow(at.buf)
}

// agrees reports whether the attempt's bytes are those that were published, as far as
// both go.
func (a *attempt) agrees(p progress, published []byte) bool {
	n := min(len(p.buf), len(published))
	if n > a.checked {
		if !bytes.Equal(p.buf[a.checked:n], published[a.checked:n]) {
			return false
		}
		a.checked = n
	}
	return true
}
