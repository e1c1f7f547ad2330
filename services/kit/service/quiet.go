package service

import (
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Quiet logs messages that others can cause as often as they like: each message at most
// once a period. The next line of a message stands for the lines that were suppressed in
// between: it has the newest values and, as more, the number of lines it stands for
// besides itself. No message waits longer than a period. Safe for concurrent use.
type Quiet struct {
	log    hclog.Logger
	period time.Duration

	mu       sync.Mutex
	messages map[string]*suppressed // those of the last period; guarded by mu
}

// suppressed is what was not written of a message in its period.
type suppressed struct {
	lines int
	args  []any // the last line's
}

// QuietPeriod is the period of most messages.
const QuietPeriod = time.Second

// NewQuiet returns a Quiet that writes to log, each message once a period. Messages
// must be constants: they are kept as keys.
func NewQuiet(log hclog.Logger, period time.Duration) *Quiet {
	return &Quiet{log: log, period: period, messages: map[string]*suppressed{}}
}

// Warn logs msg with args, keys and values in turn, as hclog does. The args are kept
// for a period, and must not be changed.
func (q *Quiet) Warn(msg string, args ...any) {
	q.mu.Lock()
	if s := q.messages[msg]; s != nil {
		s.lines++
		s.args = args
		q.mu.Unlock()
		return
	}
	q.messages[msg] = &suppressed{}
	q.mu.Unlock()
	q.log.Warn(msg, args...)
	time.AfterFunc(q.period, func() { q.flush(msg) })
}

// flush writes the suppressed lines as one, and begins another period if there were any.
func (q *Quiet) flush(msg string) {
	q.mu.Lock()
	s := *q.messages[msg]
	if s.lines == 0 {
		delete(q.messages, msg)
		q.mu.Unlock()
		return
	}
	*q.messages[msg] = suppressed{}
	q.mu.Unlock()
	args := s.args
	if s.lines > 1 {
		args = append(args[:len(args):len(args)], "more", s.lines-1)
	}
	q.log.Warn(msg, args...)
	time.AfterFunc(q.period, func() { q.flush(msg) })
}
