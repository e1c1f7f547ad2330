package tail

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// pollPeriod is between looks at the log files: as often as the screen is drawn,
	// however much is written to them.
	pollPeriod = 100 * time.Millisecond
	// floodPeriod is between looks while at least floodLeast bytes come in each: nobody reads
	// them all, and each look costs a wake and some system calls a file.
	floodPeriod = 200 * time.Millisecond
	floodLeast  = 256 << 10
	// anywayPeriod is between reads of a file that looks unchanged.
	anywayPeriod = time.Second
)

// Watch wakes the tails whose files change, until ctx is cancelled. It looks when the
// system reports a change, since waking up ten times a second was most of what
// supervision cost at rest; where the system cannot report, it does that.
func Watch(ctx context.Context, tails []*Tail) {
	var changes chan fsnotify.Event
	var failures chan error // changes were lost, most likely
	w, err := fsnotify.NewWatcher()
	if err == nil {
		defer func() { _ = w.Close() }() // it has no reader any more
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
		select { // what is reported meanwhile waits, and is one look
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
		all := now.Sub(anyway) >= anywayPeriod
		if all {
			anyway = now
		}
		grown := int64(0)
		for i, t := range tails {
			info, err := os.Stat(t.path)
			if all || err != nil || seen[i] == nil || info.Size() != seen[i].Size() || !info.ModTime().Equal(seen[i].ModTime()) {
				select {
				case t.wake <- struct{}{}:
				default: // it has not taken the last one yet
				}
			}
			if err == nil && seen[i] != nil {
				grown += max(0, info.Size()-seen[i].Size())
			}
			seen[i] = info
		}
		pause.Reset(pauseAfter(grown))
	}
}

// pauseAfter is how long to wait after a look that found the files grown by that many bytes.
func pauseAfter(grown int64) time.Duration {
	if grown >= floodLeast {
		return floodPeriod
	}
	return pollPeriod
}

// lookPeriod is how often to look at the files: seldom where w reports changes in
// their folders, those that are there now.
func lookPeriod(w *fsnotify.Watcher, tails []*Tail) time.Duration {
	if w == nil {
		return pollPeriod
	}
	last := ""
	for _, t := range tails {
		folder := filepath.Dir(t.path)
		if folder != last && w.Add(folder) != nil {
			return pollPeriod
		}
		last = folder
	}
	return anywayPeriod
}

// drain drops what waits already.
func drain(changes <-chan fsnotify.Event) {
	for {
		select {
		case <-changes:
		default:
			return
		}
	}
}
