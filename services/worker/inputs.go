package worker

import (
	"context"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/input/films"
	"livestream-tui/services/worker/input/live"
	"livestream-tui/services/worker/progress"
	"livestream-tui/services/worker/transcoder"
)

// kind is a kind of input: its name, in messages, and what opens it. ctx is cancelled when
// the worker stops.
type kind struct {
	name string
	open func(ctx context.Context, s *Service, at input.Host) (input.Input, error)
}

// table are the inputs, looked at in this order every rescanEvery. A new kind of input is a
// package in services/worker/input with an input.Input, and a line here.
func table() []kind {
	return []kind{
		{"films", openFilms}, // the films of INPUT_STREAM_PATH
		{"live", openLive},   // the live signals of RECEIVER_URL
	}
}

func openLive(_ context.Context, s *Service, at input.Host) (input.Input, error) {
	return live.New(live.Config{URLs: s.config.Receivers, Log: s.log}, at), nil
}

func openFilms(ctx context.Context, s *Service, at input.Host) (input.Input, error) {
	c := films.Config{Path: s.config.Paths.Input, Maker: s.transcoder, Machine: s.machine, Rescan: s.rescan, Log: s.log}
	if s.config.Paths.Output != service.NoOutput {
		c.Output = s.config.Paths.Output
	}
	if c.Maker == nil {
		t, err := transcoder.New(s.config.transcoder(), s.spawner, progress.NewAnnouncer(s.log, s.config.Terminal))
		if err != nil {
			return nil, err
		}
		c.Maker = t
		at.Go(func() {
			t.KeepTidy(ctx, func(err error) { s.log.Warn("old mezzanines cannot be removed", "error", err.Error()) })
		})
	}
	return films.New(c, at), nil
}
