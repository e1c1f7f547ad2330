package process

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/inputtest"
)

// script is a program that runs a shell script; $film is a film in MPEG-TS.
func script(t *testing.T, text string) []string {
	t.Helper()
	film := inputtest.Film(t, "film.ts", inputtest.Signal{Length: time.Second})
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nfilm="+film+"\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return []string{path}
}

func spawner(t *testing.T) *child.Spawner {
	t.Helper()
	s := child.NewSpawner()
	t.Cleanup(s.Close)
	return s
}

func runOnce(t *testing.T, c Command) (*inputtest.Sink, Result) {
	t.Helper()
	sink := inputtest.NewSink()
	r, err := c.Run(t.Context(), spawner(t), sink)
	if err != nil {
		t.Fatal(err)
	}
	return sink, r
}

func TestWhatAProgramGivesIsAConnection(t *testing.T) {
	sink, r := runOnce(t, Command{Argv: script(t, "cat $film\n"), About: input.About{Encoder: "cat"}})
	if !r.Gave || r.Silent || r.Exit != (child.Exit{}) {
		t.Errorf("got %+v, want an end without an error", r)
	}
	c := sink.Connections()[0]
	if closed, why := c.Closed(); !closed || why != nil || len(c.Samples()) < 25 || c.About.Encoder != "cat" {
		t.Errorf("got %t, %v, %d samples of %+v", closed, why, len(c.Samples()), c.About)
	}
}

func TestAProgramThatGivesNothingIsNoConnection(t *testing.T) {
	var said []string
	sink, r := runOnce(t, Command{Argv: script(t, "echo no luck >&2\nexit 3\n"), Says: func(l string) { said = append(said, l) }})
	if r.Gave || r.Exit.Code != 3 || len(sink.Connections()) != 0 {
		t.Errorf("got %+v and %d connections", r, len(sink.Connections()))
	}
	if strings.Join(said, "|") != "no luck" {
		t.Errorf("it said %q", said)
	}
}

func TestAProgramThatFallsSilentIsEnded(t *testing.T) {
	sink, r := runOnce(t, Command{Argv: script(t, "cat $film\nexec sleep 3600\n"), Silence: 100 * time.Millisecond})
	if !r.Gave || !r.Silent {
		t.Errorf("got %+v, want that it fell silent", r)
	}
	if _, why := sink.Connections()[0].Closed(); !errors.Is(why, ErrSilent) {
		t.Errorf("the connection ended: %v", why)
	}
}

func TestAProgramThatDoesNotBeginIsEnded(t *testing.T) {
	sink, r := runOnce(t, Command{Argv: script(t, "exec sleep 3600\n"), Begin: 100 * time.Millisecond})
	if r.Gave || !r.Silent || len(sink.Connections()) != 0 {
		t.Errorf("got %+v, want that it gave nothing", r)
	}
}

func TestNotesGoToTheConnectionAndStdinToTheProgram(t *testing.T) {
	var notes []string
	_, _ = runOnce(t, Command{
		Argv: script(t, "cat $film\nread word\nwhile echo \"$word\" >&3; do sleep .05; done\n"), Stdin: "secret\n", Silence: time.Second,
		Notes: func(l string, c input.Connection) { notes = append(notes, l) },
	})
	// Those before the connection opens are dropped.
	if len(notes) == 0 || notes[0] != "secret" {
		t.Errorf("got the notes %q", notes)
	}
}

func TestAProgramEndsWithItsContextAndWithItsSuccessor(t *testing.T) {
	for name, end := range map[string]func(cancel func(), sink *inputtest.Sink){
		"context":   func(cancel func(), _ *inputtest.Sink) { cancel() },
		"successor": func(_ func(), sink *inputtest.Sink) { sink.Open(input.About{}) },
	} {
		t.Run(name, func(t *testing.T) {
			sink := inputtest.NewSink()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := Command{Argv: script(t, "cat $film\nexec sleep 3600\n")}
			s, ended := spawner(t), make(chan Result, 1)
			go func() {
				r, _ := c.Run(ctx, s, sink)
				ended <- r
			}()
			sink.AwaitConnection(t, 0, 1)
			end(cancel, sink)
			select {
			case r := <-ended:
				if r.Silent || !r.Gave {
					t.Errorf("got %+v", r)
				}
			case <-time.After(inputtest.Patience):
				t.Fatal("it does not end")
			}
			want := map[string]error{"context": errStopped, "successor": errSuperseded}[name]
			if _, why := sink.Connections()[0].Closed(); !errors.Is(why, want) {
				t.Errorf("the connection ended: %v, want %v", why, want)
			}
		})
	}
}

func TestAProgramThatIsNotThereIsAnError(t *testing.T) {
	if _, err := (Command{Argv: []string{"/nowhere/program"}}).Run(t.Context(), spawner(t), inputtest.NewSink()); err == nil {
		t.Error("got no error")
	}
}

func TestNoProgramIsGivenSecrets(t *testing.T) {
	for _, name := range []string{"ADMIN_TOKEN", "INGEST_TOKEN", "SIGNALS"} {
		t.Setenv(name, "hush")
	}
	var said []string
	_, _ = runOnce(t, Command{Argv: script(t, "env >&2\n"), Says: func(l string) { said = append(said, l) }})
	if text := strings.Join(said, "\n"); strings.Contains(text, "hush") || !strings.Contains(text, "PATH=") {
		t.Errorf("its environment is %s", text)
	}
}
