package ingest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/event"
)

const (
	// rescanEvery is how often the folder is looked through whatever was notified.
	rescanEvery = time.Second
	// blindRescan is the same where there are no notifications to be had, such as
	// of a folder that the worker has not made yet.
	blindRescan = 100 * time.Millisecond
)

// Folders is the source of signals that a worker writes to a folder, each to one of
// its own in it.
type Folders struct {
	to      *Sink
	output  string
	looked  func() // called after each look
	log     hclog.Logger
	watcher *fsnotify.Watcher      // nil where there is none
	watches map[string]fs.FileInfo // what is watched, by path
	watched bool                   // the folder itself, as of the last scan
	signals map[string]*onDisk
	trouble event.Recurring // with the folder itself
	scanned atomic.Bool     // it has been read and published once
}

// NewFolders returns a source that has not looked yet; looked is called after each
// look.
func NewFolders(to *Sink, output string, looked func()) *Folders {
	return &Folders{
		to: to, output: filepath.Clean(output), looked: looked, log: to.options.Log,
		watches: map[string]fs.FileInfo{}, signals: map[string]*onDisk{},
	}
}

// Routes adds none: nothing is brought to a folder over HTTP.
func (d *Folders) Routes(*mux.Router) {}

// Complete reports whether the folder has been looked through once: none is not the
// same as none yet.
func (d *Folders) Complete() bool { return d.scanned.Load() }

// Run reads the folder until ctx is cancelled.
func (d *Folders) Run(ctx context.Context) {
	var events chan fsnotify.Event
	var failures chan error
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		d.log.Warn("cannot watch the folder of signals, it is searched instead", "error", err.Error(), "every_ms", blindRescan.Milliseconds())
	} else {
		defer func() { _ = watcher.Close() }() // nobody listens any more
		d.watcher, events, failures = watcher, watcher.Events, watcher.Errors
	}
	// All media first, then each playlist as it is by now: the first one published
	// is not as old as the scan was long.
	d.scan(false)
	d.scan(true)
	d.scanned.Store(true)
	every := d.every()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if now := d.every(); now != every {
			every = now
			tick.Reset(every)
		}
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			d.notified(events, e)
		case err := <-failures: // events were lost
			d.log.Debug("notifications were lost", "error", err.Error())
			d.scan(true)
		case <-tick.C:
			d.scan(true)
		}
	}
}

// notified looks at what an event and those that wait behind it are about.
func (d *Folders) notified(events <-chan fsnotify.Event, e fsnotify.Event) {
	touched := map[string]bool{}
	for more := true; more; {
		folder, name := filepath.Split(e.Name)
		switch folder = filepath.Clean(folder); {
		case folder == d.output || filepath.Clean(e.Name) == d.output:
			touched[""] = true
		case filepath.Dir(folder) == d.output && (name == media.PlaylistName || media.IsMedia(name)):
			touched[filepath.Base(folder)] = true
		}
		select {
		case e = <-events:
		default:
			more = false
		}
	}
	for name := range touched {
		if d.signals[name] == nil { // the folder itself, or a new one
			d.scan(true)
			return
		}
	}
	for name := range touched {
		d.look(name, true)
	}
}

// scan looks at every signal. Without publish it only loads.
func (d *Folders) scan(publish bool) {
	d.watched = d.watch(d.output) // before it is read, so that nothing is missed in between
	names, err := foldersIn(d.output)
	d.report(err)
	if err != nil {
		return
	}
	for _, name := range names {
		d.watch(filepath.Join(d.output, name)) // also while it is no signal yet
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !isIngested(d.output, name) })
	for _, name := range names {
		if old := d.signals[name]; old == nil || old.said && !d.to.Knows(name) {
			d.signals[name] = newOnDisk(name)
		}
		d.to.Here(name)
		d.look(name, publish)
	}
	for name := range d.signals {
		if !slices.Contains(names, name) {
			d.to.Away(name)
			if !d.to.Knows(name) {
				delete(d.signals, name)
			}
		}
	}
	d.looked()
}

// look takes what is new of a signal.
func (d *Folders) look(name string, publish bool) {
	s := d.signals[name]
	f, err := openFolder(d.output, name)
	if err != nil {
		if err = exists(err); err != nil { // else it is away, which the next scan says
			d.to.Trouble(name, err)
		}
		return
	}
	defer f.close()
	err = s.read(f, d.to.options.Window, d.to.options.Now())
	if s.isLeftover() {
		d.leave(s)
		return
	}
	if full := d.to.Open(name); full != nil {
		d.tell(full)
		return
	}
	err = errors.Join(err, s.load(f, d.to))
	if publish && s.list != nil && !s.said {
		s.said = true
		err = errors.Join(err, withoutRefusal(d.to.Say(name, s.list)))
	}
	if err = exists(err); err != nil {
		d.to.Trouble(name, err)
	}
	s.compare(f, d.to)
}

// leave says of what an earlier run left that it is not published. Where it ended,
// nobody is to wait for it either.
func (d *Folders) leave(s *onDisk) {
	if !s.isEnded() {
		if err := d.to.Open(s.name); err != nil {
			d.tell(err)
		}
	}
	if !s.told {
		s.told = true // so it is at every cold start
		d.log.Info("signal is not published yet", "signal", s.name, "reason", errLeftover.Error())
	}
}

// every is how long it is from one look through the folder to the next.
func (d *Folders) every() time.Duration {
	if d.watched {
		return rescanEvery
	}
	return blindRescan
}

// watch asks for notifications of a folder and reports whether there will be any.
// Where another folder stands under the path than the one that is watched, that one
// was moved or removed, and the new one is watched instead.
func (d *Folders) watch(path string) bool {
	if d.watcher == nil {
		return false
	}
	info, err := os.Lstat(path)
	before := d.watches[path]
	switch {
	case err != nil:
		delete(d.watches, path)
		return false
	case before != nil && !os.SameFile(before, info):
		_ = d.watcher.Remove(path) // it may have gone by itself; kqueue would go on watching what it has opened
	}
	if d.watcher.Add(path) != nil { // one that is watched costs nothing
		delete(d.watches, path)
		return false
	}
	d.watches[path] = info
	return true
}

// report tells what is wrong with the folder itself, and when it is over.
func (d *Folders) report(err error) {
	if err != nil {
		d.tell(err)
		return
	}
	for _, t := range d.trouble.Only() {
		d.log.Info("the folder of signals can be read again", "was", t.Text)
	}
}

func (d *Folders) tell(err error) {
	if t, tell := d.trouble.Seen(err.Error(), d.to.options.Now()); tell {
		d.log.Warn("cannot read the folder of signals, the known ones stay", "error", t.String())
	}
}

// exists leaves out what is not there, which is no trouble.
func exists(err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), "\n") {
		return nil
	}
	return err
}

// withoutRefusal leaves out what the sink has told itself.
func withoutRefusal(err error) error {
	var no *refusal
	if errors.As(err, &no) && no.status == statusConflict {
		return nil
	}
	return err
}
