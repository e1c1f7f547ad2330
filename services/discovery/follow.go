package discovery

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/kit/service"
)

// scanEvery is how often the folder of signals is looked at and every packager is
// asked which it has.
const scanEvery = time.Second

// scanSooner is the same while no signal is known: the platform may be starting.
const scanSooner = 100 * time.Millisecond

// followSignals has every packager watched for every signal that is on disk or that
// a packager has.
func (s *Service) followSignals(ctx context.Context) error {
	w := watches{s: s, stops: map[string]context.CancelFunc{}}
	defer w.wait()
	for _, packager := range s.config.Topology.Packagers {
		w.group.Go(func() { s.listen(ctx, packager) })
	}
	disk := newFolder(s.config.Paths.Output)
	for {
		on, err := s.look(disk)
		s.noteFolder(err)
		if err == nil {
			w.follow(ctx, on)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.pause()):
		case <-s.news:
		}
	}
}

func (s *Service) look(disk *folder) (found, error) {
	if disk.path == service.NoOutput {
		return found{}, nil
	}
	return disk.look(time.Now())
}

// noteFolder tells that the folder of signals cannot be read, again while it cannot,
// and when it can again.
func (s *Service) noteFolder(err error) {
	if err == nil {
		for _, t := range s.unreadable.Only() {
			s.log.Info("the folder of signals can be read again", "was", t.Text)
		}
		return
	}
	if t, tell := s.unreadable.Seen(err.Error(), time.Now()); tell {
		s.log.Warn("cannot read the folder of signals, the known ones stay", "error", t.String())
	}
}

// watches is who is watched. One goroutine uses it.
type watches struct {
	s     *Service
	group sync.WaitGroup
	stops map[string]context.CancelFunc // by signal
	left  []string                      // leftovers that were told of, sorted
}

// wait ends all and returns when they have ended.
func (w *watches) wait() {
	for _, stop := range w.stops {
		stop()
	}
	w.group.Wait()
}

// follow begins to watch what has come and ends what has gone.
func (w *watches) follow(ctx context.Context, on found) {
	s := w.s
	s.mu.Lock()
	come, gone := s.board.follow(s.heard.union(on))
	reasons := map[string]string{}
	for _, signal := range gone {
		reasons[signal] = "it has no playlist on disk, and no packager has it"
		if knows(on.ended, signal) || s.heard.over(signal) {
			reasons[signal] = "it has ended"
		}
		s.heard.forget(signal)
	}
	s.mu.Unlock()
	for _, signal := range gone {
		w.stops[signal]()
		delete(w.stops, signal)
		s.log.Warn(fmt.Sprintf("Signal '%s' is no ingest source any more: %s", signal, reasons[signal]))
	}
	for _, signal := range come {
		s.log.Info(fmt.Sprintf("Registered signal '%s' as ingest source", signal))
		var watched context.Context
		watched, w.stops[signal] = context.WithCancel(ctx)
		for packager := range s.config.Topology.Packagers {
			w.group.Go(func() { s.watch(watched, signal, packager) })
		}
	}
	for _, signal := range on.left {
		if !knows(w.left, signal) && w.stops[signal] == nil {
			s.log.Info(fmt.Sprintf("Signal '%s' is no ingest source: an earlier run left it, and nobody adds to it", signal))
		}
	}
	w.left = on.left
}

// listen asks one packager again and again which signals it has, until ctx is
// cancelled, and tells when that has changed. While it does not answer, what it said
// last counts: a signal of which every packager is down is one still.
func (s *Service) listen(ctx context.Context, packager string) {
	for {
		names, err := s.client.signals(ctx, packager)
		slices.Sort(names)
		s.mu.Lock()
		if err != nil {
			s.heard.missed(packager)
		} else if s.heard.answered(packager, names) {
			s.tell()
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(s.pause()):
		}
	}
}

// tell has the signals looked through soon.
func (s *Service) tell() {
	select {
	case s.news <- struct{}{}:
	default: // it is told already
	}
}

// pause is how long it is until the next look for signals.
func (s *Service) pause() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.board.empty() {
		return scanSooner
	}
	return scanEvery
}

// watch asks one packager, by its index, for one signal's playlist again and
// again until ctx is cancelled.
func (s *Service) watch(ctx context.Context, signal string, packager int) {
	url := s.config.Topology.Packagers[packager]
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		r := s.client.playlist(ctx, url, signal)
		if ctx.Err() != nil {
			return // we broke it off: nothing to hold against the packager
		}
		s.polls.WithLabelValues(url, r.word()).Inc()
		s.mu.Lock()
		target := s.board.add(signal, packager, r)
		if s.heard.played(signal, url, r) {
			s.tell()
		}
		s.mu.Unlock()
		select {
		case s.observed <- struct{}{}:
		default: // a wake waits already
		}
		pause.Reset(interval(target))
	}
}
