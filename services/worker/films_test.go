package worker

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
)

func TestABadFilmIsRefusedAloneAndSaid(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film", "sound.mkv": "sound", "live01.MP4": "other"})
	bad := []struct{ file, reason string }{
		{"text.mov", ""},
		{"sound.mkv", ""},
		{"empty.mp4", "it is empty"},
		{"dangling.mp4", "it cannot be read: no such file"},
		{"live01.mp4", "signal live01 is live01.MP4 already; rename one of the two"},
	}
	in := func(name string) string { return filepath.Join(a.input, name) }
	whole, err := os.ReadFile(film(t, "film"))
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	for _, err := range []error{
		err,
		os.WriteFile(in("text.mov"), []byte("not a film at all\n"), 0o644),
		os.WriteFile(in("empty.mp4"), nil, 0o644),
		os.Chtimes(in("text.mov"), long, long),
		os.Chtimes(in("empty.mp4"), long, long),
		os.Mkdir(in("folder.mp4"), 0o755), // passed over without a word
		os.Symlink("nowhere", in("dangling.mp4")),
		os.WriteFile(in("notes.txt"), nil, 0o644), // passed over
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if os.Getuid() != 0 { // to root nothing is unreadable
		if err := os.WriteFile(in("secret.mp4"), whole, 0); err != nil {
			t.Fatal(err)
		}
		bad = append(bad, struct{ file, reason string }{"secret.mp4", "it cannot be read: "})
	}
	const message = "film refused, the others go on"
	a.start()
	for _, b := range bad {
		var lines []event.Line
		await(t, b.file+" is refused", func() bool {
			lines = a.log.find(message, "file="+b.file, "event=film", "state=refused")
			return len(lines) > 0
		})
		if got := lines[0].Field("reason"); lines[0].Level != event.LevelWarn || !strings.HasPrefix(got, b.reason) {
			t.Errorf("%s: got %s %q, want a warning that begins with %q", b.file, lines[0].Level, got, b.reason)
		}
	}
	await(t, "the text file is in the log", func() bool { return len(a.log.find("file passed over", "file=notes.txt", "state=passed over")) == 1 })
	a.ready().full("live01")
	if got := a.playlist("live01"); len(got.Segments) != 10 {
		t.Errorf("the good film: %d segments", len(got.Segments))
	}
	if got := len(a.log.find(message)); got != len(bad) {
		t.Errorf("%d films refused, want %d, each once", got, len(bad))
	}
}

func TestAFolderOfNothingButBadFilmsIsNotReadyForThatReason(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "sound"}).start()
	await(t, "refused", func() bool {
		ok, reason := a.s.Ready()
		return !ok && strings.Contains(reason, "live01.mp4 refused: ")
	})
}

func TestTheTestFilmIsMadeOnceAndIsItsOwnMezzanine(t *testing.T) {
	t.Parallel()
	a := folders(t, nil)
	a.cache = filepath.Join(t.TempDir(), "cache")
	a.start().ready()
	if got := len(a.log.find("no film in the input folder: making a test film there")); got != 1 {
		t.Errorf("said %d times that a test film is made, want once", got)
	}
	if got := a.log.find("live01: making the test film", "event=progress"); len(got) < 2 {
		t.Errorf("%d signs of progress, want some", len(got))
	}
	if got := a.log.find("live01: making the mezzanine"); len(got) > 0 {
		t.Error("the test film was encoded a second time")
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", filepath.Join(a.input, "live01.mp4")).Output()
	if err != nil || !strings.HasPrefix(string(out), "24.0") {
		t.Errorf("length of the test film: got %s, %v, want 24 s", out, err)
	}
	if left, err := filepath.Glob(filepath.Join(a.cache, "*.making")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}
