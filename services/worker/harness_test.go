package worker

import (
	"bytes"
	"context"
	"flag"
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

	"golang.org/x/sync/errgroup"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

// patienceOfTests bounds every wait of a test.
const patienceOfTests = servicetest.Patience

// await waits until something is so. It asks less often than servicetest.Await: most of
// what these tests wait for comes with the next segment, and costs a request or a file.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for deadline := time.Now().Add(patienceOfTests); !so(); <-pace.C {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// stock is what the tests share: small films and their mezzanines.
var stock struct {
	once          sync.Once
	folder, cache string
	err           error
}

// stockFilms are small, as every test has its mezzanine played.
var stockFilms = []struct{ name, picture, sound string }{
	{"film", "testsrc2=s=160x90:r=25:d=8", "sine=f=440:b=4:r=44100:d=8"},
	{"other", "testsrc=s=128x72:r=30:d=3", "sine=f=660:d=3"},
	{"ntsc", "testsrc=s=128x72:r=30000/1001:d=4", "sine=f=660:b=4:d=4"},
	{"mute", "testsrc2=s=96x54:r=25:d=8", ""},
	{"sound", "", "sine=f=440:d=4"},
}

func TestMain(m *testing.M) {
	flag.Parse()
	// These tests wait for segments to fall due, more than they work.
	if err := flag.Set("test.parallel", "12"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if stock.folder != "" {
		os.RemoveAll(stock.folder)
	}
	os.Exit(code)
}

// film returns the path of one of the stock's films.
func film(t *testing.T, name string) string {
	t.Helper()
	stock.once.Do(func() { stock.err = makeStock() })
	if stock.err != nil {
		t.Fatal(stock.err)
	}
	return filepath.Join(stock.folder, name+".mp4")
}

func makeStock() error {
	var err error
	if stock.folder, err = os.MkdirTemp("", "films-"); err != nil {
		return err
	}
	stock.cache = filepath.Join(stock.folder, "cache")
	var group errgroup.Group
	for _, f := range stockFilms {
		group.Go(func() error {
			args := []string{"-v", "error", "-y"}
			for _, in := range []string{f.picture, f.sound} {
				if in != "" {
					args = append(args, "-f", "lavfi", "-i", in)
				}
			}
			path := filepath.Join(stock.folder, f.name+".mp4")
			args = append(args, "-preset", "ultrafast", "-pix_fmt", "yuv420p", path)
			if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			past := time.Now().Add(-time.Hour) // else it may be being copied
			return os.Chtimes(path, past, past)
		})
	}
	return group.Wait()
}

// log is what a worker logs.
type log struct{ servicetest.Log }

// find returns the lines with that message and every field given as name=value.
func (l *log) find(message string, fields ...string) []event.Line {
	var found []event.Line
	for _, line := range l.Lines() {
		if line.Message == message && !slices.ContainsFunc(fields, func(f string) bool { return !slices.Contains(words(line), f) }) {
			found = append(found, line)
		}
	}
	return found
}

func words(l event.Line) []string {
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
	change        func(*Service)    // called before Run, if set
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
	e := service.Environment{"HOME": r.t.TempDir(), "PATH": os.Getenv("PATH"), "INPUT_STREAM_PATH": r.input,
		"OUTPUT_STREAM_PATH": r.output, "CACHE_PATH": r.cache, "TEST_FILM_SIZE": "160x90"}
	maps.Copy(e, r.env)
	c, err := ConfigFromEnv(e)
	if err != nil {
		r.t.Fatal(err)
	}
	r.s, err = New(c, service.NewKit("worker", service.Common{LogFormat: "json", LogLevel: "debug"}, e, r.log))
	if err != nil {
		r.t.Fatal(err)
	}
	r.s.rescan = 200 * time.Millisecond
	if r.change != nil {
		r.change(r.s)
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
			for _, l := range r.log.Lines() {
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

// keptLongEnough lets the media of a signal that has ended be removed from now on. A test
// calls it once it has read what is left.
func (r *running) keptLongEnough(signal string) {
	r.t.Helper()
	r.s.airings.mu.Lock()
	defer r.s.airings.mu.Unlock()
	e, ended := r.s.airings.ending[signal]
	if !ended {
		r.t.Fatalf("%s: got nothing that is kept, want its media until now", signal)
	}
	e.at = time.Now()
	r.s.airings.ending[signal] = e
}

// full waits until the playlists of signals are full.
func (r *running) full(signals ...string) *running {
	r.t.Helper()
	for _, signal := range signals {
		await(r.t, "a full playlist of "+signal, func() bool {
			_, err := os.Stat(filepath.Join(r.output, signal, media.PlaylistName))
			return err == nil && len(r.playlist(signal).Segments) == r.s.config.Window
		})
	}
	return r
}

func (r *running) playlist(signal string) *m3u8.MediaPlaylist {
	r.t.Helper()
	b, err := os.ReadFile(filepath.Join(r.output, signal, media.PlaylistName))
	if err != nil {
		r.t.Fatal(err)
	}
	p, err := m3u8.ParseMedia(b)
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
		if e.Name() != media.PlaylistName && !strings.HasPrefix(e.Name(), ".") {
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

// goesOn checks that the signal has had one FFmpeg, or that the machine was too busy
// for it.
func (r *running) goesOn(signal string) {
	r.t.Helper()
	ended := r.log.find("FFmpeg ended, starting another", "signal="+signal)
	for _, l := range ended {
		if cause := l.Field("cause"); cause != errStalled.Error() && cause != errTooLate.Error() {
			r.t.Errorf("an FFmpeg of %s ended: %s, want one that goes on", signal, cause)
		}
	}
	if got := len(r.ffmpegs(signal)); got != 1 && len(ended) == 0 {
		r.t.Errorf("%s: %d FFmpegs, want one that goes on", signal, got)
	}
}

// said reports whether a message with those fields and a reason that contains the text is
// in the log.
func (r *running) said(message, reason string, fields ...string) bool {
	return slices.ContainsFunc(r.log.find(message, fields...), func(l event.Line) bool {
		return strings.Contains(l.Field("reason"), reason)
	})
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
		if strings.HasSuffix(name, media.SegmentExt) {
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

// segmentAt is the number of the segment of the plain grid that is being recorded.
func segmentAt(t time.Time) int64 { return media.Grid{}.At(t) }
