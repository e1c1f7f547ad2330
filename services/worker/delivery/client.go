package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/text"
)

const (
	// A packager that takes nothing is tried again after redeliverFirst, then twice
	// as long each time up to redeliverMost, each longer by up to jitter: one that
	// was restarted is to have the whole window within a second. One that refuses us
	// is not going to change its mind so soon.
	redeliverFirst  = 50 * time.Millisecond
	redeliverMost   = 500 * time.Millisecond
	redeliverDenied = 5 * time.Second
	redeliverJitter = 0.2
	// heldFor is how long a question to a packager is held that tells of its death,
	// and after which it is asked anew what it has.
	heldFor = 15 * time.Second
)

// client is the ingest client of one signal and one packager, by HTTP (DASH-IF live
// media ingest, interface 2): initialization sections, segments and the playlist under
// their own names. Each packager has its own, so that none waits for another.
type client struct {
	base, signal, token string
	// timeout bounds one delivery: what takes longer than a segment lasts is of no use,
	// and a connection over a broken path is better made anew.
	timeout time.Duration
	board   *board
	http    *http.Client
	log     hclog.Logger
	metrics Metrics

	// What follows is used by run's goroutine alone.
	receiver *receiver
	known    bool   // what the packager has is known
	instance string // of the packager that it is known of
	trouble  string // why it takes nothing, empty while it does
	told     map[string]bool
}

// run delivers until ctx is cancelled.
func (c *client) run(ctx context.Context) {
	defer c.http.CloseIdleConnections()
	again := make(chan struct{}, 1)
	var watch sync.WaitGroup
	watch.Go(func() { c.watch(ctx, again) })
	defer watch.Wait()
	wait := redeliverFirst
	for {
		p := c.board.publication()
		err := c.deliver(ctx, p)
		if ctx.Err() != nil {
			return
		}
		c.note(err)
		if err == nil {
			wait = redeliverFirst
			select {
			case <-p.changed:
			case <-again:
				c.known = false
			case <-ctx.Done():
				return
			}
			continue
		}
		c.known = false
		var no *denied
		if errors.As(err, &no) && no.forGood() {
			wait = redeliverDenied
		}
		select {
		case <-time.After(jittered(wait)):
		case <-ctx.Done():
			return
		}
		wait = min(2*wait, redeliverMost)
	}
}

// watch has a question held by the packager all the time and tells when that ends:
// it has gone, or it is time to ask anew what it has.
func (c *client) watch(ctx context.Context, again chan<- struct{}) {
	for {
		_, err := c.ask(ctx, "/signals?wait="+heldFor.String(), heldFor+2*time.Second)
		if ctx.Err() != nil {
			return
		}
		select {
		case again <- struct{}{}:
		default: // it is told already
		}
		if err == nil {
			continue
		}
		select {
		case <-time.After(jittered(redeliverMost)):
		case <-ctx.Done():
			return
		}
	}
}

// deliver brings the packager all that it lacks, the playlist last. The error is
// why it did not get it.
func (c *client) deliver(ctx context.Context, p *publication) error {
	if len(p.objects) == 0 {
		return nil
	}
	if !c.known {
		if err := c.learn(ctx); err != nil {
			return err
		}
	}
	if n := c.receiver.missed(p); n > 0 {
		c.metrics.Missed.WithLabelValues(c.signal, c.base).Add(float64(n))
		c.log.Warn("segments left the playlist before the packager took them", "signal", c.signal, "packager", c.base, "segments", n)
	}
	for _, o := range c.receiver.lacks(p) {
		if err := c.put(ctx, o, "video/mp4"); err != nil {
			return err
		}
		c.receiver.has[o.name] = true
	}
	if !c.receiver.lacksPlaylist(p) {
		return nil
	}
	if err := c.put(ctx, newObject(media.PlaylistName, p.playlist, -1), "application/vnd.apple.mpegurl"); err != nil {
		return err
	}
	c.receiver.playlist = p.playlist
	return nil
}

// learn asks the packager what it has of the signal.
func (c *client) learn(ctx context.Context) error {
	a, err := c.ask(ctx, "/signals/"+c.signal, c.timeout)
	if err != nil {
		return err
	}
	var stock struct {
		Names []string `json:"names"`
	}
	switch {
	case a.status == http.StatusNotFound: // it knows nothing of it yet
	case a.status != http.StatusOK:
		return &denied{"ask", a.status, a.reason()}
	default:
		if err := json.Unmarshal(a.body, &stock); err != nil {
			return fmt.Errorf("what it has: %w", err)
		}
	}
	c.receiver.holds(stock.Names)
	c.known, c.instance = true, a.instance
	return nil
}

// note says when a packager takes nothing and when it does again.
func (c *client) note(err error) {
	before := c.trouble
	c.trouble = ""
	switch {
	case errors.Is(err, errAnother):
		c.trouble = before
	case err != nil:
		// Without the address, which may stand before the reason.
		text := text.Clean(err.Error())
		c.trouble = text[strings.LastIndex(text, `": `)+1:]
		if before == "" {
			c.log.Warn("packager takes nothing, trying on", "signal", c.signal, "packager", c.base, "reason", strings.TrimPrefix(c.trouble, ": "))
		}
	case before != "":
		c.log.Info("packager takes segments again", "signal", c.signal, "packager", c.base)
	}
}

// jittered adds the jitter to a wait.
func jittered(d time.Duration) time.Duration {
	return d + time.Duration(float64(d)*redeliverJitter*rand.Float64())
}
