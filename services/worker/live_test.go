package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/output"
	"livestream-tui/services/worker/segmenter"
)

// testPicture is a live source without a file: FFmpeg's test picture and a tone, encoded
// while they are on air.
type testPicture struct{}

var _ input.Source = testPicture{}

func (testPicture) Args(grid media.Grid, msn int64) ([]string, error) {
	at := ffmpeg.Seconds(grid.Elapsed(msn))
	return []string{"-hide_banner", "-v", "level+warning", "-nostdin",
		"-f", "lavfi", "-i", "testsrc2=s=96x54:r=25", "-f", "lavfi", "-i", "sine=f=440:r=48000", "-map", "0:v", "-map", "1:a",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-bf", "0",
		"-c:a", "aac", "-output_ts_offset", at, "-bitexact", "-fflags", "+bitexact", "-avoid_negative_ts", "disabled", "-use_editlist", "0",
		"-video_track_timescale", "90000", "-f", "mp4", "-movflags", "+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer",
		"-frag_duration", strconv.FormatInt(segmenter.FragmentDuration.Microseconds(), 10), "-flush_packets", "1", "pipe:1"}, nil
}
func (testPicture) Check() error   { return nil }
func (testPicture) Discard() error { return nil }

// cameras is an input that is not films. Its cameras are switched on and off by the test.
type cameras struct {
	host  input.Host
	after func() // called when an airing has ended; nil is allowed

	on map[string]func() // what switches off those that are on; used by the goroutine that looks alone

	mu     sync.Mutex
	wanted []string // guarded by mu
}

var _ input.Input = (*cameras)(nil)

// in is a line of the table.
func (c *cameras) in() kind {
	return kind{"cameras", func(_ context.Context, _ *Service, at input.Host) (input.Input, error) {
		c.host, c.on = at, map[string]func(){}
		return c, nil
	}}
}

func (c *cameras) want(signals ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted = signals
}

func (c *cameras) list() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wanted
}

func (c *cameras) Prepare(context.Context) ([]string, error) { return c.list(), nil }

func (c *cameras) Look(ctx context.Context) {
	wanted := c.list()
	for signal, off := range c.on {
		if !slices.Contains(wanted, signal) {
			off()
			delete(c.on, signal)
			c.host.End(ctx, signal)
		}
	}
	taken := c.host.Claim(wanted)
	for _, signal := range wanted {
		if taken[signal] == "" && c.on[signal] == nil {
			c.on[signal] = c.start(ctx, signal)
		}
	}
}

// start switches a camera on. The function that it returns switches it off, and waits.
func (c *cameras) start(ctx context.Context, signal string) func() {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	c.host.Go(func() {
		defer close(done)
		for pause := (input.Backoff{}); ctx.Err() == nil; pause.Pause(ctx) {
			_ = c.host.Air(ctx, input.Airing{Signal: signal, Source: testPicture{}}) // tried again
		}
		if c.after != nil {
			c.after()
		}
	})
	return func() {
		cancel()
		<-done
	}
}

func (c *cameras) Status() input.Status {
	st := input.Status{Idle: []string{"no camera is on"}}
	for _, signal := range c.list() {
		st.Coming = append(st.Coming, input.Coming{Signal: signal, Doing: "switching on " + signal, Soon: true})
	}
	return st
}

func TestAnInputWithoutFilmsIsEnoughForAWorker(t *testing.T) {
	t.Parallel()
	a, c := folders(t, nil), &cameras{}
	c.want("camera")
	a.change = func(s *Service) { s.table = []kind{c.in()} }
	a.start().full("camera").ready()
	a.awaitMSN("camera", a.playlist("camera").LastMSN()+1)
	a.goesOn("camera")
	if entries, err := os.ReadDir(a.input); err != nil || len(entries) > 0 {
		t.Errorf("the folder of films: got %v, %v, want nothing in it", entries, err)
	}
	c.want()
	await(t, "its playlist has ended", func() bool {
		b, err := os.ReadFile(filepath.Join(a.output, "camera", media.PlaylistName))
		return err == nil && strings.HasSuffix(string(b), "#EXT-X-ENDLIST\n")
	})
	await(t, "the worker says why it is not ready", func() bool {
		ok, reason := a.s.Ready()
		return !ok && reason == "no camera is on"
	})
	a.keptLongEnough("camera")
	await(t, "what it left is removed", func() bool {
		_, err := os.Stat(filepath.Join(a.output, "camera"))
		return errors.Is(err, os.ErrNotExist)
	})
	c.want("camera")
	a.full("camera").ready()
}

func TestFilmsAndAnotherInputShareTheAir(t *testing.T) {
	t.Parallel()
	a, c := folders(t, nil), &cameras{}
	c.want("camera")
	a.change = func(s *Service) { s.table = append(s.table, c.in()) }
	a.start().full("camera").ready()
	if entries, err := os.ReadDir(a.input); err != nil || len(entries) > 0 {
		t.Errorf("the folder of films: got %v, %v, want no test film while a camera is on air", entries, err)
	}
	a.link("camera.mp4", "film")
	a.link("live01.mp4", "other")
	a.full("live01")
	await(t, "the film of that name is refused", func() bool {
		return a.said("film refused, the others go on", "signal camera is taken by the input cameras; rename the film", "file=camera.mp4")
	})
	c.want("camera", "live01")
	a.awaitMSN("camera", a.playlist("camera").LastMSN()+2)
	a.goesOn("camera")
	a.goesOn("live01") // a camera does not get a film's name either
	c.want("live01")
	await(t, "the film to have the name when the camera is off", func() bool {
		return len(a.log.find("film is on air", "file=camera.mp4", "signal=camera")) == 1
	})
	a.awaitMSN("camera", a.playlist("camera").LastMSN()+1)
	noneMissing(t, a.published("camera"))
	noneMissing(t, a.published("live01"))
}

func TestAStopWaitsForEveryInput(t *testing.T) {
	t.Parallel()
	a, c := folders(t, nil), &cameras{}
	ended, gate := make(chan struct{}), make(chan struct{})
	var locked *output.LockedError
	c.after = func() {
		close(ended)
		<-gate
		errors.As(output.CheckLock(filepath.Join(a.output, "camera")), &locked)
	}
	c.want("camera")
	a.change = func(s *Service) { s.table = []kind{c.in()} }
	a.start().ready()
	a.cancel()
	<-ended
	select {
	case err := <-a.err:
		t.Errorf("Run has returned before the input has: %v", err)
		a.err <- nil
	default:
	}
	close(gate)
	a.stop()
	if locked == nil {
		t.Error("the output was closed while the input was still using it")
	}
}

// Two writers of one output would mix their segments.
func TestASignalIsAiredOnceAtATime(t *testing.T) {
	s := newAirings(Config{Window: testWindow}, nil, nil, newClock())
	one, two := host{s, "one"}, host{s, "two"}
	if taken := one.Claim([]string{"live01", "live02", "../live03"}); len(taken) > 0 {
		t.Errorf("got %v taken, want both names", taken)
	}
	if taken := two.Claim([]string{"live01", "live03"}); len(taken) != 1 || taken["live01"] != "one" {
		t.Errorf("got %v taken, want live01 by one", taken)
	}
	if err := one.enter("../live03"); err == nil {
		t.Error("a signal was aired whose name leads out of the folder")
	}
	if err := two.enter("live01"); err == nil {
		t.Error("a signal was aired by an input that has not claimed it")
	}
	if err := one.enter("live01"); err != nil {
		t.Errorf("got %v, want live01 on air", err)
	}
	if err := one.enter("live01"); err == nil {
		t.Error("a signal was aired twice at a time")
	}
	one.Claim(nil)
	if taken := two.Claim([]string{"live01", "live02"}); len(taken) != 1 || taken["live01"] != "one" {
		t.Errorf("got %v taken, want live01, which is on air", taken)
	}
	one.leave("live01")
	one.Claim(nil)
	if taken := two.Claim([]string{"live01"}); len(taken) > 0 {
		t.Errorf("got %v taken, want the name free once it is off air", taken)
	}
	s.close()
	if err := two.enter("live01"); !errors.Is(err, errClosed) {
		t.Errorf("after the stop: got %v, want %v", err, errClosed)
	}
}
