package control

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"livestream-tui/procs"
	"livestream-tui/services/report"
)

// headlessTick is how often the headless output looks at what has no event.
const headlessTick = 250 * time.Millisecond

// Outcome is why a headless run did not end well, as an error.
type Outcome struct { //nolint:errname // named for what it tells of a run, to people and as an exit code
	// NeverReady: a process never became ready; otherwise the stream was off air
	// in the end.
	NeverReady bool
	Reason     string
}

// Error returns the reason.
func (o *Outcome) Error() string { return o.Reason }

// Runner is a platform that Headless can run.
type Runner interface {
	Platform
	// Run starts the platform and returns when it has ended after ctx was cancelled.
	Run(ctx context.Context) error
}

// HeadlessOptions say how to run without a terminal.
type HeadlessOptions struct {
	Out io.Writer
	// JSON writes each Event as a line of JSON, else text for people.
	JSON bool
	// For ends the run this long after the stream came on air; zero: not at all.
	For time.Duration
}

// Headless runs p and writes what happens to o.Out, a line for each event, until
// ctx is cancelled, o.For is over, or the platform cannot come on air. The error
// is an *Outcome for the last, and when the stream is off air at the end of o.For;
// a cancelled ctx is no error.
func Headless(ctx context.Context, p Runner, o HeadlessOptions) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	reading, done := context.WithCancel(context.WithoutCancel(ctx))
	defer done() // the subscription outlives ctx: the stop is to be seen as well

	snapshot, events := p.Subscribe(reading)
	h := &headless{platform: p, printer: printer{out: o.Out, json: o.JSON}, startup: newStartup(snapshot.Processes), duration: o.For}
	ran := make(chan error, 1)
	go func() { ran <- p.Run(ctx) }()
	looks := make(chan look)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		watchAir(ctx, p, looks)
	}()

	tick := time.NewTimer(headlessTick)
	defer tick.Stop()
	var outcome error
	for events != nil {
		select {
		case e, open := <-events:
			if !open {
				events = nil // the platform has ended
				continue
			}
			h.event(e)
		case l := <-looks:
			h.looked(l)
		case <-time.After(procs.UntilNext(time.Now(), airPeriod)):
			tick.Reset(procs.UntilNext(time.Now(), headlessTick))
			if ended, err := h.tick(time.Now()); ended && ctx.Err() == nil {
				outcome = err
				stop()
			}
		}
	}
	stop()
	<-watched
	if err := <-ran; err != nil {
		return err
	}
	return outcome
}

// headless is the state of one run; only Headless's loop touches it.
type headless struct {
	platform Platform
	printer  printer
	startup  *startup
	duration time.Duration

	readyAt time.Time // since when every process is ready; zero while not
	onAirAt time.Time // the first time; zero before
	off     string    // why the stream is off air; empty while it is on
	offAt   time.Time // since when, once it was on air
	said    string    // what was last said of why it does not come on air
}

func (h *headless) event(e Event) {
	if e.Status != nil {
		h.startup.status(*e.Status, e.Time)
	}
	h.printer.event(e)
}

// look is one look at what players are given.
type look struct {
	at        time.Time
	playlists []string
	err       error // why it is not all on air
}

// watchAir looks again and again until ctx is cancelled.
func watchAir(ctx context.Context, p Platform, looks chan<- look) {
	a := newAir()
	defer a.client.CloseIdleConnections()
	for {
		l := look{playlists: a.playlists(p.Snapshot())}
		l.err = a.look(ctx, l.playlists)
		l.at = time.Now()
		if ctx.Err() != nil {
			return // it was broken off: what it saw is no word on the stream
		}
		select {
		case looks <- l:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(procs.UntilNext(time.Now(), airPeriod)):
		case <-ctx.Done():
			return
		}
	}
}

func (h *headless) looked(l look) {
	switch {
	case h.onAirAt.IsZero() && l.err == nil && h.startup.allReady():
		h.onAirAt, h.off = l.at, ""
		for _, address := range l.playlists {
			h.printer.say(report.LevelInfo, "", "on air: "+address)
		}
	case h.onAirAt.IsZero():
		h.off = "some processes are not ready"
		if l.err != nil {
			h.off = l.err.Error()
		}
	case l.err != nil && h.off == "":
		h.off, h.offAt = l.err.Error(), l.at
		h.printer.say(report.LevelError, "", "off air: "+h.off)
	case l.err != nil:
		h.off = l.err.Error()
	case h.off != "":
		h.off = ""
		h.printer.say(report.LevelInfo, "", fmt.Sprintf("on air again after %s: %s",
			l.at.Sub(h.offAt).Round(100*time.Millisecond), strings.Join(l.playlists, " ")))
	}
}

// tick tells what is being waited for, and whether the run is at its end.
func (h *headless) tick(now time.Time) (ended bool, outcome error) {
	for _, p := range h.platform.Snapshot().Processes {
		h.startup.progress(p.Name, progressText(p.Progress), now)
	}
	for _, n := range h.startup.waiting(now) {
		h.printer.say(report.LevelInfo, n.process, n.text)
	}
	switch {
	case h.onAirAt.IsZero():
		if why := h.startup.failure(now); why != "" {
			return true, &Outcome{NeverReady: true, Reason: why}
		}
		return h.notYet(now)
	case h.duration > 0 && now.Sub(h.onAirAt) >= h.duration:
		if h.off != "" {
			return true, &Outcome{Reason: fmt.Sprintf("off air at the end of %s: %s", h.duration, h.off)}
		}
		return true, nil
	}
	return false, nil
}

// notYet tells why a platform whose processes are all ready is not on air, and
// gives up on it in the end.
func (h *headless) notYet(now time.Time) (ended bool, outcome error) {
	switch {
	case !h.startup.allReady():
		h.readyAt = time.Time{}
		return false, nil
	case h.readyAt.IsZero():
		h.readyAt = now
	}
	waited := now.Sub(h.readyAt)
	if waited >= readyPatience {
		return true, &Outcome{Reason: fmt.Sprintf("every process is ready, but nothing came on air within %s: %s", readyPatience, h.off)}
	}
	if waited >= quietWait && h.said != h.off {
		h.said = h.off
		h.printer.say(report.LevelInfo, "", "not on air yet: "+h.off)
	}
	return false, nil
}

func progressText(p *report.Progress) string {
	if p == nil {
		return ""
	}
	text := p.Stage
	if p.Signal != "" {
		text += " of " + p.Signal
	}
	if p.Percent < 0 {
		return text // it waits, or cannot tell how far it is
	}
	return fmt.Sprintf("making %s %.0f %%", text, p.Percent)
}
