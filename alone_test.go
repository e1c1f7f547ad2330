package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer"
)

// The proxy alone, in front of two plain static file servers that know nothing of
// us: MPEG-TS, other names, validators of their own.

// station is an encoder of somebody else's and two nginx that serve what it wrote;
// the second one serves copies, so that its validators are others.
type station struct {
	t       *testing.T
	folders [2]string
	servers [2]*nginx
	stale   chan bool // the copying stops and goes on
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
	ports := freePorts(t, 2)
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
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx" // Debian's, which not every PATH has
	}
	n.cmd, n.done = exec.Command(path, "-c", config, "-e", filepath.Join(n.root, "error.log")), make(chan struct{})
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

func TestTheProxyAloneBeforeTwoStaticServers(t *testing.T) {
	t.Parallel() // it waits more than it works
	s := startStation(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	port := freePorts(t, 1)[0]
	proxy := exec.Command(path, "proxy")
	proxy.Env = append(os.Environ(), "PACKAGERS="+s.servers[0].base()+","+s.servers[1].base(), "ORIGIN_URL=none",
		"PROXY_PORT="+strconv.Itoa(port), "STATE_PATH="+state, "CACHE_PATH="+state)
	proxy.Stderr = os.Stderr
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = proxy.Process.Signal(syscall.SIGTERM) // it may have ended
		if err := proxy.Wait(); err != nil {
			t.Errorf("proxy: %v", err)
		}
	}()
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	url := base + "/show/index.m3u8"
	await := func(what string, limit time.Duration, holds func() bool) {
		t.Helper()
		for deadline := time.Now().Add(limit); !holds(); {
			if time.Now().After(deadline) {
				t.Fatalf("%s: not within %s", what, limit)
			}
			time.Sleep(50 * time.Millisecond) // between two looks at the condition
		}
	}
	await("six segments", time.Minute, func() bool {
		list, err := playlist(url)
		return err == nil && len(list.Segments) >= 6
	})

	ctx, cancel := context.WithCancel(t.Context())
	var players []*viewer.Player
	var work sync.WaitGroup
	ledger := new(viewer.Ledger)
	for i := range 12 {
		p, err := viewer.NewPlayer(viewer.PlayerOptions{
			Name: fmt.Sprint("player ", i), URL: url, Client: viewer.NewClient(true), Pace: 0.8,
			StartDelay: time.Duration(i) * 150 * time.Millisecond, Ledger: ledger,
		})
		if err != nil {
			t.Fatal(err)
		}
		players = append(players, p)
		work.Go(func() { _ = p.Run(ctx) }) // nil by its contract
	}
	await("every player plays", time.Minute, func() bool {
		for _, p := range players {
			if p.Status().State != event.ViewPlaying {
				return false
			}
		}
		return true
	})
	// served waits until the proxy serves from (or not from) a server, and then for
	// three segments more.
	served := func(by *nginx, want bool) {
		t.Helper()
		await("served by another", 20*time.Second, func() bool {
			res, err := http.Get(url)
			if err != nil {
				return false
			}
			defer res.Body.Close()
			return (res.Header.Get("X-Packager") == by.base()) == want
		})
		newest := players[0].Status().MSN
		await("three segments more", 20*time.Second, func() bool { return players[0].Status().MSN >= newest+3 })
	}
	faults := []struct {
		name       string
		make, mend func(*nginx)
	}{
		{"killed", (*nginx).kill, (*nginx).start},
		{"stopped", func(n *nginx) { n.signal(syscall.SIGSTOP) }, func(n *nginx) { n.signal(syscall.SIGCONT) }},
		{"a page instead of the playlist", (*nginx).misconfigure, (*nginx).configure},
	}
	for _, f := range faults {
		for range 2 { // each server in turn
			active := s.servers[0]
			res, err := http.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if other := s.servers[1]; res.Header.Get("X-Packager") == other.base() {
				active = other
			}
			t.Logf("%s: %s", f.name, active.base())
			f.make(active)
			served(active, false)
			f.mend(active)
			await("it is up again", 20*time.Second, func() bool {
				status, _, err := get(active.base() + "/show/index.m3u8")
				return err == nil && status == http.StatusOK
			})
			served(active, false)
		}
	}
	t.Log("stale: the second server's folder stands still")
	s.stale <- true
	served(s.servers[1], false)
	s.stale <- false

	cancel()
	work.Wait()
	var reports []viewer.PlayerReport
	for _, p := range players {
		reports = append(reports, p.Report())
	}
	wantClean(t, reports)
}

// misconfigure has a server give a page by the playlist's name and nothing else, as
// one does after a bad deployment; configure undoes that.
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
