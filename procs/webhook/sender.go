package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
)

const (
	// attemptMost is how long a receiver may take to answer.
	attemptMost = 10 * time.Second
	// answerMost is how many bytes of an answer are read.
	answerMost = 16 << 10
)

// sender delivers alerts to one receiver, one at a time, in order.
type sender struct {
	target Target
	secret string
	log    hclog.Logger
	client *http.Client
	wake   chan struct{} // has room for one: look at the queue again
	// most is attemptMost; shorter in tests.
	most time.Duration
	// clock and sleep are the time; others in tests. sleep returns early when ctx is done.
	clock func() time.Time
	sleep func(ctx context.Context, d time.Duration)

	mu    sync.Mutex
	queue queue // guarded by mu
}

func newSender(t Target, secret string, client *http.Client, log hclog.Logger) *sender {
	return &sender{
		target: t, secret: secret, log: log, client: client, wake: make(chan struct{}, 1), most: attemptMost,
		clock: time.Now, sleep: sleep,
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// take adds an alert to the queue. It never blocks. Safe for concurrent use.
func (s *sender) take(a Alert) {
	if (a.Phase == Lasts || a.quiet) && !s.target.format.forgets {
		return
	}
	s.mu.Lock()
	s.queue.push(a)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}

func (s *sender) head() (Alert, time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.head(s.clock())
}

// run delivers what is taken until ctx is cancelled. What waits then is tried once more,
// for as long as working is not cancelled.
func (s *sender) run(ctx, working context.Context) {
	trouble := event.Recurring{Every: time.Minute}
	for {
		a, wait, waits := s.head()
		switch ending := ctx.Err() != nil; {
		case !waits && ending:
			return
		case !waits:
			select {
			case <-s.wake:
			case <-ctx.Done():
			}
			continue
		case wait > 0 && !ending:
			s.sleep(ctx, wait)
			continue
		}
		err := s.deliver(working, a)
		if err == nil {
			for _, n := range trouble.EndExcept() {
				s.log.Info(n.String())
			}
			continue
		}
		if n, due := trouble.Seen("webhook "+s.target.host()+": "+text.Clean(err.Error()), s.clock()); due {
			s.log.Warn(n.String())
		}
		if ctx.Err() != nil {
			return // it was tried once more
		}
	}
}

// deliver tries an alert, and notes in the queue what has become of it.
func (s *sender) deliver(ctx context.Context, a Alert) error {
	answer, err := s.post(ctx, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.queue.taken(a)
	case answer.refuses:
		s.queue.refused(a)
	default:
		s.queue.failed(s.clock(), rand.Float64(), answer.asked)
	}
	return err
}

// answer is what a receiver says of an alert that it does not take.
type answer struct {
	// refuses is set when it will not take it later either.
	refuses bool
	// asked is how long it wants to be left alone; zero for no wish.
	asked time.Duration
}

// post POSTs an alert once.
func (s *sender) post(ctx context.Context, a Alert) (answer, error) {
	body, err := s.target.format.encode(a)
	if err != nil {
		return answer{refuses: true}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.most)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.target.url, bytes.NewReader(body))
	if err != nil {
		return answer{refuses: true}, errors.New("the address is no URL")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "livestream-tui")
	sign(req.Header, s.secret, a.ID, s.clock(), body)
	res, err := s.client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // it repeats the address, which may be a secret
		}
		return answer{}, errors.New(text.Cause(err))
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, answerMost)) // so that the connection is used again
	_ = res.Body.Close()                                             // it was only read
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return answer{}, nil
	}
	after, _ := strconv.ParseFloat(res.Header.Get("Retry-After"), 64) // a date or none: no wish
	after = min(max(after, 0), askedMost.Seconds())
	return answer{refuses: refuses(res.StatusCode), asked: time.Duration(after * float64(time.Second))}, fmt.Errorf("status %d", res.StatusCode)
}

// refuses reports whether a status is about what was sent: sending it again will not help.
// Any other status may change, such as 404 while the receiver is being put in place.
func refuses(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity
}
