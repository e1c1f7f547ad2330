package journal

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

const (
	// queueMost is how many events may wait to be written.
	queueMost = 1024
	// beatPeriod is how often the file is marked as alive, and writing is tried again after
	// an error.
	beatPeriod = time.Second
)

// Options say where a journal is.
type Options struct {
	// Folder is the state folder. Empty means that the journal is in memory only.
	Folder string
	// Log takes the warnings; nil discards them.
	Log hclog.Logger
	// Kept is called with each event that goes into the journal, under the caller's locks:
	// it must not block. Nil means that nothing is called.
	Kept func(platform.Event)
}

// Journal is the journal of a running platform. Make it with Open, then call Run once. Safe
// for concurrent use.
type Journal struct {
	log   hclog.Logger
	kept  func(platform.Event)
	store *store // nil in memory only
	wake  chan struct{}
	// retry is beatPeriod; shorter in tests.
	retry time.Duration

	mu      sync.Mutex
	keeps   keeps            // guarded by mu
	events  []platform.Event // the newest, in order of time; guarded by mu
	waiting []platform.Event // to be written, oldest first; guarded by mu
	dropped int              // not written, since the last of waiting; guarded by mu
}

// Open reads back the journal in a folder. It never fails: a journal that cannot be read or
// written costs a warning, and is kept in memory. The caller holds the lock of the run
// folder; another platform with the same state folder is kept out by a lock on the file.
func Open(o Options) *Journal {
	j := &Journal{log: o.Log, kept: o.Kept, wake: make(chan struct{}, 1), retry: beatPeriod}
	if j.log == nil {
		j.log = hclog.NewNullLogger()
	}
	if o.Folder == "" {
		return j
	}
	j.store = newStore(o.Folder)
	past, err := read(o.Folder, time.Now(), platform.JournalMost)
	if err != nil {
		j.log.Warn("the journal cannot be read", "error", err)
	}
	if past.Skipped > 0 {
		j.log.Info("lines of the journal were skipped", "lines", past.Skipped)
	}
	j.events = past.Events[max(0, len(past.Events)-platform.JournalMost):]
	running := false
	for _, e := range past.Events {
		j.store.standing.take(e)
		switch e.What.(type) {
		case platform.Started:
			running = true
		case platform.Ended:
			running = false
		}
	}
	if running { // the last supervisor was killed
		j.Add(platform.Event{Time: past.Seen, What: platform.Ended{Stopping: past.Seen, Killed: true}})
	}
	return j
}

// Add takes an event of the platform, and keeps it if it belongs into the journal. It never
// blocks.
func (j *Journal) Add(e platform.Event) {
	j.mu.Lock()
	kept := j.keeps.keep(e)
	if kept {
		e.Time, e.Dropped = e.Time.Round(0), 0 // what the wire carries, and what a subscriber missed is not missing here
		j.add(e)
	}
	j.mu.Unlock()
	if kept && j.kept != nil {
		j.kept(e)
	}
}

// add needs mu.
func (j *Journal) add(e platform.Event) {
	at := len(j.events)
	for at > 0 && j.events[at-1].Time.After(e.Time) {
		at-- // a line of log may be late
	}
	j.events = slices.Insert(j.events, at, e)
	if len(j.events) > platform.JournalMost {
		j.events = slices.Delete(j.events, 0, 1)
	}
	if j.store == nil {
		return
	}
	if len(j.waiting) == queueMost {
		j.dropped++
		return
	}
	e.Dropped, j.dropped = j.dropped, 0
	j.waiting = append(j.waiting, e)
	select {
	case j.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Since returns the newest events from since on, at most limit, in order of time.
func (j *Journal) Since(since time.Time, limit int) []platform.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	from, _ := slices.BinarySearchFunc(j.events, since, func(e platform.Event, t time.Time) int { return cmp.Or(e.Time.Compare(t), 1) })
	from = max(from, len(j.events)-max(0, limit))
	return slices.Clone(j.events[from:])
}

// Run writes events to the file until ctx is cancelled and what waits then is written, or
// cannot be.
func (j *Journal) Run(ctx context.Context) {
	if j.store == nil {
		<-ctx.Done()
		return
	}
	defer j.store.close()
	trouble := event.Recurring{Every: time.Minute}
	for {
		ending := ctx.Err() != nil
		err := j.write()
		if err == nil {
			err = j.store.beat(time.Now())
		}
		if err != nil {
			if n, due := trouble.Seen("the journal cannot be written: "+err.Error(), time.Now()); due {
				j.log.Warn(n.String())
			}
		} else {
			for _, n := range trouble.EndExcept() {
				j.log.Info(n.String())
			}
		}
		if ending {
			return
		}
		wake := j.wake
		if err != nil {
			wake = nil // try again later, not with each event
		}
		select {
		case <-wake:
		case <-time.After(j.retry):
		case <-ctx.Done():
		}
	}
}

// write writes what waits. An event that cannot be written stays.
func (j *Journal) write() error {
	for {
		j.mu.Lock()
		if len(j.waiting) == 0 {
			j.mu.Unlock()
			return nil
		}
		e := j.waiting[0]
		j.mu.Unlock()
		if err := j.store.append(e, time.Now()); err != nil {
			return err
		}
		j.mu.Lock()
		j.waiting[0] = platform.Event{} // releases what it points to
		j.waiting = j.waiting[1:]
		j.mu.Unlock()
	}
}

// lineOf returns an event as a line; nil for one that is too long for the journal.
func lineOf(e platform.Event) ([]byte, error) {
	b, err := json.Marshal(e)
	if err != nil || len(b) >= lineMost {
		return nil, err
	}
	return append(b, '\n'), nil
}
