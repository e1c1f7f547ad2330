package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/test/harness"
)

// TestFilmsComeAndGoUnderPlayersOfAnother copies a film in two halves, and replaces,
// renames and removes films, while players of another film notice nothing.
func TestFilmsComeAndGoUnderPlayersOfAnother(t *testing.T) {
	harness.Parallel(t)
	env := harness.Settings(t)
	in := func(name string) string { return filepath.Join(env["INPUT_STREAM_PATH"], name) }
	film, err := os.ReadFile(in("live01.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(in(name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("gone.mp4", film)
	put("My Movie (1).mp4", film)
	p := harness.Launch(t, env)
	p.AwaitOnAir(harness.Every...)
	awaitSignal(t, p, "gone")
	awaitSignal(t, p, "my-movie-1")
	players := harness.Gather(t, p.PlaylistURL(), 3, nil)

	put("half.mp4", film[:len(film)/2])
	p.Await(20*time.Second, "the half copy is waited for", func() error { return filmIs(t, p, "half.mp4", event.FilmWaiting) })
	put("half.mp4", film)
	awaitSignal(t, p, "half")

	before, err := harness.Playlist(p.SignalURL("my-movie-1"))
	if err != nil {
		t.Fatal(err)
	}
	put("new version", film) // its name is not a film's
	p.Await(20*time.Second, "what is no film is passed over", func() error { return filmIs(t, p, "new version", event.FilmPassed) })
	if err := os.Rename(in("new version"), in("My Movie (1).mp4")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(in("half.mp4"), in("whole.mp4")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(in("gone.mp4")); err != nil {
		t.Fatal(err)
	}
	removed := time.Now()
	awaitSignal(t, p, "whole")
	for _, signal := range []string{"half", "gone"} {
		p.Await(30*time.Second, signal+" has ended", func() error {
			list, err := harness.Playlist(p.SignalURL(signal))
			if err == nil && !list.EndList {
				err = errors.New("its playlist has no EXT-X-ENDLIST")
			}
			return err
		})
	}
	p.Await(30*time.Second, "the replaced film goes on upwards", func() error {
		now, err := harness.Playlist(p.SignalURL("my-movie-1"))
		if err == nil && now.LastMSN() < before.LastMSN()+5 {
			err = fmt.Errorf("newest msn: got %d, was %d", now.LastMSN(), before.LastMSN())
		}
		return err
	})
	p.Await(20*time.Second, "what has ended is no signal", func() error {
		_, b, err := harness.Get(p.Base("ORIGIN_PORT") + "/signals")
		if err == nil && (bytes.Contains(b, []byte(`"gone"`)) || bytes.Contains(b, []byte(`"half"`)) || !bytes.Contains(b, []byte(`"whole"`))) {
			err = fmt.Errorf("signals: got %s", b)
		}
		return err
	})
	if harness.Soaking() {
		awaitGone(t, p, removed.Add(time.Minute+5*time.Second), "half", "gone")
	}
	harness.WantNoStall(t, players.Leave())
	for _, line := range p.Logged() {
		if strings.Contains(line, `"outage":`) {
			t.Errorf("an outage was told: %s", line)
		}
	}
}

// awaitGone waits until signals that have ended are 404 and have no folder.
func awaitGone(t *testing.T, p *harness.Platform, deadline time.Time, signals ...string) {
	t.Helper()
	p.Await(time.Until(deadline), "what has ended is 404", func() error {
		for _, signal := range signals {
			if status, _, err := harness.Get(p.SignalURL(signal)); status != http.StatusNotFound {
				return fmt.Errorf("%s: got status %d, %v", signal, status, err)
			}
			if _, err := os.Stat(filepath.Join(p.Env["OUTPUT_STREAM_PATH"], signal)); !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("the folder of %s: got %v, want none", signal, err)
			}
		}
		return nil
	})
}

// awaitSignal waits until the proxy lists a signal.
func awaitSignal(t *testing.T, p *harness.Platform, signal string) {
	t.Helper()
	p.Await(time.Minute, signal+" on air", func() error {
		list, err := harness.Playlist(p.SignalURL(signal))
		if err == nil && list.EndList {
			err = errors.New("it has ended")
		}
		return err
	})
}

// filmIs is nil when a file in the input folder is in a state.
func filmIs(t *testing.T, p *harness.Platform, file string, want event.FilmState) error {
	s, err := harness.CtlStatus(t, p.Env)
	if err != nil {
		return err
	}
	for _, f := range s.Films {
		if f.File == file {
			if f.State != want {
				return fmt.Errorf("%s is %s: %s", file, f.State, f.Reason)
			}
			return nil
		}
	}
	return fmt.Errorf("%s has no line", file)
}
