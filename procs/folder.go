package procs

import (
	"context"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/socket"
)

// renewPeriod is between looks at the run folder.
const renewPeriod = time.Second

// Listen listens on a unix socket of that name in the run folder, and anew when its path
// was removed. It lasts until it is closed.
func (s *Supervisor) Listen(name string) (*socket.Listener, error) { return s.folder.Listen(name) }

// keepFolder looks after the run folder until ctx is cancelled. It reports each trouble
// once.
func (s *Supervisor) keepFolder(ctx context.Context) {
	reported := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(UntilNext(time.Now(), renewPeriod)):
		}
		renewed, err := s.folder.Renew()
		trouble := ""
		if err != nil {
			trouble = err.Error()
		}
		switch {
		case trouble != "" && trouble != reported:
			s.notice("the run folder, or a part of it, was removed and cannot be made again: " + trouble + "; ctl and attach do not find this platform until it can; the streams go on")
		case trouble == "" && (renewed || reported != ""):
			s.notice("the run folder " + s.folder.Path() + " was removed, and is made again")
		}
		reported = trouble
	}
}

// notice tells an operator, on the screen and in the log.
func (s *Supervisor) notice(text string) {
	s.notes.say(hclog.Warn, text)
	s.o.OnNotice(text)
}
