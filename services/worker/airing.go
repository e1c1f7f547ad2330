package worker

import (
	"context"
	"path/filepath"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/output"
)

// airing is a source on air as a signal.
type airing struct {
	signal string
	source input.Source
	// segment is how long its segments are. changed is when the source became what it is:
	// where there is no folder to tell the last number, numbers are counted from then.
	segment time.Duration
	changed time.Time
}

// airSource airs a source of any input until ctx is cancelled. running is called with the
// encoder before it starts and with nil once it has ended, started in between. The error
// is why it had to stop.
func (s *Service) airSource(ctx context.Context, a airing, running func(*encoder), started func()) error {
	out, grid, err := s.openOutput(a)
	if err != nil {
		return err
	}
	e := &encoder{
		signal: a.signal, source: a.source, grid: grid, ffmpeg: s.config.FFmpeg, window: s.config.Window, clock: s.clock,
		spawner: s.spawner, machine: s.machine, log: s.log, metrics: s.metrics, output: out, last: time.Now(),
	}
	running(e)
	defer running(nil)
	started()
	return e.run(ctx)
}

// openOutput opens the output of a signal, or returns that of its former source, and the
// grid on which it goes on. Only the goroutine that airs the signal calls it.
func (s *Service) openOutput(a airing) (*output.Output, media.Grid, error) {
	name, segment, grid, now := a.signal, a.segment, gridOf(a.segment, a.changed), s.clock.now()
	s.mu.Lock()
	out := s.outputs[name]
	before, ending := s.ending[name]
	delete(s.ending, name)
	s.mu.Unlock()
	if out != nil {
		return out, out.Grid(segment, grid, now), nil
	}
	if ending {
		if err := before.output.Close(); err != nil {
			s.log.Warn("cannot close the output of an ended signal", "signal", name, "error", err)
		}
	}
	c := output.Config{URLs: s.config.IngestURLs, Token: s.config.Token, Window: s.config.Window, Log: s.log, Metrics: s.metrics.output}
	if s.config.Paths.Output != service.NoOutput {
		c.Path = s.outputOf(name)
		grid = output.GridIn(c.Path, segment, grid, now)
	}
	out, err := output.Open(c, name, grid, now)
	if err != nil {
		return nil, grid, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outputs[name] = out
	return out, grid, nil
}

// outputOf is the folder of a signal.
func (s *Service) outputOf(name string) string { return filepath.Join(s.config.Paths.Output, name) }

// gridOf is the grid of a film by the length of its segments and the time of its file's
// last change, where nothing is known of the numbers that its signal had before.
//
// A signal's numbers never go down, but segments that are longer than those of the
// plain grid are fewer. So the numbers of another grid are moved up: an hour after the
// file's change they are one above those of the plain grid, and more before. This
// follows from the file alone, so that every worker that reads it numbers alike.
func gridOf(segment time.Duration, changed time.Time) media.Grid {
	g := media.Grid{Segment: segment}
	if g.Length() == media.DefaultSegment {
		return media.Grid{}
	}
	m := g.Start(g.At(changed.Add(time.Hour)))
	g.Offset = media.Grid{}.At(m) + 1 - g.At(m)
	return g
}
