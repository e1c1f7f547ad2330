package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/worker/output"
	"livestream-tui/services/worker/segmenter"
	"livestream-tui/services/worker/streamtest"
)

// testWindow is the window of small tests.
const testWindow = 3

// newTestEncoder returns an encoder on a folder of its own, a pipe for it to read, and the
// path of its playlist. The pipe has two segments from first on.
func newTestEncoder(t *testing.T, first int64) (e *encoder, out *os.File, playlist string) {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		out.Close()
		in.Close() // until now, so that the reader sees no end of file
	})
	units, _ := media.Grid{}.Units(streamtest.Timescale)
	if _, err := in.Write(streamtest.Stream(media.Grid{}, uint64(first)*units, 10)); err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	o, err := output.Open(output.Config{Path: path, Window: testWindow, Log: hclog.NewNullLogger()}, "live01", media.Grid{}, media.Grid{}.Start(first))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	e = &encoder{signal: "live01", window: testWindow, clock: newClock(), log: hclog.NewNullLogger(), metrics: newMetrics(prometheus.NewRegistry()), output: o}
	return e, out, filepath.Join(path, media.PlaylistName)
}

// What a dead FFmpeg left in its pipe lasts for seconds.
func TestWhatADeadFFmpegLeftIsNotWaitedFor(t *testing.T) {
	e, out, _ := newTestEncoder(t, segmentAt(time.Now())+1800)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.cut(ctx, out, 0) }()
	cancel()
	select {
	case err := <-ended:
		if !segmenter.IsEnd(err) {
			t.Errorf("got %v, want an end", err)
		}
	case <-time.After(patienceOfTests):
		t.Fatal("it waits for what is due in an hour")
	}
	if e.output.Newest() != -1 {
		t.Errorf("segment %d was published before its time", e.output.Newest())
	}
}

func TestAnEncoderThatFellBehindTheWindowStartsAnew(t *testing.T) {
	e, out, _ := newTestEncoder(t, segmentAt(time.Now())-100)
	if err := e.cut(t.Context(), out, 0); !errors.Is(err, errTooLate) {
		t.Errorf("got %v, want %v", err, errTooLate)
	}
}

// It would start anew for ever on a machine that is too busy to be in time.
func TestAnEncoderALittleBehindGoesOn(t *testing.T) {
	first := segmentAt(time.Now()) - testWindow - 1
	e, out, playlist := newTestEncoder(t, first)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.cut(ctx, out, 0) }()
	await(t, "both segments", func() bool {
		b, err := os.ReadFile(playlist)
		return err == nil && strings.Contains(string(b), media.SegmentName(first+1))
	})
	cancel()
	if err := out.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !segmenter.IsEnd(err) {
		t.Errorf("got %v, want an end", err)
	}
}

func TestASignalWithoutSegmentsIsNoticed(t *testing.T) {
	e, _, _ := newTestEncoder(t, segmentAt(time.Now()))
	e.note()
	if full, problem := e.condition(); full || problem != "" {
		t.Errorf("at first: got %t, %q", full, problem)
	}
	e.last = e.last.Add(-overdue)
	e.setTrouble("FFmpeg ended: signal: killed")
	if _, problem := e.condition(); problem != "no new segment of live01: FFmpeg ended: signal: killed" {
		t.Errorf("then: got %q", problem)
	}
}
