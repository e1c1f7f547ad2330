package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
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

	"livestream-tui/procs/control"
	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/hls/m3u8"
)

// These tests run the built binary as people do: real processes, real FFmpeg.

// binary builds ./livestream-tui once for the whole test run, without -race: it
// would slow what is watched here.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "livestream-tui-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "livestream-tui")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// film makes an 8 s film once: the loop's seam comes every 8 s.
var film = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "livestream-tui-film-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "live01.mp4")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=8",
		"-f", "lavfi", "-i", "sine=f=440:r=48000:d=8", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", path).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ffmpeg: %w\n%s", err, out)
	}
	return path, nil
})

// TestMain removes what binary and film made.
func TestMain(m *testing.M) {
	if os.Getenv(asItself) != "" {
		beItself()
	}
	code := m.Run()
	for _, made := range []func() (string, error){binary, film} {
		if path, err := made(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path)) // a temporary folder: no harm if it stays
		}
	}
	os.Exit(code)
}

// platform is one running `livestream-tui --headless --json` on ports and in
// folders of its own.
type platform struct {
	t      *testing.T
	cmd    *exec.Cmd
	env    map[string]string
	stderr bytes.Buffer
	exited chan struct{}
	err    error // of Wait; read after exited

	mu       sync.Mutex
	statuses map[string]control.Status
	lines    []string
}

// settings are the environment of a platform of the test's own.
func settings(t *testing.T) map[string]string {
	t.Helper()
	path, err := film()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("", "lt-") // short: sockets lie in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) }) // a temporary folder: no harm if it stays
	input := filepath.Join(root, "input")
	if err := os.Mkdir(input, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, filepath.Join(input, "live01.mp4")); err != nil {
		copyFile(t, path, filepath.Join(input, "live01.mp4"))
	}
	env := map[string]string{
		"INPUT_STREAM_PATH":  input,
		"OUTPUT_STREAM_PATH": filepath.Join(root, "output"),
		"RUN_PATH":           filepath.Join(root, "run"),
		"STATE_PATH":         filepath.Join(root, "state"),
		"CACHE_PATH":         filepath.Join(filepath.Dir(path), "cache"), // one mezzanine for all tests
	}
	env["PROXY_ADMIN"] = "public" // what the proxy sees is asked for where players are
	names := []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT", "REPORTER_PORT", "ORIGIN_PORT", "PROXY_PORT"}
	for i, port := range freePorts(t, len(names)) {
		env[names[i]] = strconv.Itoa(port)
	}
	return env
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// portsGiven are the ports that freePorts has found.
var portsGiven sync.Map

// freePorts finds ports below those that the system gives to outgoing connections:
// one of these could have a killed packager's port when it comes back.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for len(ports) < n {
		port := 15000 + rand.IntN(17000)
		if _, given := portsGiven.LoadOrStore(port, true); given {
			continue // to a test that runs beside this one
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // taken
		}
		defer l.Close() // held until all are found, so that none comes twice
		ports = append(ports, port)
	}
	return ports
}

// command is the binary with env over this process's own environment.
func command(t *testing.T, env map[string]string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = os.Environ()
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	return cmd
}

// launch starts a platform and stops it at the end of the test.
func launch(t *testing.T, env map[string]string, args ...string) *platform {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return launchBinary(t, path, env, args...)
}

// launchBinary is launch with a binary of the test's own.
func launchBinary(t *testing.T, path string, env map[string]string, args ...string) *platform {
	t.Helper()
	p := &platform{t: t, env: env, exited: make(chan struct{}), statuses: map[string]control.Status{}}
	p.cmd = command(t, env, append([]string{"--headless", "--json"}, args...)...)
	p.cmd.Path, p.cmd.Args[0] = path, path
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.read(out)
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGCONT)
		p.signal(syscall.SIGTERM)
		p.awaitExit(30 * time.Second)
		if t.Failed() {
			p.dump()
		}
	})
	return p
}

// read follows the event lines.
func (p *platform) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e control.Event
		p.mu.Lock()
		p.lines = append(p.lines, lines.Text())
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Status != nil {
			p.statuses[e.Status.Name] = *e.Status
		}
		p.mu.Unlock()
	}
}

func (p *platform) dump() {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := max(0, len(p.lines)-60)
	p.t.Logf("last events:\n%s\nstandard error:\n%s", strings.Join(p.lines[from:], "\n"), p.stderr.String())
}

// logged are the event lines so far.
func (p *platform) logged() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines...)
}

func (p *platform) status(name string) control.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.statuses[name]
}

func (p *platform) signal(s syscall.Signal) {
	_ = p.cmd.Process.Signal(s) // it may have ended
}

func (p *platform) awaitExit(limit time.Duration) {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(limit):
		p.dump()
		_ = p.cmd.Process.Kill() // the test has failed; nothing else is to be done
		p.t.Fatalf("the platform did not end within %s", limit)
	}
}

func (p *platform) exitStatus() int {
	<-p.exited
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// base is http://127.0.0.1:PORT of the variable that names the port.
func (p *platform) base(variable string) string { return "http://127.0.0.1:" + p.env[variable] }

func (p *platform) playlistURL() string { return p.base("PROXY_PORT") + "/live01/playlist.m3u8" }

// await waits until what holds, at most limit.
func (p *platform) await(limit time.Duration, what string, holds func() error) {
	p.t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := holds()
		if err == nil {
			return
		}
		select {
		case <-p.exited:
			p.dump()
			p.t.Fatalf("%s: the platform ended with status %d; last: %v", what, p.exitStatus(), err)
		default:
		}
		if time.Now().After(deadline) {
			p.dump()
			p.t.Fatalf("%s: not within %s: %v", what, limit, err)
		}
		time.Sleep(50 * time.Millisecond) // between two looks at the condition
	}
}

// get fetches a URL whole.
func get(url string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, b, err
}

// playlist loads the media playlist at url.
func playlist(url string) (*m3u8.MediaPlaylist, error) {
	status, b, err := get(url)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d: %s", url, status, b)
	}
	return m3u8.ParseMedia(b)
}

// awaitOnAir waits until the proxy serves a playlist whose newest segment is a
// whole segment, and every process is ready.
func (p *platform) awaitOnAir(processes ...string) {
	p.t.Helper()
	p.await(90*time.Second, "on air", func() error {
		for _, name := range processes {
			if s := p.status(name); s.State.String() != "ready" {
				return fmt.Errorf("%s is %s: %s", name, s.State, s.Reason)
			}
		}
		list, err := playlist(p.playlistURL())
		if err != nil {
			return err
		}
		if len(list.Segments) == 0 {
			return errors.New("the playlist is empty")
		}
		status, body, err := get(p.base("PROXY_PORT") + "/live01/" + list.Segments[len(list.Segments)-1].URI)
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("newest segment: status %d: %w", status, err)
		}
		_, err = fmp4.CheckSegment(body)
		return err
	})
}

var everyProcess = []string{"worker", "server1", "server2", "reporter", "discovery", "origin", "proxy", "viewer"}

// decode plays url with ffmpeg for the given time and returns what it warned of.
func decode(t *testing.T, url string, seconds int) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(seconds+60)*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ffmpeg", "-v", "warning", "-nostdin", "-i", url,
		"-t", strconv.Itoa(seconds), "-f", "null", "-").CombinedOutput()
	if err != nil {
		t.Errorf("ffmpeg: %v", err)
	}
	return withoutInits(string(out))
}

// withoutInits leaves out what FFmpeg's HLS demuxer says of any live fMP4 playlist,
// whoever serves it: it reads EXT-X-MAP anew after each reload and tells that it
// skips what it has already.
func withoutInits(out string) string {
	var kept []string
	again := false // the line before was such a one
	for _, line := range strings.Split(out, "\n") {
		init := strings.HasSuffix(line, "Found duplicated MOOV Atom. Skipped it")
		if init || again && strings.HasPrefix(strings.TrimSpace(line), "Last message repeated") {
			again = true
			continue
		}
		again = false
		kept = append(kept, line)
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

// groupMembers are the live processes whose environment names this platform's
// run folder: its children and theirs, wherever they hang. Zombies have none.
func (p *platform) members() []int {
	mark := []byte("RUN_PATH=" + p.env["RUN_PATH"])
	entries, err := os.ReadDir("/proc")
	if err != nil {
		p.t.Skipf("no /proc here: %v", err)
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == p.cmd.Process.Pid {
			continue
		}
		environ, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err == nil && bytes.Contains(environ, mark) {
			pids = append(pids, pid)
		}
	}
	return pids
}
