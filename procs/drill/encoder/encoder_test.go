package encoder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/keys"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// standIn is a program in the place of FFmpeg, which writes its arguments to its standard
// error and then waits.
const standIn = "#!/bin/sh\necho \"started $*\" >&2\nexec sleep 600\n"

// crewOf is a crew whose FFmpeg is the stand-in, with its folder of logs.
func crewOf(t *testing.T) (*Crew, string) {
	t.Helper()
	dir := t.TempDir()
	ffmpeg := filepath.Join(dir, "ffmpeg")
	syscall.ForkLock.RLock() // a process that is started meanwhile would hold it open for writing
	err := os.WriteFile(ffmpeg, []byte(standIn), 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Start(Options{
		Signals: signals.List{
			{Name: "stage", Inputs: []signals.Input{{Name: "main", RTMP: &signals.RTMP{}}, {Name: "backup", SRT: &signals.SRT{Port: 9}}, {Name: "film", URL: "/film.mp4"}}},
			{Name: "hall", Inputs: []signals.Input{{Name: "main", UDP: "127.0.0.1:7"}}},
		},
		Places: keys.Places{Host: "127.0.0.1", RTMP: 1935}, State: filepath.Join(dir, "state"), Logs: filepath.Join(dir, "logs"), FFmpeg: ffmpeg,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c, filepath.Join(dir, "logs")
}

func await(t *testing.T, what string, look func() error) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) { // between two looks
		err := look()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// running waits until an encoder runs in another process than before.
func (e *Encoder) running(t *testing.T, before *child.Child) *child.Child {
	t.Helper()
	var now *child.Child
	await(t, "a process", func() error {
		e.mu.Lock()
		defer e.mu.Unlock()
		if now = e.process; now == nil || now == before {
			return errors.New("none yet")
		}
		return nil
	})
	return now
}

func TestEachInputThatTakesAnEncoderHasOne(t *testing.T) {
	c, logs := crewOf(t)
	if c.First() != "stage" || len(c.Of("stage")) != 2 || len(c.Of("hall")) != 1 || len(c.Of("other")) != 0 {
		t.Errorf("got %s, %d, %d and %d", c.First(), len(c.Of("stage")), len(c.Of("hall")), len(c.Of("other")))
	}
	for file, want := range map[string]string{"stage-main": "-f flv rtmp://127.0.0.1:1935/live/", "stage-backup": "-f mpegts srt://127.0.0.1:9?", "hall-main": "udp://127.0.0.1:7"} {
		await(t, file, func() error {
			b, err := os.ReadFile(filepath.Join(logs, "encoder-"+file+".log"))
			if err == nil && !strings.Contains(string(b), want) {
				err = fmt.Errorf("got %s, want %s in it", b, want)
			}
			return err
		})
	}
	var none *Crew
	if _, found := none.Signal("stage"); found || none.First() != "" || none.Of("stage") != nil || none.Stop() != nil {
		t.Error("no crew has something")
	}
	if s, found := c.Signal("hall"); !found || s.Name != "hall" {
		t.Errorf("got %v, %t", s, found)
	}
}

func TestAnEncoderComesBackUnlessItIsToStayAway(t *testing.T) {
	c, _ := crewOf(t)
	e := c.Of("stage")[0]
	first := e.running(t, nil)
	if err := e.Kill(); err != nil {
		t.Fatal(err)
	}
	second := e.running(t, first)
	if err := e.Leave(); err != nil {
		t.Fatal(err)
	}
	await(t, "it is away", func() error {
		if err := e.Freeze(); err == nil {
			return errors.New("it runs")
		}
		return nil
	})
	if e.current() != nil {
		t.Error("it has come back by itself")
	}
	e.Return()
	e.running(t, second)
}

func TestAnEncoderSendsAnotherFeed(t *testing.T) {
	c, logs := crewOf(t)
	e := c.Of("stage")[0]
	first := e.running(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := e.Send(ctx, Feed{Size: "320x180"}); err != nil {
		t.Fatal(err)
	}
	if got := first.Exit().Signal; got != syscall.SIGTERM {
		t.Errorf("it was ended by %v, want SIGTERM", got)
	}
	e.running(t, first)
	await(t, "the other feed", func() error {
		b, err := os.ReadFile(filepath.Join(logs, "encoder-stage-main.log"))
		if err == nil && !strings.Contains(string(b), "s=320x180") {
			err = fmt.Errorf("got %s", b)
		}
		return err
	})
}

func TestAnEncoderThatIsSupersededKeepsItsConnection(t *testing.T) {
	c, _ := crewOf(t)
	e := c.Of("stage")[0]
	first := e.running(t, nil)
	if err := e.Supersede(); err != nil {
		t.Fatal(err)
	}
	e.running(t, first)
	select {
	case <-first.Done():
		t.Error("the first one has ended")
	default:
	}
	if err := e.DropOld(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-first.Done():
	default:
		t.Error("the first one has not ended")
	}
	if err := e.DropOld(); err != nil {
		t.Errorf("a second time: %v", err)
	}
}
