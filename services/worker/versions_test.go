package worker

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
)

func TestANewVersionOfAFilmTakesOverWithADiscontinuity(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	file := filepath.Join(a.input, "live01.mp4")
	replace := func(write func(temp string) error) {
		t.Helper()
		temp := filepath.Join(a.input, ".temp")
		if err := write(temp); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(temp, file); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-time.Hour) // else it looks like a copy that goes on
	replace(func(temp string) error {
		return errors.Join(os.WriteFile(temp, []byte("not a film"), 0o644), os.Chtimes(temp, long, long))
	})
	await(t, "the bad version is refused", func() bool {
		return a.said("new version of the film refused", "its new version is refused: ", "file=live01.mp4", "state=aired")
	})
	a.awaitMSN("live01", a.playlist("live01").LastMSN()+1)
	if ok, reason := a.s.Ready(); !ok {
		t.Errorf("while the former version plays: not ready: %s", reason)
	}
	replace(func(temp string) error { return os.Link(film(t, "other"), temp) })
	var p *m3u8.MediaPlaylist
	await(t, "a discontinuity", func() bool {
		p = a.playlist("live01")
		return slices.ContainsFunc(p.Segments, func(s m3u8.Segment) bool { return s.Discontinuity })
	})
	at := slices.IndexFunc(p.Segments, func(s m3u8.Segment) bool { return s.Discontinuity })
	if p.Segments[at-1].Map.URI == p.Segments[at].Map.URI {
		t.Error("the discontinuity is not where the film changes")
	}
	noneMissing(t, a.published("live01"))
}

func TestAFilmThatVanishesEndsItsSignalAlone(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film", "live02.mp4": "other"})
	a.start().full("live01", "live02")
	stranger := filepath.Join(a.output, "live02", "notes.txt")
	if err := os.WriteFile(stranger, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	a.remove("live02.mp4")
	await(t, "its playlist has ended", func() bool {
		b, err := os.ReadFile(filepath.Join(a.output, "live02", media.PlaylistName))
		return err == nil && strings.HasSuffix(string(b), "#EXT-X-ENDLIST\n")
	})
	if got := len(a.playlist("live02").Segments); got != 10 {
		t.Errorf("the last playlist lists %d segments, want all 10", got)
	}
	a.keptLongEnough("live02")
	await(t, "what it left is removed but the stranger's file", func() bool {
		entries, err := os.ReadDir(filepath.Join(a.output, "live02"))
		return err == nil && len(entries) == 1 && entries[0].Name() == "notes.txt"
	})
	if n := len(a.log.find("file is gone", "file=live02.mp4", "signal=live02", "state=gone")); n != 1 {
		t.Errorf("said %d times that it is gone, want once", n)
	}
	a.awaitMSN("live01", a.playlist("live01").LastMSN()+1)
	if ok, reason := a.s.Ready(); !ok {
		t.Errorf("not ready: %s", reason)
	}
	noneMissing(t, a.published("live01"))
	a.link("live02.mp4", "other")
	a.full("live02")
}

func TestARenamedFilmEndsOneSignalAndBeginsAnother(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	if err := os.Rename(filepath.Join(a.input, "live01.mp4"), filepath.Join(a.input, "My Movie (1).mp4")); err != nil {
		t.Fatal(err)
	}
	a.full("my-movie-1")
	await(t, "the old signal ends", func() bool {
		b, err := os.ReadFile(filepath.Join(a.output, "live01", media.PlaylistName))
		return err == nil && strings.Contains(string(b), "#EXT-X-ENDLIST")
	})
	if made := a.log.find("my-movie-1: making the mezzanine"); len(made) > 0 {
		t.Error("a mezzanine was made though the film is the same")
	}
	// Another format of the same name goes on with the signal.
	if err := os.Rename(filepath.Join(a.input, "My Movie (1).mp4"), filepath.Join(a.input, "my-movie-1.mkv")); err != nil {
		t.Fatal(err)
	}
	await(t, "the file to be on air", func() bool {
		return len(a.log.find("film is on air", "file=my-movie-1.mkv", "signal=my-movie-1")) == 1
	})
	a.awaitMSN("my-movie-1", a.playlist("my-movie-1").LastMSN()+1)
	noneMissing(t, a.published("my-movie-1"))
}
