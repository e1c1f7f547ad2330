package local

import (
	"bytes"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
)

// own puts the platform's own lines among those of its processes: what it logs, and every
// change of a process that an operator would ask about.
type own struct {
	lines *ring
	// said is the last change of each process that became a line.
	said map[string]said
}

// said is what tells one line on a process from the next. A reason is not part of it: its
// figures change all the time.
type said struct {
	state       platform.State
	paused      bool
	incarnation int
}

// heard returns a log that passes everything on to log, unless that is nil, and keeps it
// among the lines.
func (o *own) heard(log hclog.Logger) hclog.Logger {
	if log == nil {
		log = hclog.NewNullLogger()
	}
	l := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: platform.Self, Level: log.GetLevel(), Output: io.Discard})
	l.RegisterSink(passedOn{log})
	l.RegisterSink(hclog.NewSinkAdapter(&hclog.LoggerOptions{Level: hclog.Info, Output: o, JSONFormat: true}))
	return l
}

// passedOn is a sink that passes lines on to another log.
type passedOn struct{ hclog.Logger }

// Accept implements hclog.SinkAdapter.
func (p passedOn) Accept(_ string, level hclog.Level, message string, args ...any) {
	p.Log(level, message, args...)
}

// Write implements io.Writer: it keeps one line of the platform's log.
func (o *own) Write(b []byte) (int, error) {
	o.lines.add(platform.LogLine{Process: platform.Self, Line: event.ParseLine(bytes.TrimRight(b, "\n"), time.Now())})
	return len(b), nil
}

// changed keeps a line on a change of a process. Needs the platform's mu.
func (o *own) changed(s platform.Status, now time.Time) {
	now, is := now.Round(0), said{s.State, s.Paused, s.Incarnation}
	if o.said[s.Name] == is {
		return
	}
	o.said[s.Name] = is
	level := event.LevelInfo
	switch s.State {
	case platform.Idle, platform.Waiting, platform.Running:
		return // on its way up, it is told of when it starts and when it is ready
	case platform.Degraded, platform.Backoff:
		level = event.LevelWarn
	case platform.Failed:
		level = event.LevelError
	}
	words := text.Clean(s.Name) + " " + s.State.String()
	if s.Paused {
		words += ", paused"
	}
	line := event.Line{Time: now, Level: level, Module: platform.Self, Message: text.Because(words, text.Clean(s.Reason))}
	if s.PID != 0 {
		line.Fields = append(line.Fields, event.Field{Key: "pid", Value: s.PID})
	}
	line.Fields = append(line.Fields, event.Field{Key: "start", Value: s.Incarnation})
	o.lines.add(platform.LogLine{Process: platform.Self, Line: line})
}
