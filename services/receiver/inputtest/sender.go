package inputtest

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Signal is what an encoder makes.
type Signal struct {
	// Codec is FFmpeg's encoder of pictures; libx264 where it is empty.
	Codec string
	// Audio is FFmpeg's encoder of sound; aac where it is empty, no sound where it is "none".
	Audio string
	// Size is that of the pictures, 160x90 where it is empty; Rate is pictures a second, 25
	// where it is 0.
	Size string
	Rate int
	// GOP is pictures from key frame to key frame; as many as there are in two seconds where it
	// is 0. BFrames is how many pictures follow each other that are sent out of order.
	GOP, BFrames int
	// Length is how long it lasts; for ever where it is 0.
	Length time.Duration
	// Extra are more arguments for FFmpeg's output.
	Extra []string
}

// args are FFmpeg's arguments up to the output.
func (s Signal) args(live bool) []string {
	size, rate := s.Size, s.Rate
	if size == "" {
		size = "160x90"
	}
	if rate == 0 {
		rate = 25
	}
	gop := s.GOP
	if gop == 0 {
		gop = 2 * rate
	}
	var pace []string
	if live {
		pace = []string{"-re"}
	}
	list := append([]string{"-hide_banner", "-nostdin", "-loglevel", "error"}, pace...)
	list = append(list, "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=%s:r=%d", size, rate))
	if s.Audio != "none" {
		list = append(append(list, pace...), "-f", "lavfi", "-i", "sine=f=440:r=48000")
	}
	if s.Length > 0 {
		list = append(list, "-t", strconv.FormatFloat(s.Length.Seconds(), 'f', 3, 64))
	}
	codec := s.Codec
	if codec == "" {
		codec = "libx264"
	}
	list = append(list, "-c:v", codec, "-pix_fmt", "yuv420p", "-g", strconv.Itoa(gop), "-bf", strconv.Itoa(s.BFrames))
	switch codec {
	case "libx264":
		list = append(list, "-preset", "ultrafast", "-threads", "1", "-keyint_min", strconv.Itoa(gop), "-sc_threshold", "0")
		if s.BFrames > 0 {
			list = append(list, "-b_strategy", "0")
		}
	case "libx265":
		list = append(list, "-preset", "ultrafast", "-x265-params", fmt.Sprintf("log-level=none:pools=none:frame-threads=1:open-gop=0:scenecut=0:keyint=%d:bframes=%d", gop, s.BFrames))
	}
	if s.Audio != "none" {
		audio := s.Audio
		if audio == "" {
			audio = "aac"
		}
		list = append(list, "-c:a", audio, "-ac", "2", "-b:a", "64k")
	}
	return append(list, s.Extra...)
}

// Film makes a film of a signal, which needs a Length, as a file of that name in a folder of
// the test, and returns its path. FFmpeg knows its kind by the name.
func Film(t testing.TB, name string, s Signal) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	c := exec.Command(tool(t, "ffmpeg"), append(s.args(false), path)...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("make a film: %v: %s", err, out)
	}
	return path
}

// Sender is an FFmpeg that sends.
type Sender struct {
	command *exec.Cmd
	said    *lines
	ended   chan struct{}
	err     error // guarded by ended
}

// lines is what a process says. Safe for concurrent use.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Push sends a signal to a URL as an encoder does, in real time. It ends with the test.
func Push(t testing.TB, url string, s Signal) *Sender {
	t.Helper()
	return Start(t, append(s.args(true), "-f", container(url), url)...)
}

// PushFilm sends a film to a URL in real time, without coding it again.
func PushFilm(t testing.TB, url, film string, extra ...string) *Sender {
	t.Helper()
	args := append([]string{"-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-i", film, "-c", "copy"}, extra...)
	return Start(t, append(args, "-f", container(url), url)...)
}

// container is the format that goes over a URL.
func container(url string) string {
	if strings.HasPrefix(url, "rtmp") {
		return "flv"
	}
	return "mpegts"
}

// Start starts FFmpeg with those arguments.
func Start(t testing.TB, args ...string) *Sender {
	t.Helper()
	s := &Sender{command: exec.Command(tool(t, "ffmpeg"), args...), said: &lines{}, ended: make(chan struct{})}
	s.command.Stderr = s.said
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.err = s.command.Wait()
		close(s.ended)
	}()
	t.Cleanup(s.Kill)
	return s
}

// Kill ends it with SIGKILL and waits for its end.
func (s *Sender) Kill() {
	_ = s.command.Process.Kill() // it may have ended
	<-s.ended
}

// Signal sends it a signal, such as SIGSTOP.
func (s *Sender) Signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := s.command.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// Ended is closed once it has ended.
func (s *Sender) Ended() <-chan struct{} { return s.ended }

// Wait waits for it to end by itself, and returns what it said and how it ended.
func (s *Sender) Wait(t testing.TB) (said string, err error) {
	t.Helper()
	select {
	case <-s.ended:
		return s.said.String(), s.err
	case <-time.After(Patience):
		t.Fatalf("FFmpeg does not end; it said: %s", s.said)
		return "", nil
	}
}

// tool is the path of a program that tests need.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
