package engine

import (
	"fmt"
	"sync"

	"github.com/hashicorp/go-hclog"
	"github.com/nats-io/nats-server/v2/server"

	"livestream-tui/services/kit/service"
)

// logger takes what the server logs. What it says of its ordinary work is for debugging;
// warnings that repeat are summed. Safe for concurrent use.
type logger struct {
	log   hclog.Logger
	fatal chan error // has room for one: why the server cannot run

	mu    sync.Mutex
	quiet map[string]*service.Quiet // by format, of which there are few; guarded by mu
}

var _ server.Logger = (*logger)(nil)

func newLogger(log hclog.Logger) *logger {
	return &logger{log: log, fatal: make(chan error, 1), quiet: map[string]*service.Quiet{}}
}

// warn logs a line at most once in a period for each format.
func (l *logger) warn(message, format string, v []any) {
	l.mu.Lock()
	q := l.quiet[format]
	if q == nil {
		q = service.NewQuiet(l.log, warnPeriod)
		l.quiet[format] = q
	}
	l.mu.Unlock()
	q.Warn(message, "text", fmt.Sprintf(format, v...))
}

// Noticef implements server.Logger.
func (l *logger) Noticef(format string, v ...any) { l.Debugf(format, v...) }

// Warnf implements server.Logger.
func (l *logger) Warnf(format string, v ...any) { l.warn("the engine warns", format, v) }

// Errorf implements server.Logger.
func (l *logger) Errorf(format string, v ...any) { l.warn("the engine reports an error", format, v) }

// Fatalf implements server.Logger. The server does not end by itself.
func (l *logger) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Errorf(format, v...):
	default: // the first one is the cause
	}
}

// Debugf implements server.Logger.
func (l *logger) Debugf(format string, v ...any) {
	if l.log.IsDebug() {
		l.log.Debug(fmt.Sprintf(format, v...))
	}
}

// Tracef implements server.Logger.
func (l *logger) Tracef(string, ...any) {}
