package headless

import (
	"context"
	"fmt"
	"io"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/systemd"
	"livestream-tui/services/kit/event"
)

// lookPeriod is how often Run looks at what has no event.
const lookPeriod = 250 * time.Millisecond

// Options say how to run without a terminal.
type Options struct {
	// Out takes a line for each event.
	Out io.Writer
	// JSON makes each line a platform.Event in JSON; otherwise it is text for people.
	JSON bool
	// For ends the run this long after the stream came on air; zero means never.
	For time.Duration
	// Manager is told how the run goes; nil when no service manager has started it.
	Manager *systemd.Manager
}

// Run runs p and writes its events to o.Out until ctx is cancelled, o.For is over, or the
// platform cannot come on air. The error is a *platform.Outcome in the last case, and when
// the stream is off air at the end of o.For. It is nil when ctx is cancelled.
func Run(ctx context.Context, p platform.Runner, o Options) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	reading, done := context.WithCancel(context.WithoutCancel(ctx))
	defer done() // the subscription outlives ctx, to see the stop as well

	snapshot, events, err := p.Subscribe(reading)
	if err != nil {
		return err
	}
	h := &headless{snapshot: snapshot, printer: printer{out: o.Out, json: o.JSON}, startup: newStartup(snapshot.Processes), duration: o.For, manager: o.Manager}
	ran := make(chan error, 1)
	go func() { ran <- p.Run(ctx) }()
	tick := time.NewTicker(lookPeriod)
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
		case <-tick.C:
			if h.snapshot, err = p.Snapshot(reading); err != nil {
				h.printer.say(event.LevelWarn, "", err.Error())
			}
			if !h.snapshot.Stopping {
				h.aired(h.snapshot.OnAir, time.Now())
			}
			if ended, err := h.tick(time.Now()); ended && ctx.Err() == nil {
				outcome = err
				stop()
			}
			h.tell(ctx.Err() != nil, time.Now())
		}
	}
	stop()
	h.tell(true, time.Now()) // if it ended between two ticks
	if err := <-ran; err != nil {
		return err
	}
	return outcome
}

// headless is the state of one run; only Run's loop touches it.
type headless struct {
	snapshot platform.Snapshot // the newest
	printer  printer
	startup  *startup
	duration time.Duration
	manager  *systemd.Manager
	untold   bool // the manager could not be told

	readyAt time.Time      // since when every process is ready; zero while one is not
	onAirAt time.Time      // when the first signal came on air; zero before
	air     platform.OnAir // the latest light
	said    string         // the last line on why it is not on air yet
	// shown are the signals that have been on air, ending those whose countdown runs.
	shown, ending map[string]bool
	// unknown and films decide when a line about an unknown signal or a file is repeated.
	unknown, films event.Recurring
}

func (h *headless) event(e platform.Event) {
	if e.Status() != nil {
		h.startup.status(*e.Status(), e.Time)
	}
	if film, is := e.What.(event.Film); is {
		// A film that is tried again and again alternates between two states.
		h.films.Every = time.Minute
		_, message := filmText(film)
		h.films.Ended(e.Time)
		if _, due := h.films.Seen(message, e.Time); !due {
			return
		}
	}
	h.printer.event(e)
}

// aired takes the light, and writes the changes of signals that have no event.
func (h *headless) aired(o platform.OnAir, now time.Time) {
	if h.shown == nil {
		h.shown, h.ending = map[string]bool{}, map[string]bool{}
		h.unknown.Every = time.Minute
	}
	h.air = o
	if on, _ := o.Count(); on > 0 && h.onAirAt.IsZero() && h.startup.allReady() {
		h.onAirAt = now
	}
	var unknown []string
	for _, l := range o.Signals {
		h.countdown(l, now)
		switch {
		case l.State == platform.AirOn && !h.shown[l.Signal]:
			h.shown[l.Signal] = true
			h.printer.say(event.LevelInfo, "", "on air: "+h.snapshot.Playlist(l.Signal))
		case l.State == platform.AirEnded && h.shown[l.Signal]:
			delete(h.shown, l.Signal)
			h.printer.say(event.LevelInfo, "", "ended: "+l.Signal)
		case l.State == platform.AirUnknown:
			unknown = append(unknown, "unknown: "+l.Signal+": "+l.Reason)
		}
	}
	for _, t := range h.unknown.EndExcept(unknown...) {
		h.printer.say(event.LevelInfo, "", t.Text+" (stopped)")
	}
	for _, message := range unknown {
		if _, due := h.unknown.Seen(message, now); due {
			h.printer.say(event.LevelWarn, "", message)
		}
	}
}

// countdown says that a signal will soon be off air. What becomes of it is an event.
func (h *headless) countdown(l platform.SignalAir, now time.Time) {
	switch counts := l.Due && l.State == platform.AirOffSoon; {
	case counts && !h.ending[l.Signal]:
		h.ending[l.Signal] = true
		h.printer.say(event.LevelWarn, "", countdownText(l, now))
	case !counts:
		delete(h.ending, l.Signal)
	}
}

// off says why the stream is off air; empty when it is on air.
func (h *headless) off() string {
	switch {
	case h.onAirAt.IsZero() && !h.startup.allReady():
		return "some processes are not ready"
	case h.onAirAt.IsZero() || h.air.State == platform.AirOff:
		return h.air.Reason
	}
	return ""
}

// tick writes what is waited for, and reports whether the run has ended.
func (h *headless) tick(now time.Time) (ended bool, outcome error) {
	for _, p := range h.snapshot.Processes {
		h.startup.progress(p.Name, platform.ProgressText(p.Progress), now)
	}
	for _, n := range h.startup.waiting(now) {
		h.printer.say(event.LevelInfo, n.process, n.text)
	}
	switch {
	case h.onAirAt.IsZero() && h.snapshot.AwaitsEncoder():
		h.startup.excuse(now)
		h.readyAt = time.Time{}
	case h.onAirAt.IsZero():
		if why := h.startup.failure(now); why != "" {
			return true, &platform.Outcome{NeverReady: true, Reason: why}
		}
		return h.notYet(now)
	case h.duration > 0 && now.Sub(h.onAirAt) >= h.duration:
		if off := h.off(); off != "" {
			return true, &platform.Outcome{Reason: fmt.Sprintf("off air at the end of %s: %s", h.duration, off)}
		}
		return true, nil
	}
	return false, nil
}

// notYet says why a platform whose processes are all ready is not on air, and ends the run
// after readyPatience, unless an operator has stopped one of them.
func (h *headless) notYet(now time.Time) (ended bool, outcome error) {
	switch {
	case !h.startup.allReady() || h.startup.anyStopped():
		h.readyAt = time.Time{}
		return false, nil
	case h.readyAt.IsZero():
		h.readyAt = now
	}
	waited, off := now.Sub(h.readyAt), h.off()
	if waited >= readyPatience {
		return true, &platform.Outcome{Reason: fmt.Sprintf("every process is ready, but nothing came on air within %s: %s", readyPatience, off)}
	}
	if waited >= quietWait && h.said != off {
		h.said = off
		h.printer.say(event.LevelInfo, "", "not on air yet: "+off)
	}
	return false, nil
}
