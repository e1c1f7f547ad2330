package headless

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
)

// printer writes events, one a line: as JSON for programs, or else as text in the form of a
// service's own log. It ignores errors of the writer: a closed output has no reader.
type printer struct {
	out  io.Writer
	json bool
}

// event writes one event. As text it omits the states of a process before it is ready,
// which the notes of the startup cover.
func (p printer) event(e platform.Event) {
	if p.json {
		p.object(e)
		return
	}
	self := platform.OnMachine(e.Machine, platform.Self)
	if e.Dropped > 0 {
		p.line(e.Time, event.LevelWarn, platform.Self, fmt.Sprintf("%d events were missed here", e.Dropped))
	}
	switch what := e.What.(type) {
	case platform.Changed:
		switch what.State {
		case platform.Idle, platform.Waiting, platform.Starting, platform.Running:
		default:
			p.line(e.Time, levelOf(what.State), e.Process, stateText(what.Status))
		}
	case event.Failover:
		p.line(e.Time, event.LevelWarn, e.Process, failoverText(what))
	case event.Serving:
		level, message := servingText(what)
		p.line(e.Time, level, e.Process, message)
	case event.Outage:
		level, message := outageText(what)
		p.line(e.Time, level, cmp.Or(e.Process, self), message)
	case event.Input:
		level, message := inputText(what)
		p.line(e.Time, level, e.Process, message)
	case event.Film:
		level, message := filmText(what)
		p.line(e.Time, level, e.Process, message)
	case platform.Averted:
		p.line(e.Time, event.LevelInfo, self, avertedText(what))
	case platform.Commanded, platform.Drilled:
		level, message := doneText(e)
		p.line(e.Time, level, fromOf(e), message)
	case platform.Logged:
		p.line(what.Time, what.Level, cmp.Or(e.Process, self), strings.TrimSpace(what.Message+" "+what.FieldText()))
	}
}

// say writes a message of the platform itself. process is what it is about; empty for the
// whole platform.
func (p printer) say(level event.Level, process, message string) {
	now := time.Now()
	if p.json {
		p.object(platform.Event{Time: now, Process: process, What: platform.Logged{Line: event.Line{Time: now, Level: level, Module: platform.Self, Message: message}}})
		return
	}
	p.line(now, level, cmp.Or(process, platform.Self), message)
}

func (p printer) object(e platform.Event) {
	b, err := json.Marshal(e)
	if err != nil {
		b = fmt.Appendf(nil, `{"error":%q}`, err)
	}
	_, _ = p.out.Write(append(b, '\n'))
}

func (p printer) line(at time.Time, level event.Level, from, message string) {
	name := "[" + strings.ToUpper(level.String()) + "]"
	_, _ = fmt.Fprintf(p.out, "%s %-7s %s: %s\n", at.Local().Format("2006-01-02 15:04:05"), name, from, text.Clean(message))
}

func servingText(v event.Serving) (event.Level, string) {
	if !v.Degraded {
		return event.LevelInfo, v.Playlist + " is merged again"
	}
	return event.LevelWarn, v.Playlist + " is " + string(v.Mode) + ": " + v.Reason + "; a failover shows"
}

func levelOf(s platform.State) event.Level {
	switch s {
	case platform.Failed:
		return event.LevelError
	case platform.Degraded, platform.Backoff:
		return event.LevelWarn
	}
	return event.LevelInfo
}

func stateText(s platform.Status) string {
	words := s.State.String()
	if s.Paused {
		words += ", paused"
	}
	if s.Reason != "" {
		words += ": " + s.Reason
	}
	if s.State == platform.Ready {
		words += fmt.Sprintf(" (pid %d)", s.PID)
	}
	return words
}

// outageText says that an outage begins, lasts or has ended. The length is the one that the
// event has, to the millisecond.
func outageText(o event.Outage) (event.Level, string) {
	length := o.Length(o.Since.Add(time.Duration(o.LengthMS) * time.Millisecond))
	from := o.Since.Local().Format("15:04:05.000")
	switch {
	case !o.Lasts():
		lost := ""
		if o.Lost > 0 {
			lost = fmt.Sprintf(", %d segments lost", o.Lost)
		}
		return event.LevelInfo, fmt.Sprintf("on air again: %s after %s, off air from %s%s", o.Signal, length, from, lost)
	case o.Again:
		return event.LevelError, text.Because(fmt.Sprintf("off air: %s since %s, for %s so far", o.Signal, from, length), o.Reason)
	}
	return event.LevelError, text.Because(fmt.Sprintf("off air: %s since %s", o.Signal, from), o.Reason)
}

// countdownText says that a signal will soon be off air, and what would avert that.
func countdownText(l platform.SignalAir, now time.Time) string {
	words := fmt.Sprintf("off air in %s: %s: %s", text.Brief(l.Left(now)), l.Signal, l.Reason)
	if !l.LastSegment.IsZero() {
		words += "; last segment at " + text.Clock(l.LastSegment)
	}
	if l.By != nil {
		words += "; " + l.By.String() + " by " + l.By.By.String()
	}
	for i, c := range l.Mends {
		word := "; try "
		if i > 0 {
			word = ", "
		}
		words += word + "ctl " + c.Action.String() + " " + c.Process
	}
	return words
}

// inputText says what a live signal is made from, or what has become of one of its inputs.
func inputText(i event.Input) (event.Level, string) {
	level := event.LevelInfo
	if i.Change == event.InputLost || i.Change == event.InputSwitched && i.From != "" && i.Reason != "operator" && i.Reason != "returned" {
		level = event.LevelWarn
	}
	return level, i.Signal + ": " + i.String()
}

// filmText says what state a file of the input folder is in.
func filmText(f event.Film) (event.Level, string) {
	level, words := event.LevelInfo, fmt.Sprintf("%s is %s", f.File, f.State)
	switch {
	case f.State == event.FilmRefused:
		level = event.LevelWarn
	case f.State == event.FilmAired:
		words = f.File + " is on air as " + f.Signal
	}
	return level, text.Because(words, f.Reason)
}

func failoverText(f event.Failover) string {
	gap := "no requests waiting"
	switch {
	case f.Pending:
		gap = "a player waits"
	case f.GapMS >= 0:
		gap = fmt.Sprintf("gap %.0f ms", f.GapMS)
	}
	return fmt.Sprintf("failover of %s from %s to %s: %s (msn %d to %d, %s, %d requests saved)",
		f.Signal, cmp.Or(f.From, "none"), cmp.Or(f.To, "none"), f.Cause, f.MSNBefore, f.MSNAfter, gap, f.Saved)
}
