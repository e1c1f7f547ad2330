package e2e

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// station is an FFmpeg that writes HLS by itself, and two nginx that serve it. The
// second nginx serves copies, so that its validators differ.
type station struct {
	t       *testing.T
	folders [2]string
	servers [2]*nginx
	stale   chan bool // true stops the copying, false resumes it
}

func startStation(t *testing.T) *station {
	t.Helper()
	root, err := os.MkdirTemp("", "lt-")
	if err != nil {
		t.Fatal(err)
	}
	s := &station{t: t, stale: make(chan bool)}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for i := range s.folders {
		s.folders[i] = filepath.Join(root, fmt.Sprint("www", i))
		if err := os.MkdirAll(filepath.Join(s.folders[i], "show"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(root, 0o755); err != nil { // nginx reads as another user
		t.Fatal(err)
	}
	ports := harness.Ports(t, 2)
	for i := range s.servers {
		s.servers[i] = &nginx{t: t, port: ports[i], root: filepath.Join(root, fmt.Sprint("nginx", i)), www: s.folders[i]}
		s.servers[i].start()
	}
	at := filepath.Join(s.folders[0], "show")
	encoder := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-nostdin", "-re",
		"-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "sine=f=440:r=48000",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-keyint_min", "25", "-sc_threshold", "0", "-c:a", "aac",
		"-f", "hls", "-hls_time", "1", "-hls_list_size", "10", "-hls_delete_threshold", "20",
		"-hls_flags", "delete_segments+temp_file+independent_segments",
		"-hls_segment_filename", filepath.Join(at, "seg_%06d.ts"), filepath.Join(at, "index.m3u8"))
	if err := encoder.Start(); err != nil {
		t.Fatal(err)
	}
	work.Go(func() { _ = encoder.Wait() }) // ended by the test's end
	work.Go(func() { s.copy(ctx) })
	t.Cleanup(func() {
		cancel()
		work.Wait()
		for _, n := range s.servers {
			n.kill()
		}
		_ = os.RemoveAll(root) // a temporary folder: no harm if it stays
	})
	return s
}

// copy mirrors the first folder into the second until ctx ends: segments first,
// each renamed into place.
func (s *station) copy(ctx context.Context) {
	stale := false
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case stale = <-s.stale:
		case <-tick.C:
			if !stale {
				s.copyOnce()
			}
		}
	}
}

func (s *station) copyOnce() {
	from, to := filepath.Join(s.folders[0], "show"), filepath.Join(s.folders[1], "show")
	list, err := os.ReadFile(filepath.Join(from, "index.m3u8"))
	if err != nil {
		return // not there yet
	}
	put := func(name string, b []byte) {
		if os.WriteFile(filepath.Join(to, name+".new"), b, 0o644) == nil {
			_ = os.Rename(filepath.Join(to, name+".new"), filepath.Join(to, name)) // the next turn tries again
		}
	}
	for _, line := range strings.Fields(string(list)) {
		if !strings.HasSuffix(line, ".ts") {
			continue
		}
		if _, err := os.Stat(filepath.Join(to, line)); errors.Is(err, fs.ErrNotExist) {
			b, err := os.ReadFile(filepath.Join(from, line))
			if err != nil {
				return
			}
			put(line, b)
		}
	}
	put("index.m3u8", list)
}

// nginx is one static file server.
type nginx struct {
	t     *testing.T
	port  int
	root  string // its own folder
	www   string
	right string // www, while it is misconfigured
	cmd   *exec.Cmd
	done  chan struct{}
}

func (n *nginx) base() string { return fmt.Sprintf("http://127.0.0.1:%d", n.port) }

func (n *nginx) start() {
	n.t.Helper()
	if err := os.MkdirAll(n.root, 0o755); err != nil {
		n.t.Fatal(err)
	}
	config := filepath.Join(n.root, "nginx.conf")
	text := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
  access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
  server { listen 127.0.0.1:%[2]d; root %[3]s; }
}`, n.root, n.port, n.www)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		n.t.Fatal(err)
	}
	n.cmd, n.done = exec.Command(harness.Tool("nginx"), "-c", config, "-e", filepath.Join(n.root, "error.log")), make(chan struct{})
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	go func() {
		defer close(n.done)
		_ = n.cmd.Wait() // ended by a signal
	}()
}

func (n *nginx) signal(s syscall.Signal) { _ = n.cmd.Process.Signal(s) } // it may have ended

func (n *nginx) kill() {
	n.signal(syscall.SIGKILL)
	<-n.done
}

// misconfigure makes a server answer with a page under the playlist's name, as after a
// bad deployment; configure undoes it.
func (n *nginx) misconfigure() {
	n.t.Helper()
	n.right = n.www
	n.www = filepath.Join(n.root, "wrong")
	if err := os.MkdirAll(filepath.Join(n.www, "show"), 0o755); err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(n.www, "show", "index.m3u8"), []byte("<html>It works!</html>"), 0o644); err != nil {
		n.t.Fatal(err)
	}
	n.kill()
	n.start()
}

func (n *nginx) configure() {
	n.t.Helper()
	n.www = n.right
	n.kill()
	n.start()
}
