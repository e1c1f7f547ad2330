package output

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
)

const (
	// After a failure a packager is tried again after retryFirst, then after twice as long
	// each time up to retryMost, each longer by up to retryJitter: one that was restarted
	// gets the whole window within a second. One that refuses this worker will not change
	// its mind so soon.
	retryFirst  = 50 * time.Millisecond
	retryMost   = 500 * time.Millisecond
	retryDenied = 5 * time.Second
	retryJitter = 0.2
	// watchFor is how long the request waits that notices a packager's death. After it the
	// packager is asked again what it has.
	watchFor = 15 * time.Second
	// remindEvery is how often it is logged that a packager still misses segments.
	remindEvery = time.Minute
)

// client is the ingest client of one signal and one packager (package hls/ingest). Each
// packager has its own, so that they do not wait for each other.
type client struct {
	base, signal, token string
	// timeout bounds one request: a delivery that takes longer than a segment lasts is
	// useless, and a broken connection is better replaced.
	timeout time.Duration
	latest  *latest
	http    *http.Client
	log     hclog.Logger
	metrics Metrics

	// What follows is used by run's goroutine alone.
	state    *receiverState
	known    bool            // state is what the packager has
	instance string          // the run of the packager whose state it is
	failing  bool            // the last delivery failed
	warned   map[string]bool // names of objects that it did not take, which is in the log
	missing  event.Recurring // segments that it misses
	missed   int             // how many, since that began
}

func newClient(c Config, base, signal string, segment time.Duration, l *latest) *client {
	return &client{
		base: base, signal: signal, token: c.Token, timeout: segment * 3 / 2, latest: l, http: newHTTPClient(),
		log: c.Log, metrics: c.Metrics, state: newReceiverState(), warned: map[string]bool{},
		missing: event.Recurring{Every: remindEvery, Quiet: max(event.NoticeEvery, 3*segment)},
	}
}

// run delivers until ctx is cancelled.
func (c *client) run(ctx context.Context) {
	defer c.http.CloseIdleConnections()
	again := make(chan struct{}, 1)
	var watch sync.WaitGroup
	watch.Go(func() { c.watch(ctx, again) })
	defer watch.Wait()
	wait := retryFirst
	for {
		p := c.latest.publication()
		err := c.deliver(ctx, p)
		if ctx.Err() != nil {
			return
		}
		c.note(err)
		if err == nil {
			wait = retryFirst
			select {
			case <-p.changed:
			case <-again:
				c.known = false
			case <-ctx.Done():
				return
			}
			continue
		}
		var early *earlyError
		if errors.As(err, &early) { // it will take it when its time has come
			wait = min(max(early.wait, retryFirst), c.timeout)
		} else {
			c.known = false
		}
		var status *statusError
		if errors.As(err, &status) && ingest.Permanent(status.status) {
			wait = retryDenied
		}
		select {
		case <-time.After(jittered(wait)):
		case <-ctx.Done():
			return
		}
		wait = min(2*wait, retryMost)
	}
}

// watch keeps a request at the packager and signals on again when that ends: the packager
// has gone, or it is time to ask again what it has.
func (c *client) watch(ctx context.Context, again chan<- struct{}) {
	for {
		_, err := c.get(ctx, ingest.WaitPath(watchFor), watchFor+2*time.Second)
		if ctx.Err() != nil {
			return
		}
		select {
		case again <- struct{}{}:
		default: // a signal is under way
		}
		if err == nil {
			continue
		}
		select {
		case <-time.After(jittered(retryMost)):
		case <-ctx.Done():
			return
		}
	}
}

// deliver sends the packager all that it lacks, the playlist last. The error is why that
// failed.
func (c *client) deliver(ctx context.Context, p *publication) error {
	if len(p.objects) == 0 {
		return nil
	}
	if !c.known {
		if err := c.learn(ctx); err != nil {
			return err
		}
	}
	c.noteMissed(c.state.missed(p), time.Now())
	for _, o := range c.state.lacks(p) {
		if err := c.put(ctx, o, ingest.MediaType); err != nil {
			return err
		}
		c.state.has[o.name] = true
	}
	if !c.state.lacksPlaylist(p) {
		return nil
	}
	if err := c.put(ctx, newObject(media.PlaylistName, p.playlist, -1), ingest.PlaylistType); err != nil {
		return err
	}
	c.state.playlist = p.playlist
	return nil
}

// noteMissed counts n segments that left the playlist before the packager took them. It logs
// the first, how many there are once a minute while it goes on, and how many there were.
func (c *client) noteMissed(n int, now time.Time) {
	const left = "segments left the playlist before the packager took them"
	if n > 0 {
		c.metrics.Missed.WithLabelValues(c.signal, c.base).Add(float64(n))
		c.missed += n
		if _, due := c.missing.Seen(left, now); due {
			c.log.Warn(left, "signal", c.signal, "packager", c.base, "segments", c.missed)
		}
		return
	}
	for _, t := range c.missing.Ended(now) {
		c.log.Info("no more segments leave the playlist before the packager takes them", "signal", c.signal, "packager", c.base,
			"segments", c.missed, "for", t.Last.Sub(t.Since).Round(time.Second).String())
		c.missed = 0
	}
}

// learn asks the packager what it has of the signal.
func (c *client) learn(ctx context.Context) error {
	a, err := c.get(ctx, ingest.StockPath(c.signal), c.timeout)
	if err != nil {
		return err
	}
	var stock ingest.Stock
	switch {
	case a.Status == http.StatusNotFound: // it does not know the signal yet
	case a.Status != http.StatusOK:
		return &statusError{"ask", a.Status, reasonOf(a)}
	default:
		if err := json.Unmarshal(a.Body, &stock); err != nil {
			return fmt.Errorf("what it has: %w", err)
		}
	}
	c.state.reset(stock.Names)
	c.known, c.instance = true, a.Header.Get(ingest.InstanceHeader)
	return nil
}

// note logs when deliveries begin to fail and when they succeed again.
func (c *client) note(err error) {
	before := c.failing
	if errors.Is(err, errRestarted) {
		return
	}
	c.failing = err != nil
	switch {
	case err != nil && !before && errors.As(err, new(*earlyError)):
		c.log.Warn("packager takes segments later, they come before their time: the clock of this machine is ahead, or the packager's is behind", "signal", c.signal, "packager", c.base, "reason", text.Clean(err.Error()))
	case err != nil && !before:
		var withAddress *url.Error
		if errors.As(err, &withAddress) {
			err = withAddress.Err // the address is logged beside it
		}
		c.log.Warn("packager accepts nothing, still trying", "signal", c.signal, "packager", c.base, "reason", text.Clean(err.Error()))
	case err == nil && before:
		c.log.Info("packager accepts segments again", "signal", c.signal, "packager", c.base)
	}
}

// jittered adds the jitter to a wait.
func jittered(d time.Duration) time.Duration {
	return d + time.Duration(float64(d)*retryJitter*rand.Float64())
}
