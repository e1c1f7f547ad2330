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
	every := tailAnyway
	var changes chan fsnotify.Event
	var failures chan error // changes were lost, most likely
	if w := watcherOf(tails); w != nil {
		defer func() { _ = w.Close() }() // nobody listens any more
		changes, failures = w.Events, w.Errors
	} else {
		every = tailPoll
	}
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

// watcherOf tells of changes in the folders of the files; nil where the system
// cannot.
func watcherOf(tails []*tail) *fsnotify.Watcher {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil
	}
	for _, t := range tails {
		if w.Add(filepath.Dir(t.path)) != nil {
			_ = w.Close() // it has told of nothing
			return nil
		}
	}
	return w
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
