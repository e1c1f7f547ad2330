package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// fps is how many pictures a second FFmpeg decodes.
const fps = 10

// Source is a live picture. One goroutine at a time calls Next; any may call Close.
type Source interface {
	// Next waits for the next picture: width times height pixels of three bytes.
	Next() ([]byte, error)
	// Close ends the source, and any Next that waits. It may be called again.
	Close()
}

// decoder is a source that FFmpeg decodes.
type decoder struct {
	cmd  *exec.Cmd
	out  io.ReadCloser
	errs *tail
	size int
	once sync.Once
	done chan struct{} // closed when FFmpeg has ended and was reaped
}

var _ Source = (*decoder)(nil)

// withoutName returns a URL of this machine without the name localhost, which some
// machines cannot resolve.
func withoutName(url string) string { return strings.Replace(url, "://localhost:", "://127.0.0.1:", 1) }

// Open starts FFmpeg on a playlist. It decodes pictures of w by h pixels, with bars where
// the shape differs, at the pace of the stream.
func Open(url string, w, h int) (Source, error) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, errors.New("FFmpeg is not installed")
	}
	shape := fmt.Sprintf("fps=%d,scale=%d:%d:force_original_aspect_ratio=decrease:flags=area,pad=%d:%d:-1:-1", fps, w, h, w, h)
	cmd := exec.CommandContext(context.Background(), path, "-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "1",
		"-re", "-live_start_index", "-3", "-i", withoutName(url), "-an", "-sn", "-vf", shape, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that a signal from the terminal does not reach it
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

// Next implements Source.
func (d *decoder) Next() ([]byte, error) {
	pixels := make([]byte, d.size)
	if _, err := io.ReadFull(d.out, pixels); err != nil {
		d.Close()
		<-d.done // its output is complete then
		if last := d.errs.String(); last != "" {
			return nil, fmt.Errorf("ffmpeg: %s", last)
		}
		return nil, errors.New("the picture has ended")
	}
	return pixels, nil
}

// Close implements Source.
func (d *decoder) Close() {
	d.once.Do(func() {
		_ = d.cmd.Process.Kill() // an error means that it has ended by itself
		go func() {
			defer close(d.done)
			_ = d.cmd.Wait() // its exit status says that it was killed
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

// String returns the last line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.line))
}
