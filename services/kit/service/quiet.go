package service

import (
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Quiet logs what others can cause as often as they like: of each message a line in
// a while at most. What came in between is told by the next line of that message,
// which has the newest values and, as more, how many lines it stands for besides
// itself. No message waits longer than that while. Safe for concurrent use.
type Quiet struct {
	log    hclog.Logger
	period time.Duration

	mu   sync.Mutex
	said map[string]*saying // by message; guarded by mu
}

// saying is one message in a while.
type saying struct {
	held int   // lines that were not written
	args []any // the last one's
}

// QuietPeriod is the while of most messages.
const QuietPeriod = time.Second

// NewQuiet returns a Quiet that writes to log, each message once a period. Messages
// are constants: they are kept.
func NewQuiet(log hclog.Logger, period time.Duration) *Quiet {
	return &Quiet{log: log, period: period, said: map[string]*saying{}}
}

// Warn logs msg with args, keys and values in turn, as hclog does. The args are kept
// for a while, and must not be changed.
func (q *Quiet) Warn(msg string, args ...any) {
	q.mu.Lock()
	if s := q.said[msg]; s != nil {
		s.held++
		s.args = args
		q.mu.Unlock()
		return
	}
	q.said[msg] = &saying{}
	q.mu.Unlock()
	q.log.Warn(msg, args...)
	time.AfterFunc(q.period, func() { q.flush(msg) })
}

// flush tells what was held back, and whether there is more in the next while.
func (q *Quiet) flush(msg string) {
	q.mu.Lock()
	s := *q.said[msg]
	if s.held == 0 {
		delete(q.said, msg)
		q.mu.Unlock()
		return
	}
	*q.said[msg] = saying{}
	q.mu.Unlock()
	args := s.args
	if s.held > 1 {
		args = append(args[:len(args):len(args)], "more", s.held-1)
	}
	q.log.Warn(msg, args...)
	time.AfterFunc(q.period, func() { q.flush(msg) })
}
