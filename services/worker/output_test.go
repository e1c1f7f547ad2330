package worker

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
)

func TestASignalComesBackWhenItsFolderCanBeMade(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film", "live02.mp4": "other"})
	blocked := filepath.Join(a.output, "live02")
	if err := os.Mkdir(a.output, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	a.start()
	await(t, "the error is said", func() bool {
		return a.said("film waits", "not a directory", "signal=live02")
	})
	await(t, "the other is on air", func() bool {
		_, err := os.Stat(filepath.Join(a.output, "live01", media.PlaylistName))
		return err == nil
	})
	a.ready() // one signal that fails makes no other's word worse
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	a.full("live02")
	if got := len(a.playlist("live02").Segments); got != 10 {
		t.Errorf("%d segments, want 10", got)
	}
}

// What stands in the way of a segment is what a full disk is: it cannot be put in place.
func TestASegmentThatCannotBeWrittenIsNotLost(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	obstacle := ""
	await(t, "an obstacle to stand before its segment does", func() bool {
		obstacle = filepath.Join(a.output, "live01", media.SegmentName(a.playlist("live01").LastMSN()+2))
		return os.MkdirAll(filepath.Join(obstacle, "full"), 0o755) == nil
	})
	await(t, "it is said", func() bool {
		return a.said("signal interrupted, trying again", "a segment cannot be published: ", "signal=live01")
	})
	if err := os.RemoveAll(obstacle); err != nil {
		t.Fatal(err)
	}
	a.awaitMSN("live01", a.playlist("live01").LastMSN()+3)
	noneMissing(t, a.published("live01"))
	a.ready()
}

func TestASecondWorkerOnOneFolderIsRefused(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	b := folders(t, map[string]string{"live01.mp4": "film"})
	b.output = a.output
	b.start()
	err := <-b.err
	b.err <- nil
	var config *service.ConfigError
	if !errors.As(err, &config) {
		t.Fatalf("got %v, want a configuration error", err)
	}
	for _, word := range []string{"process ", "OUTPUT_STREAM_PATH", "RUN_PATH", "STATE_PATH", "PROXY_PORT"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want %s in it", err, word)
		}
	}
	// With a film of its own it runs beside the first, without the one that is taken.
	b.link("live02.mp4", "other")
	b.start().full("live02").ready()
	await(t, "the other film is refused", func() bool {
		return b.said("film refused, the others go on", "is written by process ", "file=live01.mp4")
	})
	a.stop()
	await(t, "it takes over when the first has ended", func() bool { return len(b.log.find("film is on air", "file=live01.mp4")) == 1 })
	noneMissing(t, append(a.published("live01"), b.published("live01")...))
}

func TestAnOutputThatIsRemovedIsMadeAgain(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	before := a.playlist("live01")
	await(t, "the folder to be removed", func() bool { return os.RemoveAll(a.output) == nil }) // it may be written to meanwhile
	a.full("live01")
	p := a.playlist("live01")
	for _, name := range append(uris(p), p.Segments[0].Map.URI) {
		if _, err := os.Stat(filepath.Join(a.output, "live01", name)); err != nil {
			t.Errorf("listed, but not there: %v", err)
		}
	}
	if p.MediaSequence > before.MediaSequence+2 {
		t.Errorf("the window begins at %d, was %d", p.MediaSequence, before.MediaSequence)
	}
	noneMissing(t, a.published("live01"))
	a.goesOn("live01")
}

func TestWhatAFilmLeftBehindKeepsNothingFromComingOnAir(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"})
	left := filepath.Join(a.output, "live09")
	if err := os.MkdirAll(left, 0o755); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	for _, name := range []string{media.PlaylistName, "7.m4s", "init-aa.mp4"} {
		if err := errors.Join(os.WriteFile(filepath.Join(left, name), []byte("x"), 0o644), os.Chtimes(filepath.Join(left, name), long, long)); err != nil {
			t.Fatal(err)
		}
	}
	a.start().ready()
	await(t, "it is removed", func() bool {
		_, err := os.Stat(left)
		return os.IsNotExist(err)
	})
}

func TestAnInputFolderThatIsGoneIsAwaitedWhereSignalsWerePublished(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live02.mp4": "film"})
	a.start().ready()
	a.stop()
	away := a.input + ".away"
	if err := os.Rename(a.input, away); err != nil {
		t.Fatal(err)
	}
	a.start()
	await(t, "it is in the log", func() bool { return len(a.log.find("the input folder is gone, waiting for it")) > 0 })
	if _, err := os.Stat(a.input); !os.IsNotExist(err) {
		t.Errorf("the folder was made: got %v, want none", err)
	}
	if err := os.Rename(away, a.input); err != nil {
		t.Fatal(err)
	}
	a.ready()
	if _, err := os.Stat(filepath.Join(a.input, "live01.mp4")); !os.IsNotExist(err) {
		t.Errorf("the test film was made: got %v, want none", err)
	}
}
