package film

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// pictureFPS is how many pictures a second are asked of the decoder.
const pictureFPS = 10

// decoder is a film that FFmpeg decodes.
type decoder struct {
	cmd  *exec.Cmd
	out  io.ReadCloser
	errs *tail
	size int
	once sync.Once
	done chan struct{} // closed when FFmpeg has ended and was waited for
}

var _ Film = (*decoder)(nil)

// withoutName is a URL of this machine that FFmpeg need not resolve: some machines have
// no localhost.
func withoutName(url string) string { return strings.Replace(url, "://localhost:", "://127.0.0.1:", 1) }

// openFilm starts FFmpeg on a playlist: pictures of w by h pixels that keep their
// shape, at the pace of the stream.
func Open(url string, w, h int) (Film, error) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("no ffmpeg to decode with")
	}
	shape := fmt.Sprintf("fps=%d,scale=%d:%d:force_original_aspect_ratio=decrease:flags=area,pad=%d:%d:-1:-1", pictureFPS, w, h, w, h)
	cmd := exec.CommandContext(context.Background(), path, "-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "1",
		"-re", "-live_start_index", "-3", "-i", withoutName(url), "-an", "-sn", "-vf", shape, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a signal to our terminal is not for it
	d := &decoder{cmd: cmd, errs: &tail{}, size: w * h * 3, done: make(chan struct{})}
	cmd.Stderr = d.errs
	if d.out, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return d, nil
}

// Next implements film.
func (d *decoder) Next() ([]byte, error) {
	pixels := make([]byte, d.size)
	if _, err := io.ReadFull(d.out, pixels); err != nil {
		d.Close()
		<-d.done // what it said is complete then
		if said := d.errs.String(); said != "" {
			return nil, fmt.Errorf("ffmpeg: %s", said)
		}
		return nil, fmt.Errorf("the picture has ended")
	}
	return pixels, nil
}

// Close implements film.
func (d *decoder) Close() {
	d.once.Do(func() {
		_ = d.cmd.Process.Kill() // it may have ended by itself
		go func() {
			defer close(d.done)
			_ = d.cmd.Wait() // reaps it; it was killed
		}()
	})
}

// tail keeps the last line written to it. Safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	line []byte
}

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if lines := bytes.Split(bytes.TrimSpace(b), []byte("\n")); len(lines[len(lines)-1]) > 0 {
		t.line = bytes.Clone(lines[len(lines)-1])
	}
	return len(b), nil
}

// String is the last line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.line))
}
