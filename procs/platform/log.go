package platform

import "livestream-tui/services/kit/event"

// LogsMost is how many lines of log are kept.
const LogsMost = 10_000

// LogLine is a line of a process's log.
type LogLine struct {
	Seq     uint64 `json:"seq"`
	Process string `json:"process"`
	event.Line
}
