package e2e

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/socket"
	"livestream-tui/test/harness"
)

// manager is what systemd is to a service: it takes its messages and holds its sockets.
type manager struct {
	path   string // of the socket that takes messages
	mu     sync.Mutex
	told   []string      // assignments, in order; guarded by mu
	closed chan struct{} // when nothing reads messages any more
}

func newManager(t *testing.T) *manager {
	t.Helper()
	m := &manager{path: filepath.Join(harness.Folder(t), "notify"), closed: make(chan struct{})}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(m.closed)
		for b := make([]byte, 4096); ; {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.told = append(m.told, strings.Split(string(b[:n]), "\n")...)
			m.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-m.closed
	})
	return m
}

// index is where an assignment stands first among those after from; -1 when it was not told.
func (m *manager) index(assignment string, from int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.Index(m.told[min(from, len(m.told)):], assignment); i >= 0 {
		return from + i
	}
	return -1
}

// await waits until it was told an assignment after from, and returns where.
func (m *manager) await(t *testing.T, assignment string, from int) (at int) {
	t.Helper()
	harness.Await(t, 90*time.Second, assignment, func() error {
		if at = m.index(assignment, from); at < 0 {
			m.mu.Lock()
			defer m.mu.Unlock()
			return fmt.Errorf("it was told %q", m.told[max(0, len(m.told)-6):])
		}
		return nil
	})
	return at
}

// launch starts the platform as a unit with Type=notify and a socket unit does.
func (m *manager) launch(t *testing.T, env map[string]string, held *os.File) *exec.Cmd {
	t.Helper()
	cmd := harness.Command(t, env, "--headless")
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=2000000", "LISTEN_FDS=1", "LISTEN_FDNAMES=proxy")
	cmd.ExtraFiles = []*os.File{held}
	output := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // unless the test has stopped it
		late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // as above
		late.Stop()
		if t.Failed() {
			t.Logf("the platform said:\n%s", output)
		}
	})
	return cmd
}

func TestAServiceManagerStartsUpgradesAndStopsThePlatform(t *testing.T) {
	harness.Parallel(t)
	env := harness.Settings(t)
	held, err := socket.Listen("proxy", "127.0.0.1:"+env["PROXY_PORT"])
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	m := newManager(t)
	cmd := m.launch(t, env, held)
	ready := m.await(t, "READY=1", 0)
	url := "http://127.0.0.1:" + env["PROXY_PORT"] + "/live01/playlist.m3u8"
	if _, err := harness.Playlist(url); err != nil {
		t.Errorf("once it is ready: got %v, want the playlist", err)
	}
	if err := cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	reloading := m.await(t, "RELOADING=1", ready)
	upgraded := m.await(t, "READY=1", reloading)
	alive := m.await(t, "WATCHDOG=1", upgraded)

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	m.await(t, "STOPPING=1", alive)
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v, want a clean stop", err)
	}

	// A player that comes now waits for the next start.
	answer := make(chan error, 1)
	go func() {
		client := &http.Client{Timeout: 2 * time.Minute}
		res, err := client.Get(url)
		if err == nil {
			err = res.Body.Close()
		}
		answer <- err
	}()
	m.launch(t, env, held)
	if err := <-answer; err != nil {
		t.Errorf("a player between stop and start: got %v, want an answer", err)
	}
}
