// Package viewer plays signals without a screen, as hls.js would, and verifies
// every byte and number: what the audience sees, and whether it should have.
package viewer

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
)

const (
	// pulse is how often a player looks whether it gets to run, and late how much
	// later than that is starvation.
	pulse = 250 * time.Millisecond
	late  = 500 * time.Millisecond
	// reloadAfter is how long a viewer looks at a still picture before they press
	// reload, where the playlist has left the player behind.
	reloadAfter = 10 * time.Second
	// maxBuffer is how much hls.js downloads ahead (maxBufferLength).
	maxBuffer = 30 * time.Second
	// maxUnplayable is how often a body that no player can show is fetched again.
	maxUnplayable = 2
)

// PlayerOptions say what to play and how.
type PlayerOptions struct {
	// Name stands in reports; the URL when empty.
	Name string
	// URL is the media playlist's.
	URL string
	// Client fetches; nil: one of the player's own, NewClient(false), closed at the
	// end of Run.
	Client *http.Client
	// StartDelay passes before the first request, so that many players do not move
	// in step.
	StartDelay time.Duration
	// BitrateLimit is how many bytes of segments are read a second; zero: as fast as
	// they come.
	BitrateLimit int
	// Pace is the part of a segment's duration over which its download is spread, so
	// that a transfer is in flight most of the time: 0.8. The player hurries while
	// it holds less than a segment. Zero: as fast as it comes.
	Pace float64
	// Patient: until the playlist was there once, failed requests are none: there
	// may be nothing to play yet.
	Patient bool
	// MayEnd: an EXT-X-ENDLIST is the end of the signal, and a rule broken only where
	// the playlist goes on before all was played.
	MayEnd bool
	// Ledger compares bodies; players that share one compare with each other. Nil:
	// one of the player's own.
	Ledger *Ledger
	// Reference is what a segment's URL ought to hold; nil, and false, for not known.
	// Called from one goroutine of the player.
	Reference func(url string) (Sum, bool)
	// Packagers are compared with, now and then; nil compares with none.
	Packagers *Packagers
	// Every is how many segments share one comparison with the packagers, one fresh
	// look at the init section, and one look at whether a segment that has left the
	// playlist can still be had; zero: 10.
	Every int
	// Keep bounds each list of the report; zero: 1000.
	Keep int

	// OnViolation, OnFailure and OnStall, where not nil, are told of each as it is
	// recorded, and of a stall when it has ended; by a goroutine of the player's,
	// which waits for them.
	OnViolation func(Violation)
	OnFailure   func(Failure)
	OnStall     func(Stall)
}

// Player plays one media playlist. Its methods are safe for concurrent use; Run is
// called once.
type Player struct {
	o      PlayerOptions
	base   *url.URL
	client *http.Client
	own    bool // the client is ours to close
	// left are segments that have left the playlist, played are samples of bodies:
	// each is looked at once more.
	left, played chan task

	mu        sync.Mutex
	status    PlayerStatus // its counts; what depends on the time is filled in by Status
	buffer    Buffer
	playlists Playlists
	list      *m3u8.MediaPlaylist // nil before the first
	asked     time.Time           // when list was asked for
	changed   chan struct{}       // closed, and replaced, at each load
	began     time.Time
	edge      time.Time     // the date at the buffer's end; zero when not known
	behind    time.Duration // what is listed after the newest segment downloaded
	bytesMean float64       // bytes a second of the last segments
	outages   outages

	violations ring[Violation]
	failures   ring[Failure]
	stalls     ring[Stall]
	transfers  ring[Request]
	waits      ring[Wait]
	starvation ring[Wait]
	growth     ring[Newest]
}

// NewPlayer returns a player that does not play yet.
func NewPlayer(o PlayerOptions) (*Player, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("playlist %q: not an http or https URL", o.URL)
	}
	if o.Name == "" {
		o.Name = o.URL
	}
	if o.Ledger == nil {
		o.Ledger = new(Ledger)
	}
	if o.Every <= 0 {
		o.Every = 10
	}
	if o.Keep <= 0 {
		o.Keep = 1000
	}
	p := &Player{
		o: o, base: base, client: o.Client, changed: make(chan struct{}), left: make(chan task, 64), played: make(chan task, 4),
		status: PlayerStatus{Name: o.Name, URL: o.URL, MSN: -1, Listed: -1, Latency: -1},
	}
	if p.client == nil {
		p.client, p.own = NewClient(false), true
	}
	p.violations.limit, p.failures.limit, p.stalls.limit, p.transfers.limit = o.Keep, o.Keep, o.Keep, o.Keep
	p.waits.limit, p.starvation.limit, p.growth.limit, p.outages.ended.limit = o.Keep, o.Keep, o.Keep, o.Keep
	return p, nil
}

// Run plays until asked is over; it returns nil then.
func (p *Player) Run(asked context.Context) error {
	if p.own {
		defer p.client.CloseIdleConnections()
	}
	if sleepUntil(asked, time.Now().Add(p.o.StartDelay)) != nil {
		return nil
	}
	p.mu.Lock()
	p.began = time.Now()
	p.mu.Unlock()
	g, ctx := errgroup.WithContext(asked)
	g.Go(func() error { return p.follow(ctx) })
	g.Go(func() error { return p.download(ctx) })
	g.Go(func() error { return audit(ctx, p.left, p.auditLeft) })
	g.Go(func() error { return audit(ctx, p.played, p.auditBytes) })
	g.Go(func() error { return p.feelPulse(ctx) })
	if err := g.Wait(); asked.Err() == nil {
		return err
	}
	return nil
}

// Status is how the player is now.
func (p *Player) Status() PlayerStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.statusAt(time.Now())
}

// look is how the player is now, with the outages that have ended after the n-th.
func (p *Player) look(n int) (PlayerStatus, []Outage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.statusAt(time.Now()), p.outages.after(n)
}

// Report is everything up to now.
func (p *Player) Report() PlayerReport {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	r := PlayerReport{
		PlayerStatus: p.statusAt(now),
		Violations:   p.violations.all(), Failures: p.failures.all(), Stalls: p.stalls.all(),
		Transfers: p.transfers.all(), Waits: p.waits.all(), Starvation: p.starvation.all(), Growth: p.growth.all(),
	}
	if s, lasts := p.buffer.Stall(now); lasts {
		r.Stalls = append(r.Stalls, s)
	}
	if p.list != nil {
		r.Growth = append(r.Growth, p.playlists.newestSeen())
	}
	return r
}

// statusAt needs mu.
func (p *Player) statusAt(now time.Time) PlayerStatus {
	s := p.status
	if stall, lasts := p.buffer.Stall(now); lasts {
		s.StallCount++
		s.Stalled, s.LongestStall = s.Stalled+stall.Length, max(s.LongestStall, stall.Length)
	}
	s.Buffer, s.Listed = p.buffer.Ahead(), p.playlists.Newest()
	s.Standstill = max(s.Standstill, p.playlists.Still())
	s.Since = p.began
	s.Outages, s.Lacked, s.LongestOutage = p.outages.count, p.outages.total, p.outages.longest
	lacking, lacks := p.buffer.Lacking(now)
	switch {
	case lacks:
		s.State, s.Since, s.Lacking, s.Standing = event.ViewStalled, lacking, lacking, now.Sub(lacking)
		s.Outages++
		s.Lacked, s.LongestOutage = s.Lacked+s.Standing, max(s.LongestOutage, s.Standing)
	case p.buffer.Playing():
		s.State, s.Since = event.ViewPlaying, p.buffer.Begun()
		if last, ok := p.outages.ended.last(); ok {
			s.Since = last.Until
		}
	case !p.buffer.Ended().IsZero():
		s.State, s.Since = event.ViewEnded, p.buffer.Ended()
	}
	if begun := p.buffer.Begun(); !begun.IsZero() {
		s.Startup = begun.Sub(p.began)
		switch {
		case !p.edge.IsZero():
			s.Latency = now.Sub(p.edge) + s.Buffer
		default:
			s.Latency = p.behind + s.Buffer
		}
	}
	s.Bitrate = int64(p.bytesMean * 8)
	return s
}

// fetch carries out an order and records it. quiet failures are not recorded.
func (p *Player) fetch(ctx context.Context, o order, quiet bool) (answer, error) {
	a, err := transfer(ctx, p.client, o, func(w Wait) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.waits.add(w)
	})
	if ctx.Err() != nil {
		return a, ctx.Err() // it is us who went away
	}
	failed := err != nil && !quiet
	f := Failure{At: a.At, Length: a.Length, URL: a.URL, Err: a.Err}
	p.mu.Lock()
	if err != nil {
		f.Cause = text.Cause(err)
		p.status.Trouble = f.Cause
	} else if p.buffer.Begun().IsZero() {
		p.status.Trouble = "" // later only media makes good what failed
	}
	if err == nil || failed {
		p.transfers.add(a.Request)
		p.status.Requests++
		p.status.Bytes += a.Bytes
		p.status.LongestFirstByte = max(p.status.LongestFirstByte, a.FirstByte)
		p.status.LongestWait = max(p.status.LongestWait, a.Longest)
	}
	if failed {
		p.failures.add(f)
		p.status.Failed++
	}
	p.mu.Unlock()
	if failed && p.o.OnFailure != nil {
		p.o.OnFailure(f)
	}
	return a, err
}

// accuse records violations that were found just now.
func (p *Player) accuse(list ...Violation) {
	now := time.Now()
	for i := range list {
		list[i].At, list[i].Text = now, text.Clean(list[i].Text)
	}
	p.mu.Lock()
	for _, v := range list {
		p.violations.add(v)
		p.status.Violated++
		p.status.byRule[v.Rule]++
	}
	p.mu.Unlock()
	if p.o.OnViolation == nil {
		return
	}
	for _, v := range list {
		p.o.OnViolation(v)
	}
}

func (p *Player) accuseOf(r Rule, format string, args ...any) {
	p.accuse(Violation{Rule: r, Text: fmt.Sprintf(format, args...)})
}

// feelPulse counts when this process did not get to run.
func (p *Player) feelPulse(ctx context.Context) error {
	for {
		due := time.Now().Add(pulse)
		if err := sleepUntil(ctx, due); err != nil {
			return err
		}
		p.felt(due, time.Now())
	}
}

// felt takes a pulse that was due.
func (p *Player) felt(due, now time.Time) {
	after := now.Sub(due)
	if after <= late {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starvation.add(Wait{due, after})
	p.status.Starved += after
}
