package worker

import (
	"context"
	"strings"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/worker/output"
)

// ending is the output of a signal that has ended, and when its media is removed.
type ending struct {
	output *output.Output
	at     time.Time
}

// End implements input.Host.
func (s host) End(ctx context.Context, signal string) {
	s.mu.Lock()
	out := s.outputs[signal]
	_, onAir := s.onAir[signal]
	owner, claimed := s.owners[signal]
	if out == nil || onAir || claimed && owner != s.input {
		s.mu.Unlock()
		return
	}
	delete(s.owners, signal)
	delete(s.outputs, signal)
	s.ending[signal] = ending{out, time.Now().Add(s.keepEnded)}
	s.mu.Unlock()
	s.log.Info("signal ends", "signal", signal, "input", s.input)
	if err := out.End(ctx); err != nil {
		s.log.Error("cannot end the playlist of a signal", "signal", signal, "error", err)
	}
}

// removeEnded removes the media of signals that ended a while ago.
func (s *airings) removeEnded() {
	s.mu.Lock()
	over := map[string]*output.Output{}
	for name, e := range s.ending {
		if time.Now().After(e.at) {
			over[name] = e.output
			delete(s.ending, name)
		}
	}
	s.mu.Unlock()
	for name, out := range over {
		if err := out.Remove(); err != nil {
			s.log.Error("cannot remove what an ended signal has left", "signal", name, "error", err)
			continue
		}
		s.log.Info("removed what an ended signal has left", "signal", name)
	}
}

// removeLeftovers removes the media of signals that ended before the worker started. It
// does so for a while after the start, as what is too young at first may be read still.
func (s *airings) removeLeftovers(began time.Time) {
	length := time.Duration(s.config.Window) * media.DefaultSegment
	if s.config.Paths.Output == service.NoOutput || time.Since(began) > length+2*rescanEvery {
		return
	}
	kept := s.names()
	removed, err := output.RemoveLeftovers(s.config.Paths.Output, time.Now().Add(-length), func(name string) bool { return kept[name] })
	if len(removed) > 0 {
		s.log.Info("removed what ended signals have left", "signals", strings.Join(removed, " "))
	}
	if err != nil {
		s.log.Warn("cannot remove what ended signals have left", "error", err)
	}
}

// close closes all outputs once nothing publishes any more. The context of the inputs must
// be cancelled.
func (s *airings) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.busy.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	outputs := s.outputs
	for name, e := range s.ending {
		outputs[name] = e.output
	}
	for name, out := range outputs {
		if err := out.Close(); err != nil {
			s.log.Warn("cannot close the output of a signal", "signal", name, "error", err)
		}
	}
	clear(s.outputs)
	clear(s.ending)
}
