package films

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/worker/input"
)

// fakeHost airs nothing. Its names are those that another input has.
type fakeHost map[string]string

func (f fakeHost) Claim([]string) map[string]string      { return f }
func (fakeHost) Air(context.Context, input.Airing) error { return errors.New("it airs nothing") }
func (fakeHost) End(context.Context, string)             {}
func (fakeHost) Go(func())                               {}

func TestAFilmThatIsMissedOnceIsStillThere(t *testing.T) {
	l := &servicetest.Log{}
	s := New(Config{Path: t.TempDir(), Log: hclog.New(&hclog.LoggerOptions{JSONFormat: true, Output: l})}, fakeHost{})
	ended := make(chan struct{})
	close(ended)
	s.signals["live01.mp4"] = &signal{cancel: func() {}, done: ended}
	s.signals["live01.mp4"].file.Name = "live01.mp4"
	s.outcomes.note(outcome{Film: event.Film{File: "live01.mp4", State: event.FilmAired}})
	for look, want := range []bool{true, false, false} {
		s.Look(t.Context())
		if _, there := s.signals["live01.mp4"]; there != want || l.Count("file is gone") > 0 == want {
			t.Errorf("look %d: there: %t, want %t", look+1, there, want)
		}
	}
}

func TestAFilmHasToGiveWayToAnotherInputsSignal(t *testing.T) {
	dir, l := t.TempDir(), &servicetest.Log{}
	file, long := filepath.Join(dir, "camera.mp4"), time.Now().Add(-time.Hour)
	if err := errors.Join(os.WriteFile(file, []byte("film"), 0o644), os.Chtimes(file, long, long)); err != nil {
		t.Fatal(err)
	}
	taken := fakeHost{"camera": "cameras"}
	s := New(Config{Path: dir, Log: hclog.New(&hclog.LoggerOptions{JSONFormat: true, Output: l})}, taken)
	s.Look(t.Context())
	if n := l.Count("film refused, the others go on"); n != 1 || len(s.signals) != 0 {
		t.Errorf("refused %d times, %d signals, want it refused once", n, len(s.signals))
	}
	delete(taken, "camera")
	s.Look(t.Context())
	if len(s.signals) != 1 {
		t.Errorf("%d signals once the name is free, want the film's", len(s.signals))
	}
}
