package discovery

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/runner"
)

// scanEvery is how often the folder of signals is looked at and every packager is
// asked which it has.
const scanEvery = time.Second

// scanSooner is the same while no signal is known: the platform may be starting.
const scanSooner = 100 * time.Millisecond

// followSignals has every packager watched for every signal that is on disk or that
// a packager has.
func (s *Service) followSignals(ctx context.Context) error {
	var watchers sync.WaitGroup
	defer watchers.Wait()
	heard := make(chan struct{}, 1)
	for _, packager := range s.config.Topology.Packagers {
		watchers.Go(func() { s.listen(ctx, packager, heard) })
	}
	stops := map[string]context.CancelFunc{}
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	for readable := true; ; {
		signals, err := s.onDisk()
		switch {
		case err == nil:
			readable = true
			come, gone := s.follow(s.union(signals))
			for _, signal := range gone {
				stops[signal]()
				delete(stops, signal)
				s.log.Warn(fmt.Sprintf("Signal '%s' is no ingest source any more: it has no playlist on disk, and no packager has it", signal))
			}
			for _, signal := range come {
				s.log.Info(fmt.Sprintf("Registered signal '%s' as ingest source", signal))
				var watched context.Context
				watched, stops[signal] = context.WithCancel(ctx)
				for packager := range s.config.Topology.Packagers {
					watchers.Go(func() { s.watch(watched, signal, packager) })
				}
			}
		case readable:
			readable = false
			s.log.Warn("cannot read the folder of signals, the known ones stay", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.pause()):
		case <-heard:
		}
	}
}

func (s *Service) onDisk() ([]string, error) {
	if s.config.Paths.Output == runner.NoOutput {
		return nil, nil
	}
	return ingested(s.config.Paths.Output)
}

// listen asks one packager again and again which signals it has, until ctx is
// cancelled, and tells when that has changed. While it does not answer, what it said
// last counts: a signal of which every packager is down is one still.
func (s *Service) listen(ctx context.Context, packager string, heard chan<- struct{}) {
	for {
		names, err := s.client.signals(ctx, packager)
		if err == nil {
			s.mu.Lock()
			changed := !slices.Equal(s.heard[packager], names)
			s.heard[packager] = names
			s.mu.Unlock()
			if changed {
				select {
				case heard <- struct{}{}:
				default: // it is told already
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(s.pause()):
		}
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

// union adds to the signals on disk those that packagers have.
func (s *Service) union(disk []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(disk)
	for _, names := range s.heard {
		list = append(list, names...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (s *Service) follow(signals []string) (come, gone []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.board.follow(signals)
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
		s.mu.Unlock()
		select {
		case s.observed <- struct{}{}:
		default: // a wake waits already
		}
		pause.Reset(interval(target))
	}
}
