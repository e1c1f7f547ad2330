package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/signals"
)

// The errors of a switch of inputs.
var (
	// ErrNoReceiver is that of a layout without a receiver.
	ErrNoReceiver = errors.New("this layout has no receiver")
	// ErrNoAnswer is that of one whose receivers are silent, or have no signal.
	ErrNoAnswer = errors.New("no receiver answers")
)

// receivers asks the receivers for the live signals, and switches their inputs.
type receivers struct {
	urls []string
	poll poller // its client and its token
}

func newReceivers(list []preflight.Endpoint, p poller) receivers {
	r := receivers{poll: p}
	for _, e := range list {
		if e.Service == "receiver" {
			r.urls = append(r.urls, e.URL())
		}
	}
	return r
}

// run asks once a second until ctx is cancelled, and calls changed with the answers.
func (r receivers) run(ctx context.Context, changed func([]signals.Status)) {
	for len(r.urls) > 0 {
		if list := r.ask(ctx); ctx.Err() == nil {
			changed(list)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(procs.UntilNext(time.Now(), pollPeriod)):
		}
	}
}

// ask returns the signals of the receivers that answer. Of a signal that several have the
// first counts.
func (r receivers) ask(ctx context.Context) []signals.Status {
	var all []signals.Status
	for _, url := range r.urls {
		var list struct {
			Signals []signals.Status `json:"signals"`
		}
		if r.poll.get(ctx, url+signals.IndexPath, &list) != nil {
			continue // its process says what is wrong
		}
		for _, s := range list.Signals {
			if !slices.ContainsFunc(all, func(o signals.Status) bool { return o.Name == s.Name }) {
				all = append(all, s)
			}
		}
	}
	return all
}

// switchInput shows an input of a signal, or leaves the choice to the receivers again.
func (r receivers) switchInput(ctx context.Context, signal, input string) error {
	if len(r.urls) == 0 {
		return ErrNoReceiver
	}
	body, err := json.Marshal(signals.Choice{Input: input})
	if err != nil {
		return err
	}
	list := r.ask(ctx)
	if len(list) == 0 {
		return ErrNoAnswer
	}
	i := slices.IndexFunc(list, func(s signals.Status) bool { return s.Name == signal })
	if i < 0 {
		return fmt.Errorf("input %q: allowed are the live signals: %s", signal, strings.Join(namesOf(list), ", "))
	}
	var errs []error
	for _, url := range r.urls {
		if err := r.poll.postTo(ctx, url+signals.ChoicePath(signal), body); err != nil {
			errs = append(errs, fmt.Errorf("the receiver (%s): %w", url, err))
		}
	}
	if len(errs) < len(r.urls) {
		return nil
	}
	return errors.Join(errs...)
}

func namesOf(list []signals.Status) []string {
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	return names
}
