package main

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
)

// TestFilmsComeAndGoUnderPlayersOfAnother copies a film in two halves, replaces,
// renames and removes films while players watch another one: they notice nothing.
func TestFilmsComeAndGoUnderPlayersOfAnother(t *testing.T) {
	t.Parallel() // it waits more than it works
	env := settings(t)
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
	p := launch(t, env)
	p.awaitOnAir(everyProcess...)
	p.awaitSignal("gone")
	p.awaitSignal("my-movie-1")
	players := gather(t, p, 3)

	put("half.mp4", film[:len(film)/2])
	p.await(20*time.Second, "the half copy is waited for", func() error { return p.film("half.mp4", event.FilmWaiting) })
	put("half.mp4", film)
	p.awaitSignal("half")

	before, err := playlist(p.signalURL("my-movie-1"))
	if err != nil {
		t.Fatal(err)
	}
	put("new version", film) // no film by its name
	p.await(20*time.Second, "what is no film is passed over", func() error { return p.film("new version", event.FilmPassed) })
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
	p.awaitSignal("whole")
	for _, signal := range []string{"half", "gone"} {
		p.await(30*time.Second, signal+" has ended", func() error {
			list, err := playlist(p.signalURL(signal))
			if err == nil && !list.EndList {
				err = errors.New("its playlist has no EXT-X-ENDLIST")
			}
			return err
		})
	}
	p.await(30*time.Second, "the replaced film goes on upwards", func() error {
		now, err := playlist(p.signalURL("my-movie-1"))
		if err == nil && now.LastMSN() < before.LastMSN()+5 {
			err = fmt.Errorf("newest msn: got %d, was %d", now.LastMSN(), before.LastMSN())
		}
		return err
	})
	p.await(20*time.Second, "what has ended is no signal", func() error {
		_, b, err := get(p.base("ORIGIN_PORT") + "/signals")
		if err == nil && (bytes.Contains(b, []byte(`"gone"`)) || bytes.Contains(b, []byte(`"half"`)) || !bytes.Contains(b, []byte(`"whole"`))) {
			err = fmt.Errorf("signals: got %s", b)
		}
		return err
	})
	if soaking() {
		p.await(time.Until(removed.Add(time.Minute+5*time.Second)), "what has ended is 404", func() error {
			for _, signal := range []string{"half", "gone"} {
				if status, _, err := get(p.signalURL(signal)); status != http.StatusNotFound {
					return fmt.Errorf("%s: got status %d, %v", signal, status, err)
				}
				if _, err := os.Stat(filepath.Join(env["OUTPUT_STREAM_PATH"], signal)); !errors.Is(err, os.ErrNotExist) {
					return fmt.Errorf("the folder of %s: got %v, want none", signal, err)
				}
			}
			return nil
		})
	}
	wantNoStall(t, players.leave())
	for _, line := range p.logged() {
		if strings.Contains(line, `"outage":`) {
			t.Errorf("an outage was told: %s", line)
		}
	}
}

func (p *platform) signalURL(signal string) string {
	return p.base("PROXY_PORT") + "/" + signal + "/playlist.m3u8"
}

// awaitSignal waits until the proxy lists a signal.
func (p *platform) awaitSignal(signal string) {
	p.t.Helper()
	p.await(time.Minute, signal+" on air", func() error {
		list, err := playlist(p.signalURL(signal))
		if err == nil && list.EndList {
			err = errors.New("it has ended")
		}
		return err
	})
}

// film returns nil where a file in the input folder is in a state.
func (p *platform) film(file string, want event.FilmState) error {
	s, err := ctlStatus(p.t, p.env)
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
