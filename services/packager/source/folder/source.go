package folder

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/packager/sink"
)

const (
	// rescanEvery is how often the folder is scanned besides notifications.
	rescanEvery = time.Second
	// blindRescan is the same without notifications, for example before the worker has
	// made the folder.
	blindRescan = 100 * time.Millisecond
)

// Options are the settings of a Source.
type Options struct {
	// Output is the folder that holds the folders of the signals.
	Output string
	// Window is how many segments a playlist lists.
	Window int
	// Scanned is called after each scan. It must not be nil.
	Scanned func()
	// Now is the clock. It must not be nil.
	Now func() time.Time
	// Log must not be nil.
	Log hclog.Logger
}

// Source is the source of signals in a folder. One goroutine runs it; Complete is safe
// for concurrent use.
type Source struct {
	to      *sink.Sink
	options Options
	output  string // Options.Output, clean
	log     hclog.Logger
	watcher *fsnotify.Watcher      // nil when the system has none
	watches map[string]fs.FileInfo // what is watched, by path
	watched bool                   // the folder itself was watched at the last scan
	signals map[string]*onDisk
	trouble event.Recurring // with the folder itself
	scanned atomic.Bool     // it has been read and published once
}

// New returns a source that puts the signals into to.
func New(to *sink.Sink, o Options) *Source {
	return &Source{
		to: to, options: o, output: filepath.Clean(o.Output), log: o.Log,
		watches: map[string]fs.FileInfo{}, signals: map[string]*onDisk{},
	}
}

// Routes adds no routes: a folder is not written over HTTP.
func (d *Source) Routes(*mux.Router) {}

// Complete reports whether the folder has been scanned once, so that the signals are
// known.
func (d *Source) Complete() bool { return d.scanned.Load() }

// Run reads the folder until ctx is cancelled.
func (d *Source) Run(ctx context.Context) {
	var events chan fsnotify.Event
	var failures chan error
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		d.log.Warn("cannot watch the folder of signals, it is scanned instead", "error", err.Error(), "every_ms", blindRescan.Milliseconds())
	} else {
		defer func() { _ = watcher.Close() }() // no longer read from
		d.watcher, events, failures = watcher, watcher.Events, watcher.Errors
	}
	// All media first, then each playlist as it is by then: so the first playlist is not
	// outdated by the duration of the scan.
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

// notified reads the signals that an event and those queued after it are about.
func (d *Source) notified(events <-chan fsnotify.Event, e fsnotify.Event) {
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

// scan reads every signal. Without publish it only loads media.
func (d *Source) scan(publish bool) {
	d.watched = d.watch(d.output) // before it is read, so that no change is missed in between
	names, err := foldersIn(d.output)
	d.report(err)
	if err != nil {
		return
	}
	for _, name := range names {
		d.watch(filepath.Join(d.output, name)) // also before it is a signal
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !isIngested(d.output, name) })
	for _, name := range names {
		if old := d.signals[name]; old == nil || old.taken && !d.to.Knows(name) {
			d.signals[name] = newOnDisk(name)
		}
		d.to.Found(name)
		d.look(name, publish)
	}
	for name := range d.signals {
		if !slices.Contains(names, name) {
			d.to.Missing(name)
			if !d.to.Knows(name) {
				delete(d.signals, name)
			}
		}
	}
	d.options.Scanned()
}

// look reads what is new of a signal.
func (d *Source) look(name string, publish bool) {
	s := d.signals[name]
	f, err := openFolder(d.output, name)
	if err != nil {
		if err = exists(err); err != nil { // else it is missing, which the next scan notes
			d.to.Trouble(name, err)
		}
		return
	}
	defer f.close()
	err = s.read(f, d.options.Window, d.options.Now())
	if s.isLeftover() {
		d.leave(s)
		return
	}
	if full := d.to.Open(name); full != nil {
		d.warn(full)
		return
	}
	err = errors.Join(err, s.load(f, d.to))
	if publish && s.list != nil && !s.taken {
		s.taken = true
		err = errors.Join(err, withoutConflict(d.to.PutPlaylist(name, s.list)))
	}
	if err = exists(err); err != nil {
		d.to.Trouble(name, err)
	}
	s.compare(f, d.to)
}

// leave logs that what an earlier run left is not published. A signal that had not ended
// is made known, since its worker will go on.
func (d *Source) leave(s *onDisk) {
	if !s.isEnded() {
		if err := d.to.Open(s.name); err != nil {
			d.warn(err)
		}
	}
	if !s.logged {
		s.logged = true // usual at a cold start
		d.log.Info("signal is not published yet", "signal", s.name, "reason", errLeftover.Error())
	}
}

// every is the time from one scan to the next.
func (d *Source) every() time.Duration {
	if d.watched {
		return rescanEvery
	}
	return blindRescan
}

// watch asks for notifications of a folder and reports whether there will be any. When the
// path names another folder than the watched one, which was moved or removed, it watches
// the new one.
func (d *Source) watch(path string) bool {
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
		_ = d.watcher.Remove(path) // may fail when the folder has gone; kqueue keeps watching an open one
	}
	if d.watcher.Add(path) != nil { // adding a watched one again costs nothing
		delete(d.watches, path)
		return false
	}
	d.watches[path] = info
	return true
}

// report logs what is wrong with the folder itself, and when it is over.
func (d *Source) report(err error) {
	if err != nil {
		d.warn(err)
		return
	}
	for _, t := range d.trouble.EndExcept() {
		d.log.Info("the folder of signals can be read again", "was", t.Text)
	}
}

func (d *Source) warn(err error) {
	if n, due := d.trouble.Seen(err.Error(), d.options.Now()); due {
		d.log.Warn("cannot read the folder of signals, the known ones stay", "error", n.String())
	}
}

// exists drops errors about files that are not there, which are no trouble.
func exists(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the parts of err itself
		for _, e := range joined.Unwrap() {
			if exists(e) != nil {
				return err
			}
		}
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// withoutConflict drops a conflict, which the sink has logged.
func withoutConflict(err error) error {
	var no *sink.Refusal
	if errors.As(err, &no) && no.Reason == sink.Conflict {
		return nil
	}
	return err
}
