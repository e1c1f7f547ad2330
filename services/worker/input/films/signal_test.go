package films

import (
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/worker/machine"
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
	}{
		{"just changed", time.Second, moov, true, stageWaiting},
		{"changed long ago", time.Hour, moov, false, stageRefused},
		{"another reason", time.Second, &transcoder.Unfit{Err: errors.New("it has no picture")}, false, stageRefused},
		{"no fault of the film", time.Hour, errors.New("no space left on device"), true, stageWaiting},
	} {
		sig := &signal{}
		sig.file.Name, sig.file.Modified = c.name, time.Now().Add(-c.modified)
		if again := s.mayHeal(t.Context(), sig, c.err); again != c.again || sig.stage != c.want {
			t.Errorf("%s: got %t and stage %d, want %t and %d", c.name, again, sig.stage, c.again, c.want)
		}
	}
}
