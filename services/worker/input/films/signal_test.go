package films

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/machine"
	"livestream-tui/services/worker/mezzanine"
	"livestream-tui/services/worker/output"
	"livestream-tui/services/worker/transcoder"
)

func TestAFilmWithoutItsIndexIsWaitedForWhileItMayBeCopied(t *testing.T) {
	null := hclog.NewNullLogger()
	s := New(Config{Machine: machine.New("ffmpeg", null), Log: null}, nil)
	moov := &transcoder.Unfit{Err: errors.New("FFmpeg cannot read it: moov atom not found"), Unfinished: true}
	for _, c := range []struct {
		name     string
		modified time.Duration // ago
		err      error
		again    bool
		want     stage
		cause    event.FilmCause
	}{
		{"just changed", time.Second, moov, true, stageWaiting, event.FilmCopying},
		{"changed long ago", time.Hour, moov, false, stageRefused, event.FilmUnreadable},
		{"another reason", time.Second, &transcoder.Unfit{Err: errors.New("it has no picture"), Fault: transcoder.FaultNoVideo}, false, stageRefused, event.FilmNoVideo},
		{"no fault of the film", time.Hour, errors.New("input/output error"), true, stageWaiting, ""},
		{"a full disk", time.Hour, fmt.Errorf("a segment cannot be published: %w", &output.WriteError{Folder: "/out/a", Err: syscall.ENOSPC}), true, stageWaiting, event.FilmDiskFull},
		{"a quota that is used up", time.Hour, fmt.Errorf("the mezzanine: %w", syscall.EDQUOT), true, stageWaiting, event.FilmDiskFull},
		{"another process has its output", time.Hour, &output.LockedError{}, true, stageWaiting, event.FilmNameTaken},
		{"FFmpeg", time.Hour, &ffmpeg.Machine{Command: "ffmpeg", What: "it is built without libx264"}, true, stageWaiting, event.FilmFFmpeg},
	} {
		sig := &signal{}
		sig.file.Name, sig.file.Modified = c.name, time.Now().Add(-c.modified)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // or it waits until FFmpeg works
		if again := s.mayHeal(ctx, sig, c.err); again != c.again || sig.stage != c.want {
			t.Errorf("%s: got %t and stage %d, want %t and %d", c.name, again, sig.stage, c.again, c.want)
		}
		if got := s.outcomes.last[c.name]; got.Cause != c.cause || (got.Folder != "") != (c.name == "a full disk") {
			t.Errorf("%s: got %+v, want the cause %q", c.name, got, c.cause)
		}
	}
}

// fullHost has no room until some attempts are over.
type fullHost struct {
	fakeHost
	attempts, roomAt int
	seen             []event.FilmState // the film's state while each attempt is under way
	films            *Films
}

func (h *fullHost) Air(_ context.Context, a input.Airing) error {
	h.attempts++
	a.Started()
	h.seen = append(h.seen, h.films.outcomes.last["news.mp4"].State)
	if h.attempts == h.roomAt {
		a.Published()
		h.seen = append(h.seen, h.films.outcomes.last["news.mp4"].State)
		return errors.New("the test is over")
	}
	return &output.WriteError{Folder: "/out/news", Err: syscall.ENOSPC}
}

func TestAFilmWithoutRoomIsNotReportedOnAirBeforeASegmentIsPublished(t *testing.T) {
	h := &fullHost{roomAt: 4}
	null := hclog.NewNullLogger()
	s := New(Config{Machine: machine.New("ffmpeg", null), Log: null}, h)
	h.films = s
	sig := &signal{}
	sig.file.Name, sig.file.Signal = "news.mp4", "news"
	for range h.roomAt {
		s.mayHeal(t.Context(), sig, s.air(t.Context(), sig, mezzanine.Mezzanine{}))
	}
	want := []event.FilmState{event.FilmAired, event.FilmWaiting, event.FilmWaiting, event.FilmWaiting, event.FilmAired}
	if !slices.Equal(h.seen, want) {
		t.Errorf("got %v, want %v", h.seen, want)
	}
}
