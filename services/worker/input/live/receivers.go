package live

import (
	"context"
	"net/http"
	"sync"
	"time"

	"livestream-tui/services/hls/feed"
	"livestream-tui/services/kit/signals"
)

const (
	// othersPatience is how long the answer of one of several receivers may take: the others are
	// not to wait for one whose machine is gone.
	othersPatience = 500 * time.Millisecond
	// fresh is for how long an answer counts where none has come since.
	fresh = 2 * time.Second
)

// receivers are the receivers of all machines, and which of them leads each signal. Safe for
// concurrent use.
type receivers struct {
	http *http.Client
	urls []string

	mu      sync.Mutex
	answers []answer         // of each receiver, the last; guarded by mu
	leaders map[string]int   // by signal; guarded by mu
	moved   chan struct{}    // closed when a leader changes; guarded by mu
	now     func() time.Time // set before use
}

// answer is what a receiver has said. The zero value is nothing yet.
type answer struct {
	list feed.Index
	at   time.Time
}

func newReceivers(c *http.Client, urls []string) *receivers {
	return &receivers{http: c, urls: urls, answers: make([]answer, len(urls)), leaders: map[string]int{}, moved: make(chan struct{}), now: time.Now}
}

// ask asks all receivers for their signals, and returns why some have not answered, by URL.
func (r *receivers) ask(ctx context.Context) map[string]error {
	limit := patience
	if len(r.urls) > 1 {
		limit = othersPatience
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	failed := map[string]error{}
	var asking sync.WaitGroup
	for i, url := range r.urls {
		asking.Go(func() {
			list, err := index(ctx, r.http, url)
			r.mu.Lock()
			defer r.mu.Unlock()
			if err != nil {
				failed[url] = err
				return
			}
			r.answers[i] = answer{list, r.now()}
			r.lead()
		})
	}
	asking.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lead() // an answer may have become too old
	return failed
}

// lead notes who leads each signal. The caller has mu.
func (r *receivers) lead() {
	changed := false
	for _, a := range r.answers {
		for _, s := range a.list.Signals {
			was, known := r.leaders[s.Name]
			is := leaderOf(r.answers, s.Name, was, r.now())
			changed = changed || known && is != was
			r.leaders[s.Name] = is
		}
	}
	if changed {
		close(r.moved)
		r.moved = make(chan struct{})
	}
}

// leaderOf is the receiver that leads a signal: of those that answer and say so, the one with
// the greatest generation, then one that has it on air, then the first. Where none does it is
// still the one that was.
func leaderOf(answers []answer, signal string, was int, now time.Time) int {
	best := -1
	var of signals.Status
	for i, a := range answers {
		s, is := a.of(signal)
		if !is || s.StandsBy || now.Sub(a.at) > fresh {
			continue
		}
		if best < 0 || s.Generation > of.Generation || s.Generation == of.Generation && s.OnAir && !of.OnAir {
			best, of = i, s
		}
	}
	if best < 0 {
		return was
	}
	return best
}

// of is how a signal is at the receiver.
func (a answer) of(signal string) (signals.Status, bool) {
	for _, s := range a.list.Signals {
		if s.Name == signal {
			return s, true
		}
	}
	return signals.Status{}, false
}

// of returns the URL of the receiver that leads a signal, and what is closed when another one
// does.
func (r *receivers) of(signal string) (url string, moved <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.urls[r.leaders[signal]], r.moved
}

// limit bounds a request to a receiver about a signal: by a time, and by the moment at which
// another one leads it. The one that is asked may be lost with its machine, and never say so.
func (r *receivers) limit(ctx context.Context, signal, url string, most time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithTimeout(ctx, most)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer cancel()
		for {
			now, moved := r.of(signal)
			if now != url {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-moved:
			}
		}
	}()
	return ctx, func() {
		cancel()
		<-ended
	}
}

// known reports whether any receiver has answered.
func (r *receivers) known() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.answers {
		if !a.at.IsZero() {
			return true
		}
	}
	return false
}

// index has the signals of all receivers, each as it is where it is led.
func (r *receivers) index() feed.Index {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all feed.Index
	seen := map[string]bool{}
	for _, a := range r.answers {
		for _, s := range a.list.Signals {
			if seen[s.Name] {
				continue
			}
			seen[s.Name] = true
			if led, is := r.answers[r.leaders[s.Name]].of(s.Name); is {
				s = led
			}
			all.Signals = append(all.Signals, s)
		}
	}
	return all
}
