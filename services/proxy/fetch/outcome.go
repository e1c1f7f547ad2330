package fetch

import (
	"errors"
	"time"

	"livestream-tui/services/proxy/upstream"
)

// hopeless is the reason that another round is pointless, nil while it is not.
func (f *Fetch) hopeless() error {
	if f.Rounds > 0 && f.round >= f.Rounds {
		return f.outcome(upstream.ErrUnavailable)
	}
	t := f.tally()
	took := time.Since(f.began)
	switch all := len(f.failed); {
	case t.other > 0 && (t.other == all || took >= f.Absence):
		// What was sent is broken off; a player that asks again gets another one.
		return ErrOther
	case all > 0 && (t.large == all || t.redirects == all || t.refused != nil && t.refusals == all):
		return f.outcome(nil) // all agree, so asking again changes nothing
	case t.gone > 0 && took >= f.Absence && (t.gone == all || f.Absence == 0):
		return upstream.ErrNotFound
	case t.redirects > 0 && t.redirects+t.failed == all:
		return f.outcome(nil) // those that answer agree
	case took >= f.Patience:
		return upstream.ErrUnavailable
	}
	return nil
}

// tally counts how the packagers failed.
type tally struct {
	gone, other, large, busy int
	failed                   int // without an answer
	redirects, refusals      int
	redirect                 *upstream.Redirect    // the best source's
	refused                  *upstream.StatusError // when all refusals agree, else nil
}

func (f *Fetch) tally() tally {
	var t tally
	differ := false
	for _, s := range f.Sources() {
		err := f.failed[placeOf(s)].err
		var redirect *upstream.Redirect
		var status *upstream.StatusError
		switch {
		case errors.Is(err, ErrOther):
			t.other++
		case errors.Is(err, ErrTooLarge):
			t.large++
		case errors.Is(err, upstream.ErrBusy):
			t.busy++
		case err != nil && upstream.StatusOf(err) == 0 && !errors.As(err, &redirect):
			t.failed++
		case errors.As(err, &redirect):
			if t.redirects++; t.redirect == nil {
				t.redirect = redirect
			}
		case errors.As(err, &status):
			if upstream.IsAbsent(err) {
				t.gone++
			}
			if !upstream.IsRefusal(err) {
				continue
			}
			t.refusals++
			differ = differ || t.refused != nil && t.refused.Status != status.Status
			t.refused = status
		}
	}
	if differ {
		t.refused = nil
	}
	return t
}

// outcome is what the packagers that answered say together, fallback when none answered.
func (f *Fetch) outcome(fallback error) error {
	t := f.tally()
	switch {
	case t.other > 0:
		return ErrOther
	case t.large > 0:
		return ErrTooLarge
	case t.redirect != nil:
		return t.redirect
	case t.refused != nil && t.gone <= t.refusals && (t.gone == 0 || t.refused.Status == 410):
		return t.refused
	case t.gone > 0:
		return upstream.ErrNotFound
	case t.busy > 0:
		return upstream.ErrBusy
	}
	return fallback
}
