package worker

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
	"livestream-tui/services/runner"
)

// newTestStudio returns a studio with a cache and a log of its own.
func newTestStudio(t *testing.T, cache string) (*studio, *log) {
	t.Helper()
	spawner := child.NewSpawner()
	t.Cleanup(spawner.Close)
	c, err := ConfigFromEnv(runner.Environment{"HOME": t.TempDir(), "CACHE_PATH": cache})
	if err != nil {
		t.Fatal(err)
	}
	l := &log{}
	s, err := newStudio(c, spawner, newProgress(hclog.New(&hclog.LoggerOptions{JSONFormat: true, Output: l}), false))
	if err != nil {
		t.Fatal(err)
	}
	return s, l
}

func inputOf(t *testing.T, file string) input {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return input{Signal: "live01", File: file, Size: info.Size(), Modified: info.ModTime()}
}

func TestTwoStudiosMakeAMezzanineOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := inputOf(t, film(t, "other"))
	var made [2]mezzanine
	var logs [2]*log
	var work sync.WaitGroup
	for i := range made {
		var s *studio
		s, logs[i] = newTestStudio(t, filepath.Join(dir, "cache"))
		work.Go(func() {
			var err error
			if made[i], err = s.mezzanine(t.Context(), in); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if made[0] != made[1] || made[0].Length != 8*time.Second || !strings.HasSuffix(made[0].File, "-8s.mp4") {
		t.Errorf("got %+v", made)
	}
	makers := 0
	for _, l := range logs {
		if len(l.find("live01: making the mezzanine", "percent=0")) > 0 {
			makers++
		}
	}
	if makers != 1 {
		t.Errorf("%d studios made it, want one", makers)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "cache", "*.making")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestAMezzanineEndsOnTheGrid(t *testing.T) {
	t.Parallel()
	s, _ := newTestStudio(t, filepath.Join(t.TempDir(), "cache"))
	m, err := s.mezzanine(t.Context(), inputOf(t, film(t, "film")))
	if err != nil {
		t.Fatal(err)
	}
	s.config.FFprobe = "/nowhere/ffprobe" // a start with a cached mezzanine is to cost nothing
	if again, err := s.mezzanine(t.Context(), inputOf(t, film(t, "film"))); err != nil || again != m {
		t.Errorf("from the cache: got %+v, %v", again, err)
	}
	for stream, want := range map[string]string{"v:0": "200,720000,90000", "a:0": "375,384000,48000"} {
		out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", stream, "-show_entries", "stream=duration_ts,nb_frames,time_base", "-of", "default=nw=1", m.File).Output()
		values := map[string]string{}
		for line := range strings.Lines(string(out)) {
			k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
			values[k] = v
		}
		if got := values["nb_frames"] + "," + values["duration_ts"] + "," + strings.TrimPrefix(values["time_base"], "1/"); err != nil || got != want {
			t.Errorf("%s: got %s (%v), want %s", stream, got, err, want)
		}
	}
	keys, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v", "-skip_frame", "nokey", "-show_entries", "frame=pts_time", "-of", "csv=p=0", m.File).Output()
	if got := strings.Join(strings.Fields(strings.ReplaceAll(string(keys), ",", " ")), " "); err != nil || got != "0.000000 2.000000 4.000000 6.000000" {
		t.Errorf("key frames at %s (%v), want one at each segment's start", got, err)
	}
}

func TestKeyTellsVersionsApart(t *testing.T) {
	dir := t.TempDir()
	now := time.Now().Truncate(time.Second)
	keyOf := func(content []byte, modified time.Time) string {
		t.Helper()
		file := filepath.Join(dir, "film.mp4")
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, modified, modified); err != nil {
			t.Fatal(err)
		}
		k, err := key(inputOf(t, file))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	content := bytes.Repeat([]byte{1}, 3<<20)
	changed := func(at int) []byte {
		b := bytes.Clone(content)
		b[at]++
		return b
	}
	base := keyOf(content, now)
	if keyOf(content, now) != base {
		t.Error("the same film has another key")
	}
	for name, k := range map[string]string{
		"size": keyOf(content[1:], now), "time": keyOf(content, now.Add(time.Second)),
		"head": keyOf(changed(0), now), "tail": keyOf(changed(len(content)-1), now),
	} {
		if k == base {
			t.Errorf("another %s has the same key", name)
		}
	}
}

// FFmpeg takes the names in a list as relative to the list.
func TestARelativeCacheIsMadeAbsolute(t *testing.T) {
	t.Chdir(t.TempDir())
	s, _ := newTestStudio(t, "cache")
	if m := s.place("a", 8*time.Second); !filepath.IsAbs(m.File) || filepath.Dir(m.list()) != filepath.Dir(m.File) {
		t.Errorf("got %s and %s", m.File, m.list())
	}
}

func TestOnlyAWholeNameIsAKnownMezzanine(t *testing.T) {
	dir := t.TempDir()
	s, _ := newTestStudio(t, dir)
	for _, name := range []string{"a-9s.mp4", "a-0s.mp4", "a--8s.mp4", "a-8s.mp4.lock", "a-8s.ffconcat", "ab-8s.mp4", "a-.mp4"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if m, ok := s.known("a"); ok {
		t.Errorf("got %+v", m)
	}
	if m, ok := s.known("ab"); !ok || m != (mezzanine{filepath.Join(dir, "ab-8s.mp4"), 8 * time.Second}) {
		t.Errorf("got %+v, %t", m, ok)
	}
}

func TestALockIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	none := func() { t.Error("waited for a free lock") }
	unlock, err := lockFile(t.Context(), path, none)
	if err != nil {
		t.Fatal(err)
	}
	// Another open of the file stands for another process.
	waiting := make(chan struct{}, 1)
	got := make(chan error, 1)
	go func() {
		again, err := lockFile(t.Context(), path, func() {
			select {
			case waiting <- struct{}{}:
			default:
			}
		})
		if err == nil {
			again()
		}
		got <- err
	}()
	select {
	case <-waiting:
	case <-time.After(patienceOfTests):
		t.Fatal("a lock that is held is not waited for")
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := lockFile(ctx, path, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while waiting: got %v", err)
	}
	unlock()
	select {
	case err := <-got:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patienceOfTests):
		t.Error("the lock is never given on")
	}
}

func TestWhatIsNotTheFilmsFaultIsTriedAgain(t *testing.T) {
	for said, final := range map[string]bool{
		"moov atom not found": true,
		"file:a.mp4: Invalid data found when processing input": true,
		"exit status 1": true,
		"av_interleaved_write_frame(): No space left on device":  false,
		"file:a.mp4: Permission denied":                          false,
		"signal: killed":                                         false,
		"Error while opening encoder: Cannot allocate memory ":   false,
		"/cache/x.making/video.mp4: Read-only file system":       false,
		"file:a.mp4: Input/output error":                         false,
		"turns.txt: Too many open files (in file:/cache/x.mp4 )": false,
	} {
		var u *unfit
		if got := errors.As(blame("x", said), &u); got != final {
			t.Errorf("%q: final: got %t, want %t", said, got, final)
		}
	}
}

func TestProgressIsALineOnATerminalAndEventsElsewhere(t *testing.T) {
	var out bytes.Buffer
	p := &progress{terminal: &out}
	p.tell("live01", "mezzanine", 0)
	p.tell("live01", "mezzanine", 1) // too soon after
	p.done("live01", "mezzanine", true)
	p.tell("live02", "mezzanine", 7)
	p.done("live02", "mezzanine", false)
	const clear = "\r\x1b[K"
	want := clear + "live01: making the mezzanine   0 %" + clear + "live01: making the mezzanine 100 %\n" +
		clear + "live02: making the mezzanine   7 %" + clear + "live02: making the mezzanine: failed\n"
	if out.String() != want {
		t.Errorf("terminal: got %q\nwant %q", out.String(), want)
	}
	l := &log{}
	p = newProgress(hclog.New(&hclog.LoggerOptions{JSONFormat: true, Output: l}), false)
	p.tell("live01", "mezzanine", 0)
	p.tell("live01", "mezzanine", 1)
	p.done("live01", "mezzanine", true)
	for percent, times := range map[string]int{"0": 1, "1": 0, "100": 1} {
		if got := len(l.find("live01: making the mezzanine", "event=progress", "signal=live01", "stage=mezzanine", "percent="+percent)); got != times {
			t.Errorf("%s %%: got %d events, want %d", percent, got, times)
		}
	}
}
