package discovery

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/kit/service"
)

// How often the folder of signals is read and every packager asked for its signals, and
// the same while no signal is known: the platform may be starting.
const (
	scanEvery  = time.Second
	scanSooner = 100 * time.Millisecond
)

// followSignals watches every packager for every signal that is on disk or that a
// packager has, until ctx is cancelled.
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

// noteFolder logs that the folder of signals cannot be read, from time to time while it
// cannot, and when it can again.
func (s *Service) noteFolder(err error) {
	if err == nil {
		for _, t := range s.unreadable.EndExcept() {
			s.log.Info("the folder of signals can be read again", "was", t.Text)
		}
		return
	}
	if t, tell := s.unreadable.Seen(err.Error(), time.Now()); tell {
		s.log.Warn("cannot read the folder of signals, the known ones stay", "error", t.String())
	}
}

// watches are the signals that are watched. One goroutine uses it.
type watches struct {
	s     *Service
	group sync.WaitGroup
	stops map[string]context.CancelFunc // by signal
	left  []string                      // leftovers that were logged, sorted
}

// wait ends every watch and returns when all have ended.
func (w *watches) wait() {
	for _, stop := range w.stops {
		stop()
	}
	w.group.Wait()
}

// follow begins to watch the signals that have come and ends the watch of those that have
// gone.
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
		s.log.Warn(fmt.Sprintf("Signal '%s' is no longer an ingest source: %s", signal, reasons[signal]))
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
			s.log.Info(fmt.Sprintf("Signal '%s' is not an ingest source: an earlier run left it, and nothing is added to it", signal))
		}
	}
	w.left = on.left
}

// listen asks a packager again and again which signals it has, until ctx is cancelled,
// and wakes followSignals when that has changed. While it does not answer, its last answer
// counts: a signal is still one when every packager of it is down.
func (s *Service) listen(ctx context.Context, packager string) {
	for {
		names, err := s.client.signals(ctx, packager)
		slices.Sort(names)
		s.mu.Lock()
		if err != nil {
			s.heard.missed(packager)
		} else if s.heard.answered(packager, names) {
			s.wake(s.news)
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(s.pause()):
		}
	}
}

// wake wakes the goroutine that reads a channel. One waiting wake is enough.
func (s *Service) wake(up chan<- struct{}) {
	select {
	case up <- struct{}{}:
	default:
	}
}

// pause is how long to wait until the next look for signals.
func (s *Service) pause() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.board.empty() {
		return scanSooner
	}
	return scanEvery
}
