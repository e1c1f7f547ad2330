package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nginxFront puts a plain nginx before the packagers, the second as backup.
func nginxFront(t *testing.T, u *upstream) (base string) {
	t.Helper()
	port := freePorts(t, 1)[0]
	dir := t.TempDir()
	upstreamNginx(t, dir, "", "", fmt.Sprintf(`upstream up { server %s max_fails=1 fail_timeout=2s; server %s max_fails=1 fail_timeout=2s backup; }
server { listen 127.0.0.1:%d; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_connect_timeout 1s; } }`,
		strings.TrimPrefix(u.packagers[0].base, "http://"), strings.TrimPrefix(u.packagers[1].base, "http://"), port))
	return awaitFront(t, u, port)
}

// proxyFront puts the proxy before them: the binary that BIN names, or what is built.
func proxyFront(t *testing.T, u *upstream) (base string) {
	t.Helper()
	path := os.Getenv("BIN")
	if path == "" {
		built, err := binary()
		if err != nil {
			t.Fatal(err)
		}
		path = built
	}
	port := freePorts(t, 1)[0]
	dir, err := os.MkdirTemp("", "up-") // short: a socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a temporary folder: no harm if it stays
	cmd := exec.Command(path, "proxy")
	cmd.Env = append(os.Environ(), "PROXY_PORT="+strconv.Itoa(port), "PACKAGERS="+u.packagers[0].base+","+u.packagers[1].base,
		"ORIGIN_URL=none", "LOG_LEVEL=info", "RUN_PATH="+filepath.Join(dir, "run"), "STATE_PATH="+filepath.Join(dir, "state"))
	runUntilTheEnd(t, dir, cmd)
	return awaitFront(t, u, port)
}

// awaitFront waits until a front gives the playlist; one that never does is left to
// what players see of it.
func awaitFront(t *testing.T, u *upstream, port int) (base string) {
	t.Helper()
	base = fmt.Sprintf("http://127.0.0.1:%d", port)
	var last string
	if !within(8*time.Second, func() bool {
		status, b, err := get(base + u.kind.playlist)
		last = fmt.Sprintf("status %d: %.200s, %v", status, b, err)
		return err == nil && status == http.StatusOK
	}) {
		t.Logf("no playlist through %s: %s", u.front, last)
	}
	return base
}

// upstreamNginx starts an nginx of the test's own.
func upstreamNginx(t *testing.T, dir, global, besides, http string) *exec.Cmd {
	t.Helper()
	text := fmt.Sprintf(`%[2]s daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log; %[3]s
events { worker_connections 256; }
%[4]s
http { log_format brief '$msec $status $request_uri'; access_log %[1]s/access.log brief;
client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; video/mp4 mp4 m4s; }
%[5]s }`, dir, global, nginxUser(), besides, http)
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return runUntilTheEnd(t, dir, exec.Command(tool("nginx"), "-c", config, "-e", filepath.Join(dir, "error.log")))
}

// runUntilTheEnd starts a process with a group of its own, which ends with the test.
// What it says goes to a file in dir, which is told where the test fails.
func runUntilTheEnd(t *testing.T, dir string, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	name := filepath.Join(dir, filepath.Base(cmd.Path)+".log")
	says, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer says.Close()
	cmd.Stdout, cmd.Stderr = says, says
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		killGroup(cmd)
		_ = cmd.Wait() // by the signal
		if t.Failed() {
			tell(t, name)
		}
	})
	return cmd
}

// tell logs the end of a file.
func tell(t *testing.T, name string) {
	t.Helper()
	b, _ := os.ReadFile(name) // empty says enough
	if len(b) > 4000 {
		b = b[len(b)-4000:]
	}
	if len(b) > 0 {
		t.Logf("%s:\n%s", name, b)
	}
}

func killGroup(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
}
