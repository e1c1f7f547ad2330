package worker

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/input/films"
	"livestream-tui/services/worker/machine"
	"livestream-tui/services/worker/mezzanine"
	"livestream-tui/services/worker/progress"
	"livestream-tui/services/worker/transcoder"
)

// fakeMaker is a transcoder some of whose answers are the test's; nil asks the real one.
type fakeMaker struct {
	films.Maker
	cached  func(transcoder.Film) (mezzanine.Mezzanine, bool)
	length  func(transcoder.Film) (time.Duration, error)
	excerpt func(context.Context, transcoder.Film) (mezzanine.Mezzanine, error)
	whole   func(context.Context, transcoder.Film) (mezzanine.Mezzanine, error)
}

func (f fakeMaker) Cached(of transcoder.Film) (mezzanine.Mezzanine, bool) {
	if f.cached != nil {
		return f.cached(of)
	}
	return f.Maker.Cached(of)
}

func (f fakeMaker) Length(ctx context.Context, of transcoder.Film) (time.Duration, error) {
	if f.length != nil {
		return f.length(of)
	}
	return f.Maker.Length(ctx, of)
}

func (f fakeMaker) Excerpt(ctx context.Context, of transcoder.Film) (mezzanine.Mezzanine, error) {
	return f.excerpt(ctx, of)
}

func (f fakeMaker) Make(ctx context.Context, of transcoder.Film) (mezzanine.Mezzanine, error) {
	if f.whole != nil {
		return f.whole(ctx, of)
	}
	return f.Maker.Make(ctx, of)
}

// realMaker is the transcoder that the worker would make.
func (r *running) realMaker() *transcoder.Transcoder {
	r.t.Helper()
	spawner := child.NewSpawner()
	r.t.Cleanup(spawner.Close)
	c := transcoder.Config{FFmpeg: mustFind(r.t, "ffmpeg"), FFprobe: mustFind(r.t, "ffprobe"), Cache: r.cache, FilmSize: "160x90"}
	m, err := transcoder.New(c, spawner, progress.NewAnnouncer(hclog.NewNullLogger(), false))
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

func mustFind(t *testing.T, command string) string {
	t.Helper()
	path, err := exec.LookPath(command)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// stockFilm is a film of the stock for the transcoder.
func stockFilm(t *testing.T, name string) transcoder.Film {
	t.Helper()
	path := film(t, name)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return transcoder.Film{Signal: name, File: path, Size: info.Size(), Modified: info.ModTime()}
}

func TestALongFilmIsOnAirByItsBeginningWhileTheRestIsMade(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"long.mp4": "film", "short.mp4": "mute"})
	actual := a.realMaker()
	made := make(chan struct{})
	shorts := make(chan string, 9)
	f := fakeMaker{
		Maker:  actual,
		cached: func(transcoder.Film) (mezzanine.Mezzanine, bool) { return mezzanine.Mezzanine{}, false },
		length: func(of transcoder.Film) (time.Duration, error) {
			if of.Signal == "long" {
				return 3 * time.Hour, nil
			}
			return 8 * time.Second, nil
		},
		excerpt: func(ctx context.Context, of transcoder.Film) (mezzanine.Mezzanine, error) {
			shorts <- "excerpt of " + of.Signal
			m, err := actual.Make(ctx, stockFilm(t, "film"))
			m.Excerpt = true
			return m, err
		},
		whole: func(ctx context.Context, of transcoder.Film) (mezzanine.Mezzanine, error) {
			shorts <- of.Signal
			if of.Signal == "short" {
				return actual.Make(ctx, stockFilm(t, "mute"))
			}
			select {
			case <-made:
				return actual.Make(ctx, stockFilm(t, "other"))
			case <-ctx.Done():
				return mezzanine.Mezzanine{}, ctx.Err()
			}
		},
	}
	a.change = func(s *Service) { s.transcoder = f }
	a.start().full("long", "short").ready()
	first := []string{<-shorts, <-shorts}
	slices.Sort(first)
	if last := <-shorts; !slices.Equal(first, []string{"excerpt of long", "short"}) || last != "long" {
		t.Errorf("made: got %v, then %s, want the short film and the excerpt, then the whole", first, last)
	}
	if n := len(a.log.find("film is on air", "file=long.mp4", "reason=only its first minute, while the rest is made")); n != 1 {
		t.Errorf("said %d times that only the beginning is on air, want once", n)
	}
	starts := a.log.find("signal starts", "signal=long")
	if len(starts) != 1 || !strings.HasPrefix(starts[0].Field("remarks"), "only its first minute") || starts[0].Field("turn_s") == "" || starts[0].Field("loop_s") == "" {
		t.Errorf("signal starts: got %v", starts)
	}
	close(made)
	await(t, "the whole to be on air", func() bool {
		return len(a.log.find("film is on air", "file=long.mp4", "state=aired", "reason=")) == 0 && len(a.log.find("signal starts", "signal=long")) == 2
	})
	a.awaitMSN("long", a.playlist("long").LastMSN()+1)
	p := a.playlist("long")
	if !slices.ContainsFunc(p.Segments, func(s m3u8.Segment) bool { return s.Discontinuity }) {
		t.Error("no discontinuity where the whole takes over from another picture")
	}
	noneMissing(t, a.published("long"))
}

func TestAMachineAtFaultKeepsWhatIsCachedOnAir(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film", "new.mp4": "other"})
	actual := a.realMaker()
	if _, err := actual.Make(t.Context(), stockFilm(t, "film")); err != nil {
		t.Fatal(err)
	}
	var mended atomic.Bool
	var tries atomic.Int32
	fault := &ffmpeg.Machine{Command: "ffmpeg", What: "it is built without libx264", Remedy: "install another"}
	a.change = func(s *Service) {
		s.machine.Every = 20 * time.Millisecond
		s.machine.Check = func(context.Context) error {
			if mended.Load() {
				return nil
			}
			return fault
		}
		s.transcoder = fakeMaker{
			Maker: actual,
			cached: func(of transcoder.Film) (mezzanine.Mezzanine, bool) {
				if of.Signal == "new" {
					return mezzanine.Mezzanine{}, false
				}
				return actual.Cached(of)
			},
			whole: func(ctx context.Context, of transcoder.Film) (mezzanine.Mezzanine, error) {
				if tries.Add(1); mended.Load() {
					return actual.Make(ctx, of)
				}
				return mezzanine.Mezzanine{}, fault
			},
		}
	}
	a.start().full("live01").ready()
	await(t, "the film to wait", func() bool { return len(a.log.find("film waits", "file=new.mp4", "reason="+fault.Error())) == 1 })
	a.awaitMSN("live01", a.playlist("live01").LastMSN()+1)
	if n := len(a.log.find("FFmpeg does not work, no film can be made until it does")); n != 1 || tries.Load() != 1 {
		t.Errorf("said %d times, tried %d times, want once", n, tries.Load())
	}
	mended.Store(true)
	a.full("new")
}

func TestAnFFmpegThatCannotStartIsTheMachinesFault(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"})
	actual := a.realMaker()
	if _, err := actual.Make(t.Context(), stockFilm(t, "film")); err != nil {
		t.Fatal(err)
	}
	works := mustFind(t, "ffmpeg")
	command := filepath.Join(t.TempDir(), "ffmpeg")
	broken := "#!/bin/sh\necho 'ffmpeg: error while loading shared libraries: libx264.so.164: cannot open shared object file' >&2\nexit 127\n"
	syscall.ForkLock.RLock() // a process that starts meanwhile would hold it open: "text file busy"
	err := os.WriteFile(command, []byte(broken), 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	a.change = func(s *Service) {
		s.airings.config.FFmpeg, s.transcoder = command, actual
		s.machine = machine.New(command, s.log)
		s.machine.Every = 50 * time.Millisecond
	}
	a.start()
	await(t, "the library to be named, with what mends it", func() bool {
		ok, reason := a.s.Ready()
		return !ok && strings.Contains(reason, "libx264.so.164") && strings.Contains(reason, "apt-get install")
	})
	starts := len(a.ffmpegs("live01"))
	if starts != suspicious {
		t.Errorf("FFmpeg was started %d times before the machine was asked, want %d", starts, suspicious)
	}
	if n := len(a.log.find("FFmpeg does not work, no film can be made until it does")); n != 1 {
		t.Errorf("said %d times, want once", n)
	}
	mended := filepath.Join(filepath.Dir(command), "mended")
	if err := errors.Join(os.Symlink(works, mended), os.Rename(mended, command)); err != nil {
		t.Fatal(err)
	}
	a.ready().full("live01")
}
