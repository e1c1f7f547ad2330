package upstreams

import (
	"bufio"
	"io"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ffmpegs is FFmpeg as the player, with a process per URL.
type ffmpegs struct {
	each []*ffmpegWatch
}

type ffmpegWatch struct {
	cmd  *exec.Cmd
	done chan struct{}

	mu sync.Mutex
	spectacle
	stopped bool // by the test
}

func watchWithFFmpeg(t *testing.T, urls ...string) onlookers {
	t.Helper()
	w := &ffmpegs{}
	for _, url := range urls {
		w.each = append(w.each, watchOne(t, url))
	}
	return w
}

// watchOne plays at the pace of the pictures, as a player does.
func watchOne(t *testing.T, url string) *ffmpegWatch {
	t.Helper()
	f := &ffmpegWatch{done: make(chan struct{})}
	f.cmd = exec.Command("ffmpeg", "-v", "warning", "-nostdin", "-re", "-i", url,
		"-map", "0:v:0", "-fps_mode", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo", "pipe:1", "-map", "0:a:0", "-f", "null", "-")
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	says, err := f.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.from = time.Now()
	var reading sync.WaitGroup
	reading.Go(func() {
		picture := make([]byte, camWidth*camHeight)
		for in := bufio.NewReaderSize(out, len(picture)); ; {
			if _, err := io.ReadFull(in, picture); err != nil {
				return // it has ended
			}
			f.mu.Lock()
			f.seen = append(f.seen, sighting{time.Now(), pictureNumber(func(x, y int) byte { return picture[y*camWidth+x] })})
			f.mu.Unlock()
		}
	})
	reading.Go(func() {
		for lines := bufio.NewScanner(says); lines.Scan(); {
			f.mu.Lock()
			if badFFmpeg.MatchString(lines.Text()) && !f.stopped {
				f.complaints = append(f.complaints, lines.Text())
			}
			f.mu.Unlock()
		}
	})
	go func() {
		reading.Wait()
		err := f.cmd.Wait()
		f.mu.Lock()
		if !f.stopped {
			f.ended = "end of the stream"
			if err != nil {
				f.ended = err.Error()
			}
		}
		f.mu.Unlock()
		close(f.done)
	}()
	t.Cleanup(func() {
		_ = f.cmd.Process.Kill() // it may have ended
		<-f.done
	})
	return f
}

// badFFmpeg matches lines of FFmpeg's log that report harm.
var badFFmpeg = regexp.MustCompile(`(?i)error|invalid|corrupt|fail|unable|non-existing|non-monoton|skipping|expired`)

func (w *ffmpegs) look() []spectacle {
	var list []spectacle
	for _, f := range w.each {
		f.mu.Lock()
		s := f.spectacle
		f.mu.Unlock()
		s.to = time.Now()
		list = append(list, s)
	}
	return list
}

func (w *ffmpegs) stop() []spectacle {
	list := w.look()
	for i, f := range w.each {
		f.mu.Lock()
		f.stopped = true
		list[i].ended = f.ended
		f.mu.Unlock()
		_ = f.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	}
	return list
}
