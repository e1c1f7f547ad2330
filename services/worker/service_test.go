package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/hls"
	"livestream-tui/services/report"
	"livestream-tui/services/runner"
)

// patienceOfTests bounds every wait of a test; none is a measure of anything.
const patienceOfTests = 40 * time.Second

// await asks until it is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for deadline := time.Now().Add(patienceOfTests); !so(); <-pace.C {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// stock is what the tests share: small films and their mezzanines.
var stock = struct {
	once          sync.Once
	folder, cache string
	err           error
}{}

func TestMain(m *testing.M) {
	code := m.Run()
	if stock.folder != "" {
		os.RemoveAll(stock.folder)
	}
	os.Exit(code)
}

// film returns the path of a film of that name: "film", "other", "mute" (no
// sound), "sound" (no picture).
func film(t *testing.T, name string) string {
	t.Helper()
	stock.once.Do(func() {
		if stock.folder, stock.err = os.MkdirTemp("", "films-"); stock.err != nil {
			return
		}
		stock.cache = filepath.Join(stock.folder, "cache")
		for _, f := range []struct{ name, picture, sound string }{
			{"film", "testsrc2=s=320x180:r=25:d=8", "sine=f=440:b=4:r=44100:d=8"},
			{"other", "testsrc=s=256x144:r=30:d=3", "sine=f=660:d=3"},
			{"mute", "testsrc2=s=160x90:r=25:d=8", ""},
			{"sound", "", "sine=f=440:d=4"},
		} {
			args := []string{"-v", "error", "-y"}
			for _, in := range []string{f.picture, f.sound} {
				if in != "" {
					args = append(args, "-f", "lavfi", "-i", in)
				}
			}
			args = append(args, "-pix_fmt", "yuv420p", filepath.Join(stock.folder, f.name+".mp4"))
			if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
				stock.err = fmt.Errorf("%w: %s", err, out)
				return
			}
		}
	})
	if stock.err != nil {
		t.Fatal(stock.err)
	}
	return filepath.Join(stock.folder, name+".mp4")
}

// log collects what is logged.
type log struct {
	mu    sync.Mutex
	lines []report.Line
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, report.ParseLine(b, time.Time{}))
	return len(b), nil
}

// find returns the lines with that message and every field given as name=value.
func (l *log) find(message string, fields ...string) []report.Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []report.Line
	for _, line := range l.lines {
		if line.Message == message && !slices.ContainsFunc(fields, func(f string) bool { return !slices.Contains(words(line), f) }) {
			found = append(found, line)
		}
	}
	return found
}

func words(l report.Line) []string {
	var list []string
	for _, f := range l.Fields {
		list = append(list, f.Key+"="+l.Field(f.Key))
	}
	return list
}

// running is a worker that is being run, and its folders.
type running struct {
	t             *testing.T
	input, output string
	cache         string
	env           map[string]string // further settings
	log           *log
	s             *Service
	cancel        context.CancelFunc
	err           chan error
}

// folders returns a worker that is not running, with links to the films, given as
// name in the input folder and name in the stock.
func folders(t *testing.T, films map[string]string) *running {
	t.Helper()
	dir := t.TempDir()
	film(t, "film")
	r := &running{t: t, input: filepath.Join(dir, "input"), output: filepath.Join(dir, "output"), cache: stock.cache}
	if err := os.Mkdir(r.input, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, from := range films {
		r.link(name, from)
	}
	return r
}

func (r *running) link(name, from string) {
	r.t.Helper()
	if err := os.Link(film(r.t, from), filepath.Join(r.input, name)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) remove(name string) {
	r.t.Helper()
	if err := os.Remove(filepath.Join(r.input, name)); err != nil {
		r.t.Fatal(err)
	}
}

// start starts a worker on the folders.
func (r *running) start() *running {
	r.t.Helper()
	r.log, r.err = &log{}, make(chan error, 1)
	e := runner.Environment{"HOME": r.t.TempDir(), "PATH": os.Getenv("PATH"), "INPUT_STREAM_PATH": r.input,
		"OUTPUT_STREAM_PATH": r.output, "CACHE_PATH": r.cache, "TEST_FILM_SIZE": "320x180"}
	maps.Copy(e, r.env)
	c, err := ConfigFromEnv(e)
	if err != nil {
		r.t.Fatal(err)
	}
	r.s, err = New(c, runner.NewKit("worker", runner.Common{LogFormat: "json", LogLevel: "debug"}, e, r.log))
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	r.cancel = cancel
	go func() {
		defer close(ended)
		r.err <- r.s.Run(ctx)
	}()
	r.t.Cleanup(func() {
		cancel()
		<-ended
		if r.t.Failed() {
			for _, l := range r.log.lines {
				r.t.Log(l.Level, l.Message, words(l))
			}
		}
	})
	return r
}

func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	select {
	case err := <-r.err:
		if err != nil {
			r.t.Errorf("Run: got %v, want a clean end", err)
		}
	case <-time.After(patienceOfTests):
		r.t.Fatal("Run does not return")
	}
}

func (r *running) ready() *running {
	r.t.Helper()
	await(r.t, "ready", func() bool { ok, _ := r.s.Ready(); return ok })
	return r
}

func (r *running) playlist(signal string) *hls.MediaPlaylist {
	r.t.Helper()
	b, err := os.ReadFile(filepath.Join(r.output, signal, playlistName))
	if err != nil {
		r.t.Fatal(err)
	}
	p, err := hls.ParseMedia(b)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// awaitMSN waits until the playlist lists segment msn.
func (r *running) awaitMSN(signal string, msn int64) {
	r.t.Helper()
	await(r.t, fmt.Sprintf("segment %d of %s", msn, signal), func() bool { return r.playlist(signal).LastMSN() >= msn })
}

// files returns the names of a signal's files that segments and inits have.
func (r *running) files(signal string) []string {
	r.t.Helper()
	entries, err := os.ReadDir(filepath.Join(r.output, signal))
	if err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != playlistName && !strings.HasPrefix(e.Name(), tempPrefix) {
			names = append(names, e.Name())
		}
	}
	return names
}

// published returns the MSNs that were published, in that order.
func (r *running) published(signal string) []string {
	var list []string
	for _, l := range r.log.find("segment published", "signal="+signal) {
		list = append(list, l.Field("msn"))
	}
	return list
}

// ffmpegs returns the process ids of the signal's FFmpegs so far.
func (r *running) ffmpegs(signal string) []int {
	var list []int
	for _, l := range r.log.find("FFmpeg started", "signal="+signal) {
		var pid int
		fmt.Sscan(l.Field("pid"), &pid)
		list = append(list, pid)
	}
	return list
}

// replaceFFmpeg sends a signal to the running FFmpeg and waits for the next one.
func (r *running) replaceFFmpeg(signal string, by syscall.Signal) {
	r.t.Helper()
	before := r.ffmpegs(signal)
	if err := syscall.Kill(before[len(before)-1], by); err != nil {
		r.t.Fatal(err)
	}
	await(r.t, "another FFmpeg", func() bool { return len(r.ffmpegs(signal)) > len(before) })
}

// noneMissing checks that numbers follow each other.
func noneMissing(t *testing.T, msns []string) {
	t.Helper()
	var last int64
	for i, s := range msns {
		var n int64
		fmt.Sscan(s, &n)
		if i > 0 && n != last+1 {
			t.Errorf("segment %d follows %d: %v", n, last, msns)
		}
		last = n
	}
}

// sameBytes checks that files of the same name in two workers' folders are the
// same, and that at least least segments are in both.
func sameBytes(t *testing.T, a, b *running, signal string, least int) {
	t.Helper()
	common := 0
	for _, name := range a.files(signal) {
		one, errOne := os.ReadFile(filepath.Join(a.output, signal, name))
		two, errTwo := os.ReadFile(filepath.Join(b.output, signal, name))
		if errOne != nil || errTwo != nil {
			continue // not in both
		}
		if strings.HasSuffix(name, segmentExt) {
			common++
		}
		if !bytes.Equal(one, two) {
			t.Errorf("%s: %d and %d bytes differ", name, len(one), len(two))
		}
	}
	if common < least {
		t.Errorf("%d segments in common, want %d or more", common, least)
	}
	if x, y := a.playlist(signal).Segments[0].Map.URI, b.playlist(signal).Segments[0].Map.URI; x != y {
		t.Errorf("inits %s and %s, want one name", x, y)
	}
}

func TestTwoWorkersWriteTheSameBytes(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	first := a.playlist("live01").LastMSN()
	a.awaitMSN("live01", first+1)
	b := folders(t, map[string]string{"live01.mp4": "film"}).start().ready() // at another second of the loop
	a.awaitMSN("live01", first+3)
	b.awaitMSN("live01", first+3)
	sameBytes(t, a, b, "live01", 10)
	for _, w := range []*running{a, b} {
		noneMissing(t, w.published("live01"))
		if got := len(w.ffmpegs("live01")); got != 1 {
			t.Errorf("%d FFmpegs, want one that goes on", got)
		}
		if said := w.log.find("FFmpeg says"); len(said) > 0 {
			t.Errorf("FFmpeg complains: %v", words(said[0]))
		}
	}
}

func TestAKilledFFmpegLosesNoSegment(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	b := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	late := time.Hour
	for range 3 {
		newest := a.playlist("live01").LastMSN()
		killed := time.Now()
		a.replaceFFmpeg("live01", syscall.SIGKILL)
		a.replaceFFmpeg("live01", syscall.SIGKILL) // and once more before it gave anything
		a.awaitMSN("live01", newest+1)
		late = min(late, time.Since(killed)-SegmentDuration)
	}
	// A segment is complete two seconds after the one before, and no later for all
	// the killing; the best of three, as other tests keep the machine busy.
	if late > time.Second {
		t.Errorf("the next segment came %s late", late)
	}
	b.awaitMSN("live01", a.playlist("live01").LastMSN())
	noneMissing(t, a.published("live01"))
	sameBytes(t, a, b, "live01", 10)
	for _, s := range a.playlist("live01").Segments {
		if s.Discontinuity {
			t.Error("a discontinuity is listed, want none")
		}
	}
	if got := len(a.log.find("FFmpeg ended, starting another", "cause=signal: killed")); got != 6 {
		t.Errorf("6 kills, %d are in the log", got)
	}
}

func TestAnFFmpegThatHangsIsReplaced(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	a.replaceFFmpeg("live01", syscall.SIGSTOP)
	a.awaitMSN("live01", a.playlist("live01").LastMSN()+1)
	noneMissing(t, a.published("live01"))
	if len(a.log.find("FFmpeg ended, starting another", "cause="+errStalled.Error())) != 1 {
		t.Error("the log does not say that it gave nothing")
	}
}

func TestARestartedWorkerGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	reference := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	a.stop()
	before := a.playlist("live01")
	await(t, "two segments are due meanwhile", func() bool { return segmentAt(time.Now()) > before.LastMSN()+3 })
	a.start().ready()
	a.awaitMSN("live01", before.LastMSN()+3)
	reference.awaitMSN("live01", before.LastMSN()+3)
	if got, want := a.published("live01")[0], fmt.Sprint(before.LastMSN()+1); got != want {
		t.Errorf("first segment after the restart: got %s, want %s", got, want)
	}
	noneMissing(t, a.published("live01"))
	if got := a.playlist("live01"); len(got.Segments) != 10 || got.DiscontinuitySequence != 0 {
		t.Errorf("playlist: got %d segments, discontinuity sequence %d, want 10 and 0", len(got.Segments), got.DiscontinuitySequence)
	}
	sameBytes(t, a, reference, "live01", 10)
	if made := a.log.find("live01: making the mezzanine"); len(made) > 0 {
		t.Error("a mezzanine was made though it is in the cache")
	}
}

func TestThePlaylistIsOnTheClock(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	p := a.playlist("live01")
	if now := segmentAt(time.Now()); p.LastMSN() != now-1 && p.LastMSN() != now-2 {
		t.Errorf("newest segment %d, %d is being recorded", p.LastMSN(), now)
	}
	for i, s := range p.Segments {
		msn := p.MediaSequence + int64(i)
		if !s.ProgramDateTime.Equal(time.Unix(2*msn, 0)) || s.Duration != SegmentDuration || s.URI != fmt.Sprint(msn, ".m4s") {
			t.Errorf("segment %d: got %+v", msn, s)
		}
	}
}

func TestTheSeamsDecodeWithoutAWarning(t *testing.T) {
	t.Parallel()
	// "other" is 3 s repeated to a loop of 8 s, so that 20 s hold two seams or more.
	for _, name := range []string{"film", "other", "mute"} {
		a := folders(t, map[string]string{"live01.mp4": name}).start().ready()
		p := a.playlist("live01")
		var whole bytes.Buffer
		for _, uri := range append([]string{p.Segments[0].Map.URI}, uris(p)...) {
			b, err := os.ReadFile(filepath.Join(a.output, "live01", uri))
			if err != nil {
				t.Fatal(err)
			}
			whole.Write(b)
		}
		a.stop()
		file := filepath.Join(t.TempDir(), "whole.mp4")
		if err := os.WriteFile(file, whole.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		said, err := exec.Command("ffmpeg", "-v", "warning", "-i", file, "-f", "null", "-").CombinedOutput()
		if err != nil || len(said) > 0 {
			t.Errorf("%s: the decoder says: %s %v", name, said, err)
		}
		for stream, want := range map[string]int{"v:0": 20 * 25, "a:0": 20 * 48000 / 1024} {
			if name == "other" && stream == "v:0" {
				want = 20 * 30
			}
			out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", stream, "-count_packets", "-show_entries",
				"stream=nb_read_packets", "-of", "csv=p=0", file).Output()
			var got int
			fmt.Sscan(string(out), &got)
			if err != nil || got < want-1 || got > want+1 {
				t.Errorf("%s: %s has %d packets (%v), want %d", name, stream, got, err, want)
			}
		}
	}
}

func uris(p *hls.MediaPlaylist) []string {
	var list []string
	for _, s := range p.Segments {
		list = append(list, s.URI)
	}
	return list
}

func TestAFilmWithoutSoundGetsSilence(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "mute"}).start().ready()
	b, err := os.ReadFile(filepath.Join(a.output, "live01", a.playlist("live01").Segments[0].Map.URI))
	if err != nil {
		t.Fatal(err)
	}
	in, err := hls.ParseInit(b)
	if err != nil || len(in.Tracks) != 2 || in.Tracks[0].Format != "avc1" || in.Tracks[1].Format != "mp4a" {
		t.Errorf("got %+v, %v, want H.264 and AAC", in, err)
	}
}

func TestThreeFilmsPlaySideBySide(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film", "live02.mp4": "other", "live03.MP4": "mute"}).start().ready()
	pids := map[int]bool{}
	for _, signal := range []string{"live01", "live02", "live03"} {
		if got := len(a.playlist(signal).Segments); got != 10 {
			t.Errorf("%s: %d segments, want 10", signal, got)
		}
		for _, pid := range a.ffmpegs(signal) {
			pids[pid] = true
		}
	}
	if len(pids) != 3 {
		t.Errorf("%d FFmpegs, want one a signal", len(pids))
	}
	newest := a.playlist("live02").LastMSN()
	a.replaceFFmpeg("live01", syscall.SIGKILL)
	a.awaitMSN("live02", newest+1)
	if got := len(a.ffmpegs("live02")); got != 1 {
		t.Errorf("killing the FFmpeg of one signal restarted another's: %d", got)
	}
}

func TestABadFilmIsRefusedAloneAndSaid(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film", "sound.mp4": "sound", "live01.MP4": "other", "two words.mp4": "film", "-x.mp4": "film"})
	bad := []struct{ file, reason string }{
		{"text.mp4", "ffprobe cannot read it: "},
		{"cut.mp4", "ffprobe cannot read it: "},
		{"picture.mp4", "its length is zero"},
		{"sound.mp4", "it has no video track"},
		{"empty.mp4", "it is empty"},
		{"folder.mp4", "it is not a file"},
		{"dangling.mp4", "it cannot be read: "},
		{"two words.mp4", `"two words" is not a fit signal name`},
		{"-x.mp4", `"-x" is not a fit signal name`},
		{"live01.mp4", "live01.MP4 is signal live01 already"},
	}
	in := func(name string) string { return filepath.Join(a.input, name) }
	whole, err := os.ReadFile(film(t, "film"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-").Output()
	for _, err := range []error{
		err,
		os.WriteFile(in("text.mp4"), []byte("not a film at all\n"), 0o644),
		os.WriteFile(in("cut.mp4"), whole[:len(whole)/2], 0o644),
		os.WriteFile(in("picture.mp4"), picture, 0o644),
		os.WriteFile(in("empty.mp4"), nil, 0o644),
		os.Mkdir(in("folder.mp4"), 0o755),
		os.Symlink("nowhere", in("dangling.mp4")),
		os.WriteFile(in("notes.txt"), nil, 0o644), // not looked at
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
		var lines []report.Line
		await(t, b.file+" is refused", func() bool {
			lines = a.log.find(message, "file="+in(b.file))
			return len(lines) > 0
		})
		if got := lines[0].Field("reason"); lines[0].Level != report.LevelError || !strings.HasPrefix(got, b.reason) {
			t.Errorf("%s: got %s %q, want an error that begins with %q", b.file, lines[0].Level, got, b.reason)
		}
	}
	a.ready()
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
		return !ok && strings.Contains(reason, "live01.mp4 refused: it has no video track")
	})
}

func TestAFilmThatVanishesEndsItsSignalAlone(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film", "live02.mp4": "other"}).start().ready()
	file := filepath.Join(a.input, "live02.mp4")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	await(t, "its end is said", func() bool {
		return len(a.log.find("film refused, the others go on", "file="+file, "reason=it has vanished")) == 1
	})
	if _, err := os.Stat(filepath.Join(a.output, "live02", playlistName)); !os.IsNotExist(err) {
		t.Errorf("its playlist: got %v, want it gone", err)
	}
	a.awaitMSN("live01", a.playlist("live01").LastMSN()+1)
	if ok, reason := a.s.Ready(); !ok {
		t.Errorf("not ready: %s", reason)
	}
	a.link("live02.mp4", "other")
	await(t, "it comes back", func() bool {
		_, err := os.Stat(filepath.Join(a.output, "live02", playlistName))
		return err == nil
	})
}

func TestAFilmThatIsMissedOnceIsStillThere(t *testing.T) {
	a := folders(t, nil)
	c := Config{Paths: runner.Paths{Input: a.input, Output: a.output}}
	s, err := New(c, runner.NewKit("worker", runner.Common{}, nil, &log{}))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(a.input, "live01.mp4")
	ended := make(chan struct{})
	close(ended)
	sig := &signal{input: input{Signal: "live01", File: file}, cancel: func() {}, done: ended}
	s.signals[file] = sig
	for look, want := range []error{nil, errVanished, errVanished} {
		if err := s.scan(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(sig.refused, want) {
			t.Errorf("look %d: got %v, want %v", look+1, sig.refused, want)
		}
	}
}

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
	replace(func(temp string) error { return os.WriteFile(temp, []byte("not a film"), 0o644) })
	await(t, "the bad version is refused", func() bool {
		return len(a.log.find("new version of the film refused, the former stays on air", "file="+file)) == 1
	})
	a.awaitMSN("live01", a.playlist("live01").LastMSN()+1)
	if ok, reason := a.s.Ready(); !ok {
		t.Errorf("while the former version plays: not ready: %s", reason)
	}
	replace(func(temp string) error { return os.Link(film(t, "other"), temp) })
	var p *hls.MediaPlaylist
	await(t, "a discontinuity", func() bool {
		p = a.playlist("live01")
		return slices.ContainsFunc(p.Segments, func(s hls.Segment) bool { return s.Discontinuity })
	})
	at := slices.IndexFunc(p.Segments, func(s hls.Segment) bool { return s.Discontinuity })
	if p.Segments[at-1].Map.URI == p.Segments[at].Map.URI {
		t.Error("the discontinuity is not where the film changes")
	}
	noneMissing(t, a.published("live01"))
}

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
		return len(a.log.find("signal interrupted, trying again", "signal=live02")) > 0
	})
	await(t, "the other is on air", func() bool {
		_, err := os.Stat(filepath.Join(a.output, "live01", playlistName))
		return err == nil
	})
	if ok, reason := a.s.Ready(); ok || !strings.Contains(reason, "not a directory") {
		t.Errorf("got ready %t, %q, want not, for the reason", ok, reason)
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	a.ready()
	if got := len(a.playlist("live02").Segments); got != 10 {
		t.Errorf("%d segments, want 10", got)
	}
}

func TestAFullDiskLosesNoSegmentOnceThereIsRoom(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	await(t, "the full disk is said", func() bool {
		// Again and again: what is half-written is tidied away after each segment.
		for i := range int64(3) {
			msn := a.playlist("live01").LastMSN() + 1 + i
			if err := os.Symlink("/dev/full", filepath.Join(a.output, "live01", tempPrefix+segmentName(msn))); err != nil && !os.IsExist(err) {
				t.Fatal(err)
			}
		}
		lines := a.log.find("signal interrupted, trying again")
		return len(lines) > 0 && strings.Contains(lines[0].Field("reason"), "no space left on device")
	})
	newest := a.playlist("live01").LastMSN()
	a.awaitMSN("live01", newest+4)
	noneMissing(t, a.published("live01"))
	for _, name := range a.files("live01") {
		b, err := os.ReadFile(filepath.Join(a.output, "live01", name))
		if err != nil {
			continue // removed meanwhile
		}
		if _, err := hls.CheckSegment(b); err != nil && strings.HasSuffix(name, segmentExt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.ready()
}

func TestTheTestFilmIsMadeOnceAndIsItsOwnMezzanine(t *testing.T) {
	t.Parallel()
	a := folders(t, nil)
	a.cache = filepath.Join(t.TempDir(), "cache")
	a.start().ready()
	if got := len(a.log.find("no MP4 in the input folder: making a test film there")); got != 1 {
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
