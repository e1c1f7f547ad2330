package logbook

import (
	"fmt"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// Plain returns a line as it is copied and saved.
func Plain(l *platform.LogLine) string {
	text := l.Time.Format("15:04:05.000") + " " + LevelText(l.Level) + " " + l.Process + " " + l.Message
	if len(l.Fields) > 0 {
		text += " " + l.FieldText()
	}
	return text
}

// Plain returns a row as it is copied.
func (r Row) Plain() string {
	if r.Times > 1 {
		return Plain(r.Line) + fmt.Sprintf(" x%d", r.Times)
	}
	return Plain(r.Line)
}

// LevelText returns a level in three letters.
func LevelText(l event.Level) string {
	return [...]string{"TRC", "DBG", "INF", "WRN", "ERR"}[min(l, event.LevelError)]
}
