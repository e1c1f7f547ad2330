package discovery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"livestream-tui/services/report"
)

// sender gives reports to the first reporter that takes them. Used by one
// goroutine.
type sender struct {
	client    *client
	reporters []string
	current   int // index of the reporter that took the last one
}

// send tries each reporter once, beginning with the one that took the last
// report. The error is the first one's: the one that was expected to answer.
func (s *sender) send(ctx context.Context, r report.IngestReport) error {
	var first error
	for i := range s.reporters {
		n := (s.current + i) % len(s.reporters)
		err := s.client.post(ctx, s.reporters[n], r)
		if err == nil {
			s.current = n
			return nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return first
}

// giveUp is what Run ends with when no reporter has ever taken a report.
func (s *sender) giveUp(patience time.Duration, err error) error {
	who := "reporter " + strings.Join(s.reporters, ", ")
	var refused *refusal
	if errors.As(err, &refused) {
		return fmt.Errorf("%s refused every report for %s: %s; give both the same PACKAGERS or set REPORTER_URL", who, patience, cause(err))
	}
	return fmt.Errorf("%s did not answer for %s: %s; start it or set REPORTER_URL", who, patience, cause(err))
}
