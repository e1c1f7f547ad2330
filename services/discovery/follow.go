package discovery

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// scanEvery is how often the folder of signals is looked at.
const scanEvery = time.Second

// followFolder has every packager watched for every signal that is on disk.
func (s *Service) followFolder(ctx context.Context) error {
	var watchers sync.WaitGroup
	defer watchers.Wait()
	stops := map[string]context.CancelFunc{}
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	tick := time.NewTicker(scanEvery)
	defer tick.Stop()
	for readable := true; ; {
		signals, err := ingested(s.config.Paths.Output)
		switch {
		case err == nil:
			readable = true
			come, gone := s.follow(signals)
			for _, signal := range gone {
				stops[signal]()
				delete(stops, signal)
				s.log.Warn(fmt.Sprintf("Signal '%s' is no ingest source any more: it has no playlist on disk", signal))
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
		case <-tick.C:
		}
	}
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
