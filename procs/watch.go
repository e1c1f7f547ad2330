package procs

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// tailPoll is between looks at the log files: as often as the screen is drawn,
	// however much is written to them.
	tailPoll = 100 * time.Millisecond
	// tailAnyway is between reads of a file that looks unchanged.
	tailAnyway = time.Second
)

// watch wakes the tails whose files change, until ctx is cancelled. It looks when it
// is told of a change, since to wake up ten times a second was most of what
// supervision cost at rest; where nobody tells it, it does that.
func watch(ctx context.Context, tails []*tail) {
	var changes chan fsnotify.Event
	var failures chan error // changes were lost, most likely
	w, err := fsnotify.NewWatcher()
	if err == nil {
		defer func() { _ = w.Close() }() // nobody listens any more
		changes, failures = w.Events, w.Errors
	} else {
		w = nil
	}
	every := lookPeriod(w, tails)
	tick := time.NewTicker(every)
	defer tick.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	seen := make([]os.FileInfo, len(tails))
	var anyway time.Time // when all were woken last
	for {
		select { // what is told meanwhile waits, and is one look
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// The folder may be another one than before.
			if now := lookPeriod(w, tails); now != every {
				every = now
				tick.Reset(every)
			}
		case <-changes:
		case <-failures:
		}
		drain(changes)
		now := time.Now()
		all := now.Sub(anyway) >= tailAnyway
		if all {
			anyway = now
		}
		for i, t := range tails {
			info, err := os.Stat(t.path)
			if all || err != nil || seen[i] == nil || info.Size() != seen[i].Size() || !info.ModTime().Equal(seen[i].ModTime()) {
				select {
				case t.wake <- struct{}{}:
				default: // it has not come round to the last one
				}
			}
			seen[i] = info
		}
		pause.Reset(tailPoll)
	}
}

// lookPeriod is how often to look at the files: seldom where w tells of changes in
// their folders, those that are there now.
func lookPeriod(w *fsnotify.Watcher, tails []*tail) time.Duration {
	if w == nil {
		return tailPoll
	}
	last := ""
	for _, t := range tails {
		folder := filepath.Dir(t.path)
		if folder != last && w.Add(folder) != nil {
			return tailPoll
		}
		last = folder
	}
	return tailAnyway
}

// drain forgets what waits already.
func drain(changes <-chan fsnotify.Event) {
	for {
		select {
		case <-changes:
		default:
			return
		}
	}
}
