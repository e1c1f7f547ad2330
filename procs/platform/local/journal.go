package local

import (
	"context"
	"errors"
	"os/user"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/journal"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
)

// errNoDrill is the error of a note without the drill that it is about.
var errNoDrill = errors.New("note drill: the drill is missing")

// chronicle is the journal of the platform, and the operator's command that is run on each
// event of it.
type chronicle struct {
	*journal.Journal
	hook *journal.Hook // nil without ON_EVENT
}

// newChronicle opens the journal in a folder; an empty one means in memory only.
func newChronicle(folder, onEvent string, log hclog.Logger) chronicle {
	var c chronicle
	o := journal.Options{Folder: folder, Log: log}
	if onEvent != "" {
		c.hook = journal.NewHook(onEvent, log)
		o.Kept = c.hook.Take
	}
	c.Journal = journal.Open(o)
	return c
}

// run writes the journal until ctx is cancelled and the rest is written.
func (c chronicle) run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { c.Run(ctx) })
	if c.hook != nil {
		work.Go(func() { c.hook.Run(ctx) })
	}
	work.Wait()
}

// Journal implements platform.Platform. It fails only when ctx is cancelled.
func (l *Local) Journal(ctx context.Context, since time.Time, limit int) ([]platform.Event, error) {
	return l.chronicle.Since(since, limit), ctx.Err()
}

// begin publishes the start of the platform.
func (l *Local) begin() {
	names := map[string]string{}
	for name, url := range l.packagers {
		names[url] = name
	}
	l.Update(func(m *model.Model) {
		l.publish(platform.Event{Time: time.Now(), What: platform.Started{PID: m.Now.PID, Layout: m.Now.Layout, Packagers: names}})
	})
}

// end publishes the end of the platform, which began to stop at that time; err is why it
// ended badly.
func (l *Local) end(stopping time.Time, err error) {
	e := platform.Ended{Stopping: stopping.Round(0)}
	if err != nil {
		e.Reason = err.Error()
	}
	l.Update(func(*model.Model) { l.publish(platform.Event{Time: time.Now(), What: e}) })
}

// note publishes a command that was given at that time, accepted or refused.
func (l *Local) note(at time.Time, c platform.Command, refused error) {
	var what platform.What
	if c.Action == platform.NoteDrill && refused == nil {
		d := *c.Drill
		d.By = c.By
		what = d
	} else {
		g := given(c)
		if refused != nil {
			g.Refused = refused.Error()
		}
		what = g
	}
	l.Update(func(m *model.Model) {
		now := time.Now()
		if g, is := what.(platform.Commanded); is && refused == nil {
			m.Commanded(platform.CommandedAt{Time: now.Round(0), Commanded: g})
		}
		l.publish(platform.Event{Time: now, Process: c.Process, What: what})
	})
}

// given returns a command as the journal keeps it.
func given(c platform.Command) platform.Commanded {
	return platform.Commanded{Action: c.Action, Process: c.Process, Signal: c.Signal, Input: c.Input, Machine: c.Machine, Fault: c.Fault.Mode, By: c.By}
}

// ownUser returns the name of the user that runs this process; empty when it is not known.
func ownUser() string {
	u, err := user.Current() // it remembers
	if err != nil {
		return ""
	}
	return u.Username
}
