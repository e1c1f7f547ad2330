package headless

import (
	"io"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
)

// WriteEvent writes an event of a journal as a line: as JSON, or else as Run does.
func WriteEvent(w io.Writer, e platform.Event, asJSON bool) {
	p := printer{out: w, json: asJSON}
	level, message := happenedText(e)
	if asJSON || message == "" {
		p.event(e)
		return
	}
	p.line(e.Time, level, fromOf(e), message)
}

// fromOf returns the name of the process that an event is about.
func fromOf(e platform.Event) string {
	if e.Process == "" {
		return text.Clean(platform.OnMachine(e.Machine, platform.Self))
	}
	return text.Clean(e.Process)
}

// happenedText says what happened to the platform itself; the message is empty for any
// other event.
func happenedText(e platform.Event) (event.Level, string) {
	switch what := e.What.(type) {
	case platform.Started:
		return event.LevelInfo, "the platform starts: layout " + what.Layout
	case platform.Ended:
		switch {
		case what.Killed:
			return event.LevelError, "the platform ended without notice: it was killed, or the machine stopped"
		case what.Reason != "":
			return event.LevelError, text.Because("the platform ended", what.Reason)
		}
		return event.LevelInfo, "the platform ended"
	case platform.Exit:
		return event.LevelWarn, what.String(e.Time)
	case platform.Aired:
		switch what.State {
		case platform.AirOn:
			return event.LevelInfo, "on air: " + what.Signal
		case platform.AirEnded:
			return event.LevelInfo, "ended: " + what.Signal
		}
		return event.LevelWarn, text.Because("unknown: "+what.Signal, what.Reason)
	}
	return doneText(e)
}

// avertedText says that a countdown has ended without an outage.
func avertedText(a platform.Averted) string {
	return "averted: " + a.Signal + " stays on air, " + a.String()
}

// doneText says what an operator or a drill did; the message is empty for any other event.
func doneText(e platform.Event) (event.Level, string) {
	switch what := e.What.(type) {
	case platform.Commanded:
		if what.Refused != "" {
			return event.LevelWarn, text.Because("refused: "+what.String()+", by "+what.By.String(), what.Refused)
		}
		return event.LevelInfo, what.String() + ", by " + what.By.String()
	case platform.Drilled:
		level := event.LevelInfo
		if what.Verdict == platform.DrillFailed {
			level = event.LevelError
		}
		return level, text.Because("drill "+what.Name+" "+string(what.Verdict)+", by "+what.By.String(), what.Seen)
	}
	return event.LevelInfo, ""
}
