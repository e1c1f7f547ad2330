package transcoder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/worker/ffmpeg"
)

func TestHDRThatTellsLittleOfItselfIsAired(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	for _, c := range []struct{ transfer, matrix string }{{"smpte2084", "bt2020nc"}, {"arib-std-b67", "unknown"}, {"smpte2084", "bt2020c"}} {
		file := filepath.Join(t.TempDir(), "film.mp4")
		run(t, "-f", "lavfi", "-i", "color=c=gray:s=64x36:r=25:d=2", "-vf", "setparams=color_primaries=unknown", "-c:v", "libx264", "-preset", "ultrafast",
			"-pix_fmt", "yuv420p10le", "-color_trc", c.transfer, "-colorspace", c.matrix, file)
		if _, err := tr.Make(t.Context(), fileOf(t, file)); err != nil {
			t.Errorf("transfer %s, matrix %s: %v", c.transfer, c.matrix, err)
		}
	}
}

func TestAHalfFilmIsAiredAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "8", "8", "-g", "25", "-movflags", "+faststart")
	b, err := os.ReadFile(f.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.File, b[:len(b)*6/10], 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := tr.Make(t.Context(), fileOf(t, f.File))
	if err != nil {
		t.Fatal(err)
	}
	if m.Turn >= 8*time.Second || len(m.Remarks) == 0 || !strings.Contains(m.Remarks[0], "partial file") {
		t.Errorf("got a turn of %s, remarks %q, want what is missing", m.Turn, m.Remarks)
	}
}

func TestWhatIsNoFilmIsRefusedWithFFmpegsFirstWord(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "2", "2")
	if err := os.Truncate(f.File, f.Size*8/10); err != nil {
		t.Fatal(err)
	}
	_, err := tr.Make(t.Context(), fileOf(t, f.File))
	if bad := (*Unfit)(nil); !errors.As(err, &bad) || !strings.HasSuffix(err.Error(), "moov atom not found") {
		t.Errorf("an unfinished copy: got %v, want the film's fault: moov atom not found", err)
	}
	if left, _ := os.ReadDir(tr.config.Cache); len(left) != 0 {
		t.Errorf("%v is left in the cache", left)
	}
}

func TestAMachineWithoutAnEncoderIsNoFaultOfTheFilm(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "2", "2")
	tr.config.FFmpeg = filepath.Join(t.TempDir(), "ffmpeg")
	script := "#!/bin/sh\necho 'ffmpeg: error while loading shared libraries: libx264.so.164: cannot open shared object file: No such file or directory' >&2\nexit 127\n"
	syscall.ForkLock.RLock() // a process that starts meanwhile would hold it open: "text file busy"
	err := os.WriteFile(tr.config.FFmpeg, []byte(script), 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	_, err = tr.Make(t.Context(), f)
	if machine := (*ffmpeg.Machine)(nil); !errors.As(err, &machine) || !strings.Contains(err.Error(), "libx264-164") {
		t.Errorf("got %v, want the machine's fault and the package libx264-164", err)
	}
}

func TestTheCacheKnowsAFilmByItsContent(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "2", "")
	if _, ok := tr.Cached(f); ok {
		t.Fatal("an empty cache has it")
	}
	made, err := tr.Make(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(filepath.Dir(f.File), "other.mp4")
	if err := os.Rename(f.File, other); err != nil {
		t.Fatal(err)
	}
	if m, ok := tr.Cached(fileOf(t, other)); !ok || m.Folder() != made.Folder() {
		t.Error("another name of the file is another film")
	}
}

func TestAnExcerptIsAMinute(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	m, err := tr.Excerpt(t.Context(), filmOf(t, "film.mkv", "-f", "lavfi", "-i", "color=s=64x36:r=25:d=70", "-f", "lavfi", "-i", "anullsrc=d=70"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Turn != time.Minute || !m.Excerpt {
		t.Errorf("got a turn of %s, excerpt %v, want a minute", m.Turn, m.Excerpt)
	}
	if len(m.Remarks) != 0 {
		t.Errorf("got remarks %q, want no remark: the minute is whole", m.Remarks)
	}
}

func TestTheTestFilmIsItsOwnMezzanine(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	file := filepath.Join(t.TempDir(), "live01.mp4")
	if err := tr.TestFilm(t.Context(), "live01", file); err != nil {
		t.Fatal(err)
	}
	m, ok := tr.Cached(fileOf(t, file))
	if !ok || m.Turn != testFilmLength || m.Loop != testFilmLength {
		t.Errorf("got cached %v, turn %s, loop %s, want %s", ok, m.Turn, m.Loop, testFilmLength)
	}
	if left, _ := filepath.Glob(tr.config.Cache + "/test-film*"); len(left) != 0 {
		t.Errorf("%v is left in the cache", left)
	}
}

func TestACancelledConversionLeavesNothing(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "2", "2")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tr.Make(ctx, f); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	if left, _ := os.ReadDir(tr.config.Cache); len(left) != 0 {
		t.Errorf("%v is left in the cache", left)
	}
}
