package worker

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/output"
)

// After an error a feed is asked again after feedRetry: its server may be about to be
// restarted, which takes a tenth of a second.
const feedRetry = 100 * time.Millisecond

// copier publishes the segments of a feed for as long as it runs.
type copier struct {
	signal  string
	feed    input.Feed
	segment time.Duration // about how long a segment is
	clock   clock
	log     hclog.Logger
	metrics *metrics
	output  *output.Output // used by run's goroutine alone
	// published is called once the first segment is published; nil is allowed.
	published func() // used by run's goroutine alone

	fails event.Recurring // why the feed gave nothing; used by run's goroutine alone

	mu      sync.Mutex
	full    bool      // the playlist has all that there is; guarded by mu
	last    time.Time // when the last segment was published, or run began; guarded by mu
	trouble string    // why none has come since, for people; guarded by mu
}

// run publishes segments until ctx is cancelled. The error says what its output needs.
func (c *copier) run(ctx context.Context) error {
	c.note()
	for {
		s, err := c.feed.Next(ctx, c.output.Newest())
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			c.fail(err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(input.Jitter(feedRetry)):
			}
			continue
		}
		done := &media.Segment{MSN: s.MSN, Data: s.Data}
		as := output.Listing{Segment: s.Listed, Target: s.Target, Independent: s.Independent, Newest: s.Newest}
		if err := c.output.PublishListed(done, output.Init{Name: s.InitName, Data: s.Init}, as); err != nil {
			return &publishError{s.MSN, err}
		}
		c.note()
		if c.published != nil {
			c.published()
			c.published = nil
		}
		c.metrics.published(c.signal, done, c.clock.now().Sub(s.Listed.ProgramDateTime.Add(s.Listed.Duration)))
		c.log.Debug("segment published", "signal", c.signal, "msn", s.MSN, "bytes", len(s.Data))
	}
}

// fail notes why the feed gave nothing.
func (c *copier) fail(err error) {
	if t, due := c.fails.Seen(err.Error(), time.Now()); due {
		c.log.Warn("the feed of a live signal cannot be read, still trying", "signal", c.signal, "reason", t.String())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trouble = err.Error()
}

// note notes that a segment was published, or that run began.
func (c *copier) note() {
	for _, t := range c.fails.EndExcept() {
		c.log.Info("the feed of a live signal can be read again", "signal", c.signal, "after", t.String())
	}
	full := c.output.Newest() >= 0 && c.output.Full()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.full, c.last, c.trouble = full, time.Now(), ""
}

// condition implements airing.
func (c *copier) condition() (full bool, problem string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.last) < max(overdue, 4*c.segment) {
		return c.full, ""
	}
	problem = "no new segment of " + c.signal
	if c.trouble != "" {
		problem += ": " + c.trouble
	}
	return c.full, problem
}
