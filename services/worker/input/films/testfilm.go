package films

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// testSignal is the signal of the test film.
const testSignal = "live01"

// Fallback implements input.Fallback: the test film.
func (s *Films) Fallback() (string, func(context.Context) error) { return testSignal, s.makeTestFilm }

func (s *Films) makeTestFilm(ctx context.Context) error {
	path := s.config.Path
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("INPUT_STREAM_PATH=%q: %w", path, err)
	}
	file := filepath.Join(path, testSignal+".mp4")
	s.log.Info("no film in the input folder: making a test film there", "file", file)
	for {
		s.setDoing("making a test film in " + path)
		err := s.config.Maker.TestFilm(ctx, testSignal, file)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if !s.config.Machine.Blame(err) {
			return fmt.Errorf("test film %s: %w", file, err)
		}
		s.setDoing("no test film can be made: " + err.Error())
		s.config.Machine.Await(ctx)
	}
}
