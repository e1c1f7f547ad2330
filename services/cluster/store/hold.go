package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"livestream-tui/services/cluster"
)

// The parts of a lease.
const (
	renewAfter = 3  // it is renewed after a third, and let go after two thirds
	lookAfter  = 10 // it is looked at ten times
)

// lease is what is under the key of a lease. Run tells two starts of one name apart.
type lease struct {
	Holder string `json:"holder"`
	Run    string `json:"run"`
	// Seq makes each renewal a value of its own.
	Seq uint64 `json:"seq"`
}

// Hold runs work while it alone has the lease under key. me says in the Store who has it. The
// fence of a later holder is greater, so that what comes late can be refused; it begins anew
// only where the Store was lost.
//
// No clock counts but the own monotonic one. A holder renews its lease, and lets go after two
// thirds of length without a renewal: the context of work ends then, and work must return
// soon, since Hold waits for it and then contends again. Others take the lease after a whole
// length in which it was not renewed, or at once where it was given back. The first lease of
// a Store is taken after length as well: a Store that is empty may just have been lost.
//
// Hold returns when ctx is cancelled, with nil, or when work returns before its context ends,
// with work's error.
func Hold(ctx context.Context, s Store, key, me string, length time.Duration, work func(ctx context.Context, fence cluster.Rev) error) error {
	h := &holder{store: s, key: key, length: length, lease: lease{Holder: me, Run: rand.Text()}}
	for ctx.Err() == nil {
		if !h.take(ctx) {
			h.pause(ctx)
			continue
		}
		over, err := h.term(ctx, work)
		h.release(ctx)
		if over {
			return err
		}
	}
	return nil
}

// holder is one contender for a lease.
type holder struct {
	store  Store
	key    string
	length time.Duration
	lease  lease

	looked bool        // seen is what the key had
	seen   cluster.Rev // zero for nothing
	since  time.Time   // when seen was first seen

	rev     cluster.Rev // of the own lease
	renewed time.Time   // when the write of rev began
}

// take looks at the lease once, and reports whether it has taken it.
func (h *holder) take(ctx context.Context) bool {
	began := time.Now()
	e, err := h.store.Get(ctx, h.key)
	if errors.Is(err, cluster.ErrNotFound) {
		e, err = cluster.Entry{}, nil
	}
	if err != nil {
		return false
	}
	if !h.looked || h.seen != e.Rev {
		h.looked, h.seen, h.since = true, e.Rev, time.Now()
	}
	var l lease
	given := e.Rev != 0 && json.Unmarshal(e.Value, &l) == nil && l.Holder == ""
	if !given && began.Sub(h.since) < h.length {
		return false
	}
	if err := h.write(ctx, e.Rev); err != nil {
		h.looked = false // somebody else may have it
		return false
	}
	return true
}

// pause waits until the next look.
func (h *holder) pause(ctx context.Context) {
	t := time.NewTimer(h.length / lookAfter)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// write puts the own lease where the key has revision old.
func (h *holder) write(ctx context.Context, old cluster.Rev) error {
	began := time.Now()
	h.lease.Seq++
	value, err := json.Marshal(h.lease)
	if err != nil {
		return err
	}
	rev, err := h.store.Put(ctx, h.key, value, &old)
	if err != nil {
		return err
	}
	h.rev, h.renewed = rev, began
	return nil
}

// renew writes the own lease again. It returns false where another has it, or none has.
func (h *holder) renew(ctx context.Context) bool {
	if err := h.write(ctx, h.rev); !errors.Is(err, cluster.ErrConflict) {
		return true // it is renewed, or tried again
	}
	// A write that seemed to fail may have been done.
	e, err := h.store.Get(ctx, h.key)
	var l lease
	switch {
	case errors.Is(err, cluster.ErrNotFound):
		return false
	case err != nil:
		return true
	case json.Unmarshal(e.Value, &l) != nil || l.Run != h.lease.Run:
		return false
	}
	h.rev = e.Rev
	return true
}

// term runs work and renews the lease until one of them ends. It returns whether work is over
// for good, and why.
func (h *holder) term(ctx context.Context, work func(ctx context.Context, fence cluster.Rev) error) (over bool, err error) {
	working, stop := context.WithCancel(ctx)
	defer stop()
	kept := h.length * 2 / renewAfter
	lapse := time.AfterFunc(time.Until(h.renewed.Add(kept)), stop)
	defer lapse.Stop()
	done := make(chan error, 1)
	fence := h.rev
	go func() { done <- work(working, fence) }()
	next := time.NewTimer(h.length / renewAfter)
	defer next.Stop()
	for {
		select {
		case err := <-done:
			switch {
			case ctx.Err() != nil:
				return true, nil
			case working.Err() != nil:
				return false, nil
			}
			return true, err
		case <-next.C:
		}
		before := h.renewed
		if working.Err() == nil && !h.renew(working) {
			stop()
		}
		next.Reset(h.length / lookAfter)
		if h.renewed != before {
			lapse.Reset(time.Until(h.renewed.Add(kept)))
			next.Reset(h.length / renewAfter)
		}
	}
}

// release gives the lease back, where it is still the own one, so that nobody waits for it.
func (h *holder) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.length/renewAfter)
	defer cancel()
	if value, err := json.Marshal(lease{Run: h.lease.Run, Seq: h.lease.Seq + 1}); err == nil {
		_, _ = h.store.Put(ctx, h.key, value, &h.rev) // otherwise others wait
	}
	h.looked = false
}
