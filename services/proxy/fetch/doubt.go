package fetch

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// doubtMost is how long other packagers may take to bring a better body than a doubtful
// one.
const doubtMost = time.Second

var errDoubtful = errors.New("gave a doubtful body")

// doubt is a whole body that is kept aside until the other packagers have answered.
type doubt struct {
	attempt *attempt
	got     progress
	odd     string
	until   time.Time
}

// doubtful keeps a doubtful body aside and asks all other packagers at once. When two of
// them give the same body it is accepted, and no packager is blamed. True when the object
// is done.
func (f *Fetch) doubtful(ctx context.Context, a *attempt, p progress, odd string) bool {
	f.remove(a, errDoubtful)
	switch {
	case f.doubt == nil:
		f.doubt = &doubt{attempt: a, got: p, odd: odd, until: time.Now().Add(doubtMost)}
	case bytes.Equal(f.doubt.got.buf, p.buf):
		a.drop()
		return f.settle()
	default:
		a.drop()
	}
	for f.next(ctx, nil) {
	}
	return false
}

// settle accepts the body that was kept aside; false when it does not begin with what was
// sent.
func (f *Fetch) settle() bool {
	d := f.doubt
	if published, _ := f.Object.Now(); !bytes.HasPrefix(d.got.buf, published.Body) {
		d.attempt.drop()
		f.failed[placeOf(d.attempt.source)] = failure{ErrOther, time.Now()}
		return false
	}
	f.finish(d.attempt, d.got, d.odd)
	return true
}
