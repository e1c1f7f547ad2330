package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/report"
	"livestream-tui/services/runner"
)

const (
	// A packager that takes nothing is tried again after redeliverFirst, then twice
	// as long each time up to redeliverMost, each longer by up to jitter: one that
	// was restarted is to have the whole window within a second. One that refuses us
	// is not going to change its mind so soon.
	redeliverFirst  = 50 * time.Millisecond
	redeliverMost   = 500 * time.Millisecond
	redeliverDenied = 5 * time.Second
	// deliveryTimeout bounds one delivery: what takes longer than a segment lasts is
	// of no use, and a connection over a broken path is better made anew.
	deliveryTimeout = SegmentDuration * 3 / 2
	// heldFor is how long a question to a packager is held that tells of its death,
	// and after which it is asked anew what it has.
	heldFor = 15 * time.Second
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 1 << 20

	instanceHeader = "X-Packager-Instance"
)

// courier delivers one signal to one packager, by HTTP (DASH-IF live media ingest,
// interface 2): init sections, segments and the playlist under their own names. Each
// packager has its own, so that none waits for another.
type courier struct {
	base, signal, token string
	store               *store
	client              *http.Client
	log                 hclog.Logger
	metrics             *metrics

	// What follows is used by run's goroutine alone.
	desk     *desk
	known    bool   // what the packager has is known
	instance string // of the packager that it is known of
	trouble  string // why it takes nothing, empty while it does
	told     map[string]bool
}

func newCourier(base, signal, token string, s *store, log hclog.Logger, m *metrics) *courier {
	return &courier{
		base: base, signal: signal, token: token, store: s, client: newDeliveryClient(), log: log, metrics: m,
		desk: newDesk(), told: map[string]bool{},
	}
}

func newDeliveryClient() *http.Client {
	return &http.Client{
		// A packager that sends us elsewhere is not the one that we deliver to.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: time.Second}).DialContext,
			MaxIdleConnsPerHost:   2,
			IdleConnTimeout:       90 * time.Second,
			ExpectContinueTimeout: time.Second,
			DisableCompression:    true,
		},
	}
}

// run delivers until ctx is cancelled.
func (c *courier) run(ctx context.Context) {
	defer c.client.CloseIdleConnections()
	again := make(chan struct{}, 1)
	var watch sync.WaitGroup
	watch.Go(func() { c.watch(ctx, again) })
	defer watch.Wait()
	wait := redeliverFirst
	for {
		g := c.store.goods()
		err := c.deliver(ctx, g)
		if ctx.Err() != nil {
			return
		}
		c.note(err)
		if err == nil {
			wait = redeliverFirst
			select {
			case <-g.changed:
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
		case <-time.After(longer(wait)):
		case <-ctx.Done():
			return
		}
		wait = min(2*wait, redeliverMost)
	}
}

// watch has a question held by the packager all the time and tells when that ends:
// it has gone, or it is time to ask anew what it has.
func (c *courier) watch(ctx context.Context, again chan<- struct{}) {
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
		case <-time.After(longer(redeliverMost)):
		case <-ctx.Done():
			return
		}
	}
}

// deliver brings the packager all that it lacks, the playlist last. The error is
// why it did not get it.
func (c *courier) deliver(ctx context.Context, g *goods) error {
	if len(g.parcels) == 0 {
		return nil
	}
	if !c.known {
		if err := c.learn(ctx); err != nil {
			return err
		}
	}
	if n := c.desk.missed(g); n > 0 {
		c.metrics.missed.WithLabelValues(c.signal, c.base).Add(float64(n))
		c.log.Warn("segments left the playlist before the packager took them", "signal", c.signal, "packager", c.base, "segments", n)
	}
	for _, p := range c.desk.lacks(g) {
		if err := c.put(ctx, p, "video/mp4"); err != nil {
			return err
		}
		c.desk.has[p.name] = true
	}
	if !c.desk.unsaid(g) {
		return nil
	}
	if err := c.put(ctx, newParcel(playlistName, g.playlist, -1), "application/vnd.apple.mpegurl"); err != nil {
		return err
	}
	c.desk.said = g.playlist
	return nil
}

// learn asks the packager what it has of the signal.
func (c *courier) learn(ctx context.Context) error {
	a, err := c.ask(ctx, "/signals/"+c.signal, deliveryTimeout)
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
	c.desk.holds(stock.Names)
	c.known, c.instance = true, a.instance
	return nil
}

// denied is an answer that is none of the good ones.
type denied struct {
	what   string
	status int
	reason string
}

func (e *denied) Error() string { return fmt.Sprintf("%s: status %d: %s", e.what, e.status, e.reason) }

// forGood reports whether only an operator can change it.
func (e *denied) forGood() bool {
	switch e.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return false
}

// errAnother says that another incarnation answers than the one we know.
var errAnother = errors.New("it was restarted")

// put delivers one thing. What the packager will never take counts as delivered.
func (c *courier) put(ctx context.Context, p parcel, kind string) error {
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, c.base+"/"+c.signal+"/"+p.name, bytes.NewReader(p.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Repr-Digest", p.digest)
	if p.msn >= 0 {
		req.Header.Set("Expect", "100-continue") // it may have come by another worker
	}
	a, err := c.do(req)
	if err != nil {
		c.count("failed")
		return err
	}
	result := "taken"
	switch {
	case a.instance != c.instance:
		return errAnother
	case a.status/100 == 2:
	case a.status == http.StatusConflict:
		result = "conflict"
	case a.status == http.StatusGone:
		result = "late"
	case a.status == http.StatusBadRequest, a.status == http.StatusRequestEntityTooLarge, a.status == http.StatusUnsupportedMediaType:
		result = "refused"
	default:
		c.count("failed")
		return &denied{p.name, a.status, a.reason()}
	}
	c.count(result)
	if result != "taken" && !c.told[p.name] {
		c.told[p.name] = true
		c.log.Warn("packager did not take it", "signal", c.signal, "packager", c.base, "name", p.name, "result", result, "reason", a.reason())
	}
	return nil
}

func (c *courier) count(result string) {
	c.metrics.delivered.WithLabelValues(c.signal, c.base, result).Inc()
}

// reply is an answer, read.
type reply struct {
	status   int
	instance string
	body     []byte
}

// reason is what a JSON error says.
func (a reply) reason() string {
	var e report.Error
	if json.Unmarshal(a.body, &e) != nil || e.Error == "" {
		return http.StatusText(a.status)
	}
	return report.Clean(e.Error)
}

func (c *courier) ask(ctx context.Context, path string, limit time.Duration) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return reply{}, err
	}
	return c.do(req)
}

func (c *courier) do(req *http.Request) (reply, error) {
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return reply{res.StatusCode, res.Header.Get(instanceHeader), body}, err
}

// note says when a packager takes nothing and when it does again.
func (c *courier) note(err error) {
	before := c.trouble
	c.trouble = ""
	switch {
	case errors.Is(err, errAnother):
		c.trouble = before
	case err != nil:
		// Without the address, which may stand before the reason.
		text := report.Clean(err.Error())
		c.trouble = text[strings.LastIndex(text, `": `)+1:]
		if before == "" {
			c.log.Warn("packager takes nothing, trying on", "signal", c.signal, "packager", c.base, "reason", strings.TrimPrefix(c.trouble, ": "))
		}
	case before != "":
		c.log.Info("packager takes segments again", "signal", c.signal, "packager", c.base)
	}
}

// deliver has the signal delivered to every packager until ctx is cancelled; the
// goroutines are done when group is.
func (e *encoder) deliver(ctx context.Context, group *sync.WaitGroup) {
	for _, base := range e.urls {
		c := newCourier(base, e.signal, e.token, e.store, e.log, e.metrics)
		group.Go(func() { c.run(ctx) })
	}
}

// endAt tells every packager that a signal comes no more, as far as it answers now.
func endAt(ctx context.Context, urls runner.URLs, signal, token string, log hclog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var group sync.WaitGroup
	for _, base := range urls {
		group.Go(func() {
			c := courier{client: newDeliveryClient(), token: token}
			defer c.client.CloseIdleConnections()
			req, err := http.NewRequestWithContext(ctx, http.MethodDelete, base+"/"+signal+"/"+playlistName, nil)
			if err == nil {
				_, err = c.do(req)
			}
			if err != nil {
				log.Warn("cannot tell a packager that a signal has ended", "signal", signal, "packager", base, "reason", err.Error())
			}
		})
	}
	group.Wait()
}
