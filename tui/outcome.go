package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
)

const (
	// outcomeWithin is how long a command may take until its outcome is told as it is then.
	outcomeWithin = 10 * time.Second
	// switchWithin is how long after its process a failover may be told.
	switchWithin = 3 * time.Second
	// outcomeLook is how often the platform is looked at without an event.
	outcomeLook = 200 * time.Millisecond
)

// given is a command that was accepted. What comes of it is told by outcome.
type given struct {
	notice
	follow tea.Cmd
}

// follow waits for the outcome of a command and tells it. The events are those after before.
// It ends with ctx, and calls release then.
func follow(ctx context.Context, release context.CancelFunc, p platform.Platform, c platform.Command, before platform.Snapshot, events <-chan platform.Event) tea.Cmd {
	return func() tea.Msg {
		defer release()
		end := time.NewTimer(outcomeWithin)
		defer end.Stop()
		look := time.NewTicker(outcomeLook)
		defer look.Stop()
		var seen []platform.Event
		for last := false; ; {
			now, err := p.Snapshot(ctx)
			if ctx.Err() != nil {
				return nil
			}
			o := outcomeOf(c, before, seen, now)
			switch {
			case last && err != nil:
				return nil // the header says that the platform does not answer
			case o.settled || last:
				return notice{canvas.Clean(o.text), o.bad}
			}
			select {
			case e, open := <-events:
				if !open {
					return nil // the platform has ended
				}
				seen = append(seen, e)
			case <-look.C:
			case <-end.C:
				last = true
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// outcome is what has come of a command.
type outcome struct {
	text string
	bad  bool
	// settled: nothing more is to be expected.
	settled bool
}

// outcomeOf tells what has come of a command: from the platform before it, the events since
// and the platform now. It is pure.
func outcomeOf(c platform.Command, before platform.Snapshot, events []platform.Event, now platform.Snapshot) outcome {
	asked := before.At
	for _, e := range events {
		if g, is := e.What.(platform.Commanded); is && g.Action == c.Action && g.Process == c.Process && g.Signal == c.Signal {
			asked = e.Time
			break
		}
	}
	var o outcome
	ready := asked // when the process was as asked for
	switch c.Action {
	case platform.Failover:
		o = moved(c, before, now, asked)
	case platform.Hold:
		o = outcome{text: c.Process + " is held" + ofSignal(c), settled: true}
		if held := now.HeldFor(c.Signal); c.Signal == "" && now.Held() != c.Process || c.Signal != "" && held != c.Process {
			o = outcome{text: c.Process + " is not held yet" + ofSignal(c) + ": the origin has not confirmed it"}
		}
	case platform.Release:
		o = outcome{text: "released" + ofSignal(c), settled: true}
		if now.HeldFor(c.Signal) != "" || c.Signal == "" && now.Held() != "" {
			o = outcome{text: "not released yet" + ofSignal(c) + ": the origin has not confirmed it"}
		}
	case platform.SwitchInput:
		o = switched(c, now, asked)
	case platform.Drain, platform.Undrain:
		o = drained(c, now)
	default:
		o, ready = ofProcess(c, before, events, now, asked)
	}
	switch now.OnAir.State {
	case platform.AirOff:
		o.text, o.bad = o.text+", OFF AIR", true
	case platform.AirOffSoon:
		o.text, o.bad = o.text+", off air soon", true
	default:
		return o
	}
	if c.Action == platform.Start || c.Action == platform.Resume || c.Action == platform.Restart {
		o.settled = o.settled && now.At.Sub(ready) > switchWithin // what it mends takes a moment
	}
	return o
}

// ofProcess is the outcome of a command on one process. ready is when the process was as asked
// for; zero while it is not.
func ofProcess(c platform.Command, before platform.Snapshot, events []platform.Event, now platform.Snapshot, asked time.Time) (o outcome, ready time.Time) {
	was, _ := before.Process(c.Process)
	is, _ := now.Process(c.Process)
	ended := asked
	for _, e := range events {
		s := e.Status()
		if s == nil || e.Process != c.Process {
			continue
		}
		if ended.Equal(asked) && was.PID != 0 && s.PID != was.PID {
			ended = e.Time
		}
		if ready.IsZero() && asAsked(c.Action, was, *s) {
			ready = e.Time
		}
	}
	missed := false // its event, and with it how long it took
	if ready.IsZero() && asAsked(c.Action, was, is.Status) {
		ready, missed = now.At, true
	}
	if ready.IsZero() {
		word := is.State.String()
		if is.Reason != "" {
			word += ", " + is.Reason
		}
		failed := is.State == platform.Failed || is.State == platform.Exited && c.Action != platform.Stop
		return outcome{text: strings.TrimSpace(fmt.Sprintf("%s%s: %s", c.Process, notYet(c.Action), word)), bad: true, settled: failed}, ready
	}
	since := asked
	if c.Action == platform.Kill {
		since = ended
	}
	text, took := c.Process+done(c.Action), ""
	if !missed {
		if took = " at once"; ready.Sub(since) >= 50*time.Millisecond {
			took = fmt.Sprintf(" in %.1f s", ready.Sub(since).Seconds())
		}
	}
	switch c.Action {
	case platform.Kill:
		text += ", back" + took
	case platform.Restart, platform.Start:
		text += ", ready" + took
	}
	o = outcome{text: text, settled: true}
	if was.Role != layouts.Packager || c.Action == platform.Start || c.Action == platform.Resume {
		return o, ready
	}
	words, settled := audienceOf(c.Process, before, now, asked)
	if words != "" {
		o.text += ", " + words
	}
	o.settled = settled || now.At.Sub(ready) > switchWithin
	return o, ready
}

// asAsked reports whether a process is what an action makes of it.
func asAsked(a platform.Action, was platform.Process, is platform.Status) bool {
	switch a {
	case platform.Kill, platform.Restart:
		return is.State == platform.Ready && is.Incarnation > was.Incarnation
	case platform.Stop:
		return is.PID == 0 && (is.State == platform.Exited || is.State == platform.Idle)
	case platform.Pause:
		return is.Paused
	case platform.Resume:
		return is.PID != 0 && !is.Paused
	}
	return is.State == platform.Ready
}

// done says that an action is done, behind the name of its process.
func done(a platform.Action) string {
	switch a {
	case platform.Kill:
		return " killed"
	case platform.Restart:
		return " restarted"
	case platform.Stop:
		return " stopped"
	case platform.Start:
		return " started"
	case platform.Pause:
		return " paused"
	case platform.Resume:
		return " resumed"
	}
	return ": " + a.String()
}

// notYet says that an action's effect has not come, behind the name of its process.
func notYet(a platform.Action) string {
	switch a {
	case platform.Kill, platform.Restart:
		return done(a) + ", not back yet"
	case platform.Start:
		return " not ready yet"
	}
	return " not" + done(a) + " yet"
}

// audienceOf says what players got of a packager's end: who serves them now, and how long
// they waited. settled tells that each of its signals has moved.
func audienceOf(packager string, before, now platform.Snapshot, asked time.Time) (words string, settled bool) {
	var signals []string
	for _, p := range before.Packagers {
		if p.Name == packager && p.Active && p.Signal != "" {
			signals = append(signals, p.Signal)
		}
	}
	if len(signals) == 0 {
		if names := servers(now, nil); len(names) > 0 {
			return "players stay on " + strings.Join(names, " and "), true
		}
		return "", true
	}
	list, all := switchesOf(now, signals, asked)
	names := servers(now, signals)
	switch {
	case len(names) == 0:
		return "nobody serves", false
	case len(list) == 0 && slices.Equal(names, []string{packager}):
		return "players stay on it", false
	}
	words = strings.Join(names, " and ") + " " + verb(len(names), "serves", "serve")
	if wait := waited(list); wait != "" {
		words += ", " + wait
	}
	return words, all
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// moved is the outcome of a failover that was asked for.
func moved(c platform.Command, before, now platform.Snapshot, asked time.Time) outcome {
	signals := []string{c.Signal}
	what := canvas.Clean(c.Signal)
	if c.Signal == "" {
		signals = nil
		for _, p := range before.Packagers {
			if p.Active && p.Signal != "" {
				signals = append(signals, p.Signal)
			}
		}
		what = canvas.Count(len(signals), "signal")
	}
	list, all := switchesOf(now, signals, asked)
	if len(list) == 0 {
		return outcome{text: what + verb(len(signals), " has", " have") + " not moved: no other packager has taken over yet", bad: true}
	}
	if len(list) < len(signals) {
		what = fmt.Sprintf("%d of %s", len(list), canvas.Count(len(signals), "signal"))
	}
	text := what + " moved to " + strings.Join(servers(now, signals), " and ")
	if wait := waited(list); wait != "" {
		text += ", " + wait
	}
	return outcome{text: text, settled: all}
}

// switchesOf returns the latest failover of each signal since a time; all tells that each
// has one whose gap is known.
func switchesOf(s platform.Snapshot, signals []string, since time.Time) (list []event.Failover, all bool) {
	all = true
	for _, signal := range signals {
		found := false
		for _, f := range slices.Backward(s.Failovers) {
			if f.Signal == signal && f.From != "" && f.Time.After(since) {
				list, found = append(list, f.Failover), !f.Pending
				break
			}
		}
		all = all && found
	}
	return list, all
}

// waited says how long players waited for failovers; empty while there is none, or one whose
// wait goes on.
func waited(list []event.Failover) string {
	worst := -1.0
	for _, f := range list {
		if f.Pending {
			return "a player still waits"
		}
		worst = max(worst, f.GapMS)
	}
	switch {
	case len(list) == 0:
		return ""
	case worst < 0:
		return "nobody waited"
	}
	return "longest wait " + canvas.Millis(worst)
}

// servers returns the names of the packagers that signals are served from, each once; nil
// means every signal.
func servers(s platform.Snapshot, signals []string) []string {
	var names []string
	for _, p := range s.Packagers {
		if p.Active && (signals == nil || slices.Contains(signals, p.Signal)) && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}
