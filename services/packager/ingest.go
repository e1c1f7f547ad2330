package packager

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// rescanEvery is how often the folder is looked through whatever was notified.
	rescanEvery = time.Second
	// blindRescan is the same where there are no notifications to be had, such as
	// of a folder that the worker has not made yet.
	blindRescan = 100 * time.Millisecond
)

// ingest is the goroutine that reads the folder.
type ingest struct {
	s       *Service
	output  string
	watcher *fsnotify.Watcher // nil where there is none
	watched bool              // the folder itself, as of the last scan
	group   sync.WaitGroup    // of the followers
	follows map[string]context.CancelFunc
	signals map[string]*signal
	trouble string // with the folder itself, as it was logged last
}

// wait returns when every follower has ended.
func (in *ingest) wait() {
	for _, stop := range in.follows {
		stop()
	}
	in.group.Wait()
}

// run reads the folder until ctx is cancelled.
func (in *ingest) run(ctx context.Context) {
	var events chan fsnotify.Event
	var failures chan error
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		in.s.log.Warn("cannot watch the folder of signals, it is searched instead", "error", err.Error(), "every_ms", blindRescan.Milliseconds())
	} else {
		defer func() { _ = watcher.Close() }() // nobody listens any more
		in.watcher, events, failures = watcher, watcher.Events, watcher.Errors
	}
	// All media first, then each playlist as it is by now: the first one published
	// is not as old as the scan was long.
	in.scan(ctx, false)
	in.scan(ctx, true)
	in.s.scanned.Store(true)
	every := in.every()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if now := in.every(); now != every {
			every = now
			tick.Reset(every)
		}
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			in.notified(ctx, events, e)
		case err := <-failures: // events were lost
			in.s.log.Debug("notifications were lost", "error", err.Error())
			in.scan(ctx, true)
		case <-tick.C:
			in.scan(ctx, true)
		}
	}
}

// notified looks at what an event and those that wait behind it are about.
func (in *ingest) notified(ctx context.Context, events <-chan fsnotify.Event, e fsnotify.Event) {
	touched := map[string]bool{}
	for more := true; more; {
		folder, name := filepath.Split(e.Name)
		switch folder = filepath.Clean(folder); {
		case folder == in.output:
			touched[""] = true
		case filepath.Dir(folder) == in.output && (name == playlistName || isMedia(name)):
			touched[filepath.Base(folder)] = true
		}
		select {
		case e = <-events:
		default:
			more = false
		}
	}
	if touched[""] {
		in.scan(ctx, true)
		return
	}
	for name := range touched {
		g := in.signals[name]
		if g == nil {
			in.scan(ctx, true) // a new one, most likely
			return
		}
		in.look(g, true)
	}
}

// scan looks at every signal. Without publish it only loads.
func (in *ingest) scan(ctx context.Context, publish bool) {
	in.watched = in.watch(in.output) // before it is read, so that nothing is missed in between
	names, err := foldersIn(in.output)
	in.report(err)
	if err != nil {
		return
	}
	for _, name := range names {
		in.watch(filepath.Join(in.output, name)) // also while it is no signal yet
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !isIngested(in.output, name) })
	for _, name := range names {
		if in.signals[name] == nil {
			g := newSignal(name, in.s.config.Window)
			in.signals[name] = g
			in.s.register(g)
			in.follows[name] = in.s.follow(ctx, &in.group, name)
		}
	}
	now := in.s.now()
	for name, g := range in.signals {
		if slices.Contains(names, name) {
			in.back(g)
			in.look(g, publish)
		} else {
			in.away(g, now)
		}
		g.sweep(now)
		in.s.measure(g)
	}
	in.s.thaw.looked(in.s.now())
}

// away deals with a signal that is on disk no more.
func (in *ingest) away(g *signal, now time.Time) {
	if g.gone.IsZero() {
		in.s.log.Warn("signal is on disk no more, it is served until its segments expire", "signal", g.name, "keep_ms", g.shelf.keep.Milliseconds())
	}
	g.ended.Store(true)
	if !g.vanished(now) {
		return
	}
	in.s.log.Info("signal ended", "signal", g.name)
	in.follows[g.name]()
	delete(in.follows, g.name)
	delete(in.signals, g.name)
	in.s.unregister(g)
}

func (in *ingest) back(g *signal) {
	if !g.gone.IsZero() {
		g.gone = time.Time{}
		g.ended.Store(false)
		in.s.log.Info("signal is on disk again", "signal", g.name)
	}
}

// look takes what is new of a signal.
func (in *ingest) look(g *signal, publish bool) {
	f, err := openFolder(in.output, g.name)
	if err != nil {
		in.complain(g, err)
		return
	}
	defer f.close()
	err = g.load(f)
	if !publish {
		return
	}
	first := g.current.Load() == nil
	g.judge(in.s.now())
	msns, failed := g.publish()
	in.complain(g, errors.Join(err, failed))
	if len(msns) > 0 {
		in.s.published(g, msns, first)
	}
	found, names := g.conflicts(f)
	in.s.conflicts.WithLabelValues(g.name).Add(float64(found))
	for _, name := range names {
		in.s.log.Warn("something else came under a name that is served already, the first stays", "signal", g.name, "name", name)
	}
}

// every is how long it is from one look through the folder to the next.
func (in *ingest) every() time.Duration {
	if in.watched {
		return rescanEvery
	}
	return blindRescan
}

// watch asks for notifications of a folder and reports whether there will be any;
// one that is watched already costs nothing, one that was made anew is watched again.
// The rescan is there for folders that cannot be watched.
func (in *ingest) watch(path string) bool {
	return in.watcher != nil && in.watcher.Add(path) == nil
}

func (in *ingest) complain(g *signal, err error) { g.trouble = in.s.complain(g.name, g.trouble, err) }

// complain logs what is wrong with a signal where it is not what was logged before,
// and returns it.
func (s *Service) complain(signal, before string, err error) string {
	text := ""
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		text = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	switch {
	case text == before || text == "":
	case errors.Is(err, errLeftover):
		s.log.Info("signal is not published yet", "signal", signal, "reason", text) // so it is at every cold start
	default:
		s.log.Warn("signal has trouble", "signal", signal, "error", text)
	}
	return text
}

func (in *ingest) report(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != in.trouble && text != "" {
		in.s.log.Warn("cannot read the folder of signals, the known ones stay", "error", text)
	}
	in.trouble = text
}
