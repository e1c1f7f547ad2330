package upstreams

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// nginxFront puts a plain nginx before the packagers, the second as backup.
func nginxFront(t *testing.T, u *upstream) (base string) {
	t.Helper()
	port := harness.Ports(t, 1)[0]
	dir := t.TempDir()
	upstreamNginx(t, dir, "", "", fmt.Sprintf(`upstream up { server %s max_fails=1 fail_timeout=2s; server %s max_fails=1 fail_timeout=2s backup; }
server { listen 127.0.0.1:%d; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_connect_timeout 1s; } }`,
		strings.TrimPrefix(u.packagers[0].base, "http://"), strings.TrimPrefix(u.packagers[1].base, "http://"), port))
	return awaitFront(t, u, port)
}

// proxyFront puts the proxy before them: the binary that BIN names, or the one built.
func proxyFront(t *testing.T, u *upstream) (base string) {
	t.Helper()
	path := os.Getenv("BIN")
	if path == "" {
		path = harness.Binary(t)
	}
	port := harness.Ports(t, 1)[0]
	dir := harness.Folder(t)
	cmd := exec.Command(path, "proxy")
	cmd.Env = append(os.Environ(), "PROXY_PORT="+strconv.Itoa(port), "PACKAGERS="+u.packagers[0].base+","+u.packagers[1].base,
		"ORIGIN_URL=none", "LOG_LEVEL=info", "RUN_PATH="+filepath.Join(dir, "run"), "STATE_PATH="+filepath.Join(dir, "state"))
	harness.Serve(t, cmd)
	return awaitFront(t, u, port)
}

// awaitFront waits until a front serves the playlist. A front that never does is no
// failure here: the players will show it.
func awaitFront(t *testing.T, u *upstream, port int) (base string) {
	t.Helper()
	base = fmt.Sprintf("http://127.0.0.1:%d", port)
	var last string
	if !harness.Within(8*time.Second, func() bool {
		status, b, err := harness.Get(base + u.kind.playlist)
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
%[5]s }`, dir, global, harness.NginxUser(), besides, http)
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(harness.Tool("nginx"), "-c", config, "-e", filepath.Join(dir, "error.log"))
	harness.Serve(t, cmd)
	return cmd
}
