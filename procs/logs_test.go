package procs

import (
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/tail"
)

func TestAFloodNeverBlocksItsWriter(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	var read int64
	h := newHouse(t, func(h *house, o *Options) {
		o.OnLine = func(process string, line []byte) {
			<-gate // the consumer of the lines is stopped
			read += int64(len(line)) + 1
		}
	}, spec(t, "flood", "flood"))
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	first := h.awaitReady("flood") // it is ready only when all is written
	// A restart waits for the lines of the dead, but not for ever.
	h.command("flood", Kill)
	second := h.awaitBack(first)
	open()
	h.command("flood", Stop)
	h.await("flood", "stopped", func(s Status) bool { return s.State == Exited && s.Incarnation == second.Incarnation })
	h.stop()
	written := int64(2*floodSize + len("ended well\n"))
	s := h.status("flood")
	if s.LogLost < tail.FileMost {
		t.Errorf("got %d bytes lost, want at least %d", s.LogLost, tail.FileMost)
	}
	// The ends of torn lines are not counted.
	if sum := read + s.LogLost; sum > written || sum < written-100 {
		t.Errorf("read %d and lost %d are %d, want %d", read, s.LogLost, sum, written)
	}
	if info, err := os.Stat(s.LogPath); err != nil || info.Size() > tail.FileMost {
		t.Errorf("got %v, %v, want it truncated to %d bytes at most", info.Size(), err, tail.FileMost)
	}
}

func TestALongLineIsCut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "long-line"))
	h.awaitReady("proxy")
	awaitTrue(t, "the next line", func() bool { return h.said("proxy: after the long line") })
	if !h.said("proxy: "+strings.Repeat("x", tail.LineMost)) || h.status("proxy").LogLost != 4*tail.LineMost {
		t.Errorf("got %d lost, want %d and the beginning handed on", h.status("proxy").LogLost, 4*tail.LineMost)
	}
}

func TestStdinIsEmpty(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "stdin"))
	awaitTrue(t, "an empty stdin", func() bool { return h.said(`proxy: stdin: "" <nil>`) })
}

func TestLastWordsComeBeforeTheNewsOfTheEnd(t *testing.T) {
	t.Parallel()
	var late bool
	h := newHouse(t, func(h *house, o *Options) {
		o.OnStatus = func(s Status) {
			if s.State == Backoff && !h.said("proxy: panic: last words, without an end") {
				late = true
			}
			h.onStatus(s)
		}
	}, spec(t, "proxy", "last-words"))
	h.await("proxy", "crashed", func(s Status) bool { return s.State == Backoff })
	h.stop()
	if late {
		t.Error("the end was reported before the last words")
	}
}

// jam is a log whose reader has stopped.
type jam struct {
	once  sync.Once
	stuck chan struct{}
	gate  chan struct{}
}

func (j *jam) Write(b []byte) (int, error) {
	j.once.Do(func() { close(j.stuck) })
	<-j.gate
	return len(b), nil
}

func TestABlockedLogDoesNotStopSupervision(t *testing.T) {
	t.Parallel()
	j := &jam{stuck: make(chan struct{}), gate: make(chan struct{})}
	defer close(j.gate)
	h := newHouse(t, func(_ *house, o *Options) { o.Log = hclog.New(&hclog.LoggerOptions{Output: j}) },
		Spec{Name: "gone", Argv: []string{"/not/there"}}, spec(t, "proxy", "ready"))
	<-j.stuck
	first := h.awaitReady("proxy")
	h.command("proxy", Kill)
	h.awaitBack(first)
	h.stop()
}

func TestAFloodOfProgressDoesNotLockUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(h *house, o *Options) { o.OnLine = func(process string, _ []byte) { h.Progress(process) } },
		spec(t, "worker", "flood"))
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					h.Statuses()
				}
			}
		})
	}
	first := h.awaitReady("worker")
	h.command("worker", Kill)
	h.awaitBack(first)
	close(stop)
	readers.Wait()
}

func TestNotesAreDroppedAndCounted(t *testing.T) {
	var out strings.Builder
	n := newNotes(hclog.New(&hclog.LoggerOptions{Output: io.Writer(&out), DisableTime: true}))
	for range notesMost + 7 {
		n.say(hclog.Info, "a note")
	}
	ctx, cancel := newEnded()
	defer cancel()
	n.run(ctx)
	n.wait()
	if got := strings.Count(out.String(), "a note"); got != notesMost || !strings.Contains(out.String(), "notes=7") {
		t.Errorf("got %d notes, want %d and a count of 7 that are missing:\n%.200s", got, notesMost, out.String())
	}
}
