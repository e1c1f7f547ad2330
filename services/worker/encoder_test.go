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
)

// newTestEncoder returns an encoder on a folder of its own and the pipe that it
// reads, which holds the segment of now: nothing of it is due before its time.
func newTestEncoder(t *testing.T, first int64) (*encoder, *os.File) {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		out.Close()
		in.Close() // the writer stays open: no end of file is to be seen
	})
	if _, err := in.Write(stream(uint64(first)*segmentUnits, 10)); err != nil {
		t.Fatal(err)
	}
	e := &encoder{signal: "live01", path: t.TempDir(), window: testWindow, clock: newClock(), log: hclog.NewNullLogger(), metrics: newMetrics(prometheus.NewRegistry())}
	e.folder = open(t, e.path, first)
	return e, out
}

// What a dead FFmpeg left in its pipe lasts for seconds.
func TestWhatADeadFFmpegLeftIsNotWaitedFor(t *testing.T) {
	e, out := newTestEncoder(t, segmentAt(time.Now())+1800)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.cut(ctx, out, 0) }()
	cancel()
	select {
	case err := <-ended:
		if !isEnd(err) {
			t.Errorf("got %v, want an end", err)
		}
	case <-time.After(patienceOfTests):
		t.Fatal("it waits for what is due in an hour")
	}
	if e.folder.newest() != -1 {
		t.Errorf("segment %d was published before its time", e.folder.newest())
	}
}

func TestWhoFellBehindTheWindowStartsAnew(t *testing.T) {
	e, out := newTestEncoder(t, segmentAt(time.Now())-100)
	if err := e.cut(t.Context(), out, 0); !errors.Is(err, errTooLate) {
		t.Errorf("got %v, want %v", err, errTooLate)
	}
}

// It would start anew for ever on a machine that is too busy to be in time.
func TestWhoIsALittleBehindGoesOn(t *testing.T) {
	first := segmentAt(time.Now()) - testWindow - 1
	e, out := newTestEncoder(t, first)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.cut(ctx, out, 0) }()
	await(t, "both segments", func() bool {
		b, err := os.ReadFile(filepath.Join(e.path, playlistName))
		return err == nil && strings.Contains(string(b), segmentName(first+1))
	})
	cancel()
	if err := out.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !isEnd(err) {
		t.Errorf("got %v, want an end", err)
	}
}

func TestASignalWithoutSegmentsIsNoticed(t *testing.T) {
	e, _ := newTestEncoder(t, segmentAt(time.Now()))
	e.note("")
	if full, problem := e.condition(); full || problem != "" {
		t.Errorf("at first: got %t, %q", full, problem)
	}
	e.last = e.last.Add(-overdue)
	e.setTrouble("FFmpeg ended: signal: killed")
	if _, problem := e.condition(); problem != "no segment of live01 for 8 s: FFmpeg ended: signal: killed" {
		t.Errorf("then: got %q", problem)
	}
}
