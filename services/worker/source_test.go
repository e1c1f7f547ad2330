package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/machine"
	"livestream-tui/services/worker/streamtest"
)

// recording is a source that is not a mezzanine: its arguments have a shell write a stream
// from any segment on, and go on running, as a live input does.
type recording struct {
	file string
	msns chan<- int64 // gets the segments that are asked for
}

var _ input.Source = recording{}

func (r recording) Args(grid media.Grid, msn int64) ([]string, error) {
	units, _ := grid.Units(streamtest.Timescale)
	r.msns <- msn
	stream := streamtest.Stream(grid, uint64(msn)*units, 20*streamtest.PerSegment)
	return []string{"-c", `cat "$0"; exec sleep 600`, r.file}, os.WriteFile(r.file, stream, 0o644)
}
func (recording) Check() error   { return nil }
func (recording) Discard() error { return nil }

func TestAnEncoderPlaysAnySource(t *testing.T) {
	first := segmentAt(time.Now())
	e, _, playlist := newTestEncoder(t, first)
	msns := make(chan int64, 100)
	e.ffmpeg, e.spawner, e.machine = mustFind(t, "sh"), child.NewSpawner(), machine.New("sh", e.log)
	e.source = recording{filepath.Join(t.TempDir(), "stream"), msns}
	t.Cleanup(e.spawner.Close)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.run(ctx) }()
	await(t, "a full playlist", func() bool {
		b, err := os.ReadFile(playlist)
		return err == nil && strings.Count(string(b), media.SegmentExt) >= testWindow
	})
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	// The window that ends now and the segment before it; a busy machine may take longer.
	if msn := <-msns; msn < first-testWindow-1 || msn > first {
		t.Errorf("asked for segment %d, want the one before the window, which ends with %d", msn, first)
	}
}

// refused is a source that FFmpeg, here a shell, ends with an error for.
type refused struct{ discarded *int }

func (refused) Args(media.Grid, int64) ([]string, error) { return []string{"-c", "exit 1"}, nil }
func (refused) Check() error                             { return nil }
func (r refused) Discard() error {
	*r.discarded++
	return nil
}

func TestASourceThatFFmpegRefusesIsDiscarded(t *testing.T) {
	e, _, _ := newTestEncoder(t, segmentAt(time.Now()))
	e.ffmpeg, e.spawner, e.machine = mustFind(t, "sh"), child.NewSpawner(), machine.New("sh", e.log)
	e.machine.Check = func(context.Context) error { return nil }
	t.Cleanup(e.spawner.Close)
	discarded := 0
	e.source = refused{&discarded}
	if err := e.run(t.Context()); !errors.Is(err, input.ErrUnplayable) || discarded != 1 {
		t.Errorf("got %v after %d times discarded, want %v after one", err, discarded, input.ErrUnplayable)
	}
}
