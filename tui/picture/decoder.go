package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// fps is how many pictures a second FFmpeg decodes.
	fps = 10
	// niceness is FFmpeg's: a picture yields to the platform.
	niceness = 10
	// stillPatience is how long a still may take.
	stillPatience = 5 * time.Second
)

// Source is a live picture. One goroutine at a time calls Next; any may call Close.
type Source interface {
	// Next waits for the next picture.
	Next() (Picture, error)
	// Close ends the source, and any Next that waits. It may be called again.
	Close()
}

// decoder is a source that FFmpeg decodes.
type decoder struct {
	cmd  *exec.Cmd
	out  io.ReadCloser
	errs *tail
	w, h int
	// start is what the first picture shows, shown how many pictures came.
	start time.Time
	shown int
	once  sync.Once
	done  chan struct{} // closed when FFmpeg has ended and was reaped
}

var _ Source = (*decoder)(nil)

// withoutName returns a URL of this machine without the name localhost, which some
// machines cannot resolve.
func withoutName(url string) string { return strings.Replace(url, "://localhost:", "://127.0.0.1:", 1) }

// ffmpeg returns an FFmpeg that writes pictures of up to w by h square pixels, in transparent
// bars, to its standard output. A query of the URL is secret: everybody sees the arguments of a
// process, so FFmpeg reads the URL from a playlist on its standard input.
func ffmpeg(ctx context.Context, url string, w, h int, rate string, input, output []string) (*exec.Cmd, *tail, error) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, nil, errors.New("FFmpeg is not installed")
	}
	shape := fmt.Sprintf("%sscale=iw*sar:ih,setsar=1,scale=%d:%d:force_original_aspect_ratio=decrease:flags=area,format=rgba,pad=%d:%d:-1:-1:color=black@0", rate, w, h, w, h)
	args := append([]string{"-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "1"}, input...)
	address, secret := withoutName(url), ""
	if _, query, has := strings.Cut(url, "?"); has {
		address, secret = "pipe:0", "?"+query
		args = append(args, "-f", "hls", "-protocol_whitelist", "pipe,http,https,tcp,tls,crypto,data")
	}
	args = append(args, "-i", address, "-an", "-sn", "-vf", shape)
	cmd := exec.CommandContext(ctx, path, append(append(args, output...), "-pix_fmt", "rgba", "-f", "rawvideo", "pipe:1")...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that a signal from the terminal does not reach it
	errs := &tail{secret: secret}
	cmd.Stderr = errs
	if secret != "" {
		cmd.Stdin = strings.NewReader("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + withoutName(url) + "\n")
	}
	return cmd, errs, nil
}

// yield has a process yield to all others. It may have ended already.
func yield(cmd *exec.Cmd) { _ = syscall.Setpriority(syscall.PRIO_PROCESS, cmd.Process.Pid, niceness) }

// Open starts FFmpeg on a playlist. It decodes pictures of up to w by h pixels, at the pace of
// the stream, ten a second.
func Open(url string, w, h int) (Source, error) {
	cmd, errs, err := ffmpeg(context.Background(), url, w, h, fmt.Sprintf("fps=%d,", fps), []string{"-re", "-live_start_index", strconv.Itoa(-fromEdge)}, nil)
	if err != nil {
		return nil, err
	}
	d := &decoder{cmd: cmd, errs: errs, w: w, h: h, done: make(chan struct{})}
	// Without it the pictures have no time; FFmpeg says what is wrong with the playlist.
	d.start, _ = loadStart(withoutName(url))
	if d.out, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	yield(cmd)
	return d, nil
}

// Next implements Source.
func (d *decoder) Next() (Picture, error) {
	pixels := make([]byte, d.w*d.h*4)
	if _, err := io.ReadFull(d.out, pixels); err != nil {
		d.Close()
		<-d.done // its output is complete then
		return Picture{}, d.errs.fault("the picture has ended")
	}
	p := cropped(pixels, d.w, d.h)
	if !d.start.IsZero() {
		p.At = d.start.Add(time.Duration(d.shown) * time.Second / fps)
	}
	d.shown++
	return p, nil
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

// Still decodes a key frame of a playlist's newest segment to up to w by h pixels, and returns
// how much of a processor's time that took. When the picture was shown is not known.
func Still(ctx context.Context, url string, w, h int) (Picture, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, stillPatience)
	defer cancel()
	cmd, errs, err := ffmpeg(ctx, url, w, h, "", []string{"-skip_frame", "nokey", "-live_start_index", "-1"}, []string{"-frames:v", "1"})
	if err != nil {
		return Picture{}, 0, err
	}
	var pixels bytes.Buffer
	cmd.Stdout = &pixels
	if err := cmd.Start(); err != nil {
		return Picture{}, 0, err
	}
	yield(cmd)
	err = cmd.Wait()
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	switch {
	case ctx.Err() != nil:
		return Picture{}, took, errors.New("no picture within " + stillPatience.String())
	case pixels.Len() < w*h*4:
		return Picture{}, took, errs.fault("there is no picture")
	case err != nil:
		return Picture{}, took, errs.fault(err.Error())
	}
	return cropped(pixels.Bytes(), w, h), took, nil
}

// tail keeps the last line written to it. Safe for concurrent use.
type tail struct {
	secret string // what is never shown; empty for nothing

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

// fault returns the last line as FFmpeg's error, or else the other text.
func (t *tail) fault(otherwise string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := strings.TrimSpace(string(t.line))
	if t.secret != "" {
		last = strings.ReplaceAll(last, t.secret, "")
	}
	if last != "" {
		return fmt.Errorf("ffmpeg: %s", last)
	}
	return errors.New(otherwise)
}
