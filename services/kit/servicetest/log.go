package servicetest

import (
	"slices"
	"sync"
	"time"

	"livestream-tui/services/kit/event"
)

// Log collects what a service logs. The zero value is empty. Safe for concurrent use.
type Log struct {
	mu    sync.Mutex
	lines []event.Line // guarded by mu
}

// Write takes a line, as a logger writes it.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, event.ParseLine(b, time.Now()))
	return len(b), nil
}

// Lines are the lines so far.
func (l *Log) Lines() []event.Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// Count is how often a message was logged.
func (l *Log) Count(message string) int {
	n := 0
	for _, line := range l.Lines() {
		if line.Message == message {
			n++
		}
	}
	return n
}
