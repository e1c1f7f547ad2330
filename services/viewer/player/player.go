package player

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/viewer/rules"
)

const (
	// pulse is how often a player checks that it gets to run, and late how much later
	// than that counts as starvation.
	pulse = 250 * time.Millisecond
	late  = 500 * time.Millisecond
	// reloadAfter is how long a viewer looks at a still picture before they press reload,
	// when the playlist has left the player behind.
	reloadAfter = 10 * time.Second
	// maxBuffer is how much hls.js downloads ahead (maxBufferLength).
	maxBuffer = 30 * time.Second
	// maxUnplayable is how often a body that no player can show is fetched again.
	maxUnplayable = 2
)

// Options say what to play and how. Only URL is required.
type Options struct {
	// Name stands in reports; empty means the URL.
	Name string
	// URL is that of the media playlist.
	URL string
	// Client fetches; nil means NewClient(false), closed at the end of Run.
	Client *http.Client
	// StartDelay passes before the first request, so that many players do not run in
	// step; zero means none.
	StartDelay time.Duration
	// BitrateLimit is how many bytes of segments are read a second; zero means no limit.
	BitrateLimit int
	// Pace is the part of a segment's duration over which its download is spread; with
	// 0.8 a transfer is in flight most of the time. A player that has buffered less than
	// a segment reads as fast as it can. Zero means that it always does.
	Pace float64
	// Patient players do not count requests that fail before the first playlist: there
	// may be nothing to play yet.
	Patient bool
	// MayEnd says that EXT-X-ENDLIST is the end of the signal. It breaks a rule only if
	// the playlist goes on before all of it was played.
	MayEnd bool
	// Ledger compares bodies; players that share one are compared with each other. Nil
	// means one of the player's own.
	Ledger *rules.Ledger
	// Reference returns what a segment's URL must hold, and false when that is unknown.
	// One goroutine of the player calls it. Nil means that nothing is known.
	Reference func(url string) (rules.Sum, bool)
	// Packagers are what samples are compared with; nil means nothing.
	Packagers *Packagers
	// Every is how often samples are taken: one segment in so many is compared with the
	// packagers, has its init section fetched again, and is asked for once it has left
	// the playlist. Zero means 10.
	Every int
	// Keep bounds each list of the report; zero means 1000.
	Keep int

	// OnViolation and OnFailure, where not nil, are called as each is recorded, OnStall
	// when a stall has ended. A goroutine of the player waits for them to return.
	OnViolation func(rules.Violation)
	OnFailure   func(Failure)
	OnStall     func(Stall)
}

// Player plays one media playlist. Its methods are safe for concurrent use; Run is
// called once.
type Player struct {
	o      Options
	base   *url.URL
	client *http.Client
	own    bool // the client is ours to close
	// left are segments that have left the playlist, played are samples of bodies: both
	// are audited.
	left, played chan task

	mu        sync.Mutex
	status    Status // its counts; what depends on the time is filled in by Status
	buffer    Buffer
	playlists rules.PlaylistCheck
	list      *m3u8.MediaPlaylist // nil before the first
	asked     time.Time           // when list was asked for
	changed   chan struct{}       // closed, and replaced, at each load
	began     time.Time
	edge      time.Time     // the date at the buffer's end; zero when unknown
	behind    time.Duration // listed after the newest segment that was downloaded
	bytesMean float64       // bytes a second of the last segments
	outages   outages

	violations ring[rules.Violation]
	failures   ring[Failure]
	stalls     ring[Stall]
	transfers  ring[Request]
	waits      ring[Wait]
	starvation ring[Wait]
	growth     ring[rules.Newest]
}

// New returns a player that does not play yet.
func New(o Options) (*Player, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("playlist %q: not an http or https URL", o.URL)
	}
	if o.Name == "" {
		o.Name = o.URL
	}
	if o.Ledger == nil {
		o.Ledger = new(rules.Ledger)
	}
	if o.Every <= 0 {
		o.Every = 10
	}
	if o.Keep <= 0 {
		o.Keep = 1000
	}
	p := &Player{
		o: o, base: base, client: o.Client, changed: make(chan struct{}), left: make(chan task, 64), played: make(chan task, 4),
		status: Status{Name: o.Name, URL: o.URL, MSN: -1, Listed: -1, Latency: -1},
	}
	if p.client == nil {
		p.client, p.own = NewClient(false), true
	}
	p.violations.limit, p.failures.limit, p.stalls.limit, p.transfers.limit = o.Keep, o.Keep, o.Keep, o.Keep
	p.waits.limit, p.starvation.limit, p.growth.limit, p.outages.ended.limit = o.Keep, o.Keep, o.Keep, o.Keep
	return p, nil
}

// Run plays until asked is cancelled; then it returns nil.
func (p *Player) Run(asked context.Context) error {
	if p.own {
		defer p.client.CloseIdleConnections()
	}
	if follow.Until(asked, time.Now().Add(p.o.StartDelay)) != nil {
		return nil
	}
	p.mu.Lock()
	p.began = time.Now()
	p.mu.Unlock()
	g, ctx := errgroup.WithContext(asked)
	g.Go(func() error { return p.followPlaylist(ctx) })
	g.Go(func() error { return p.download(ctx) })
	g.Go(func() error { return audit(ctx, p.left, p.auditLeft) })
	g.Go(func() error { return audit(ctx, p.played, p.auditBytes) })
	g.Go(func() error { return p.watchPulse(ctx) })
	if err := g.Wait(); asked.Err() == nil {
		return err
	}
	return nil
}

// Status is how the player is now.
func (p *Player) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.statusAt(time.Now())
}

// Look is Status with the outages that ended after the n-th.
func (p *Player) Look(n int) (Status, []Outage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.statusAt(time.Now()), p.outages.after(n)
}

// Report is everything that happened up to now.
func (p *Player) Report() Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	r := Report{
		Status:     p.statusAt(now),
		Violations: p.violations.all(), Failures: p.failures.all(), Stalls: p.stalls.all(),
		Transfers: p.transfers.all(), Waits: p.waits.all(), Starvation: p.starvation.all(), Growth: p.growth.all(),
	}
	if s, lasts := p.buffer.Stall(now); lasts {
		r.Stalls = append(r.Stalls, s)
	}
	if p.list != nil {
		r.Growth = append(r.Growth, p.playlists.Seen())
	}
	return r
}

// statusAt needs mu.
func (p *Player) statusAt(now time.Time) Status {
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
		s.State, s.Since, s.Until = event.ViewPlaying, p.buffer.Begun(), p.until(now)
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
	if p.list != nil {
		s.Target = rules.Target(p.list)
	}
	s.Bitrate = int64(p.bytesMean * 8)
	return s
}

// fetch carries out an order and records it, unless it fails and quiet is set.
func (p *Player) fetch(ctx context.Context, o order, quiet bool) (answer, error) {
	a, err := transfer(ctx, p.client, o, func(w Wait) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.waits.add(w)
	})
	if ctx.Err() != nil {
		return a, ctx.Err() // the player is being stopped
	}
	failed := err != nil && !quiet
	f := Failure{At: a.At, Length: a.Length, URL: a.URL, Err: a.Err}
	p.mu.Lock()
	if err != nil {
		f.Kind, f.Cause = kindOf(err), text.Cause(err)
		p.status.Trouble = f.Cause
	} else if p.buffer.Begun().IsZero() {
		p.status.Trouble = "" // once media was played, only media clears it
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

// accuse records violations that were found now.
func (p *Player) accuse(list ...rules.Violation) {
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

func (p *Player) accuseOf(r rules.Rule, format string, args ...any) {
	p.accuse(rules.Broken(r, format, args...))
}

// watchPulse records when this process did not get to run.
func (p *Player) watchPulse(ctx context.Context) error {
	for {
		due := time.Now().Add(pulse)
		if err := follow.Until(ctx, due); err != nil {
			return err
		}
		p.woke(due, time.Now())
	}
}

// woke records starvation where a pulse came much later than due.
func (p *Player) woke(due, now time.Time) {
	after := now.Sub(due)
	if after <= late {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starvation.add(Wait{due, after})
	p.status.Starved += after
}
