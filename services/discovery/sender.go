package discovery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/report"
)

// sender sends every report to every reporter, so that each knows everything. They do not
// wait for each other: a slow reporter misses reports, but never the newest.
type sender struct {
	client    *client
	log       hclog.Logger
	reporters []string
	boxes     []chan letter // one for each reporter, the newest letter in it
	outcomes  chan outcome
	sent      int // number of the last letter; used by send's goroutine alone
}

// letter is a report that is being sent.
type letter struct {
	number int
	report report.IngestReport
}

// outcome is the result of sending a letter to one reporter.
type outcome struct {
	number int
	err    error
}

func newSender(c *client, log hclog.Logger, reporters []string) *sender {
	s := &sender{client: c, log: log, reporters: reporters, outcomes: make(chan outcome)}
	for range reporters {
		s.boxes = append(s.boxes, make(chan letter, 1))
	}
	return s
}

// run sends letters until ctx is cancelled.
func (s *sender) run(ctx context.Context) {
	var group sync.WaitGroup
	for i := range s.reporters {
		group.Go(func() { s.deliver(ctx, i) })
	}
	group.Wait()
}

// deliver sends letters to one reporter.
func (s *sender) deliver(ctx context.Context, i int) {
	const missing = "a reporter accepts no report, the others do"
	var trouble event.Recurring
	for {
		var l letter
		select {
		case l = <-s.boxes[i]:
		case <-ctx.Done():
			return
		}
		err := s.client.post(ctx, s.reporters[i], l.report)
		if ctx.Err() != nil {
			return
		}
		switch {
		case len(s.reporters) < 2: // noteReport logs it
		case err != nil:
			if t, tell := trouble.Seen(missing, time.Now()); tell {
				s.log.Warn(t.String(), "reporter", s.reporters[i], "reason", cause(err))
			}
		case len(trouble.EndExcept()) > 0:
			s.log.Info("a reporter accepts reports again", "reporter", s.reporters[i])
		}
		select {
		case s.outcomes <- outcome{l.number, err}:
		case <-ctx.Done():
			return
		}
	}
}

// send sends a report to every reporter and returns when the first has taken it, or all
// have failed. The error is that of the first that failed.
func (s *sender) send(ctx context.Context, r report.IngestReport) error {
	s.sent++
	for _, box := range s.boxes {
		select {
		case <-box: // an older letter, which the new one replaces
		default:
		}
		box <- letter{s.sent, r} // there is room: only this goroutine sends
	}
	var first error
	for answered := 0; answered < len(s.boxes); {
		select {
		case o := <-s.outcomes:
			switch {
			case o.number != s.sent:
				continue // late
			case o.err == nil:
				return nil
			case first == nil:
				first = o.err
			}
			answered++
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return first
}

// giveUp is the error of Run when no reporter has ever taken a report.
func (s *sender) giveUp(patience time.Duration, err error) error {
	named := "reporter " + strings.Join(s.reporters, ", ")
	var refused *httpx.StatusError
	if errors.As(err, &refused) {
		return fmt.Errorf("%s refused every report for %s: %s; give both the same PACKAGERS or set REPORTER_URL", named, patience, cause(err))
	}
	return fmt.Errorf("%s did not answer for %s: %s; start it or set REPORTER_URL", named, patience, cause(err))
}
