package bench

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// The contenders, each tuned for this work as an expert would: no access log, no limit
// on a connection's requests, queues for all connections that the loads open.

// contender is one server that is measured.
type contender struct {
	name string
	base string
	pids func() []int // its processes
	// keeps is where it keeps its copy of the content; cached is how many bytes of that
	// are in its own memory.
	keeps  string
	cached func() float64
}

// everyContender starts them, ours first, in front of one nginx as the origin, and
// fills their caches with the show. It makes the folder root for them.
func everyContender(t *testing.T, root, www string) []contender {
	t.Helper()
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	ports := harness.Ports(t, 6)
	upstream := fmt.Sprintf("127.0.0.1:%d", ports[0])
	startNginx(t, root, "origin", ports[0], "", "location / { root "+www+"; }")
	list := []contender{
		ours(t, root, ports[1], "http://"+upstream),
		startNginx(t, root, "static", ports[2], openFiles, "location / { root "+www+"; }"),
		startNginx(t, root, "cache", ports[3], openFiles+cacheOf(root, upstream), cacheLocation("/", "1s")+cacheLocation(`~ \.ts$`, "60s")),
		startVarnish(t, root, ports[4], ports[0]),
		startHAProxy(t, root, ports[5], ports[0]),
	}
	for _, c := range list {
		fetchWindow(t, c)
	}
	return list
}

// fetchWindow makes a contender cache all that the playlist lists.
func fetchWindow(t *testing.T, c contender) {
	t.Helper()
	for msn := firstMSN; msn < firstMSN+windowLength; msn++ {
		status, b, err := harness.Get(c.base + "/show/" + segmentName(msn))
		if err != nil || status != http.StatusOK || len(b) != segmentBytes {
			t.Fatalf("%s: %s: status %d, %d bytes, %v", c.name, segmentName(msn), status, len(b), err)
		}
	}
}

// serveUntilTheEnd starts a command, waits until it answers, and ends it with the
// test.
func serveUntilTheEnd(t *testing.T, base string, cmd *exec.Cmd) func() []int {
	t.Helper()
	harness.Serve(t, cmd)
	harness.Await(t, 10*time.Second, fmt.Sprintf("an answer of %v", cmd.Args), func() error {
		status, _, err := harness.Get(base + benchPlaylist)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d", status)
		}
		return err
	})
	return func() []int { return groupOf(cmd.Process.Pid) }
}

func ours(t *testing.T, root string, port int, packagers string) contender {
	t.Helper()
	path := harness.Binary(t)
	cmd := exec.Command(path, "proxy")
	cmd.Env = append(os.Environ(), "PACKAGERS="+packagers, "ORIGIN_URL=none", "PROXY_PORT="+strconv.Itoa(port), "PROXY_ADMIN=public",
		"STATE_PATH="+root, "CACHE_PATH="+root, "LOG_LEVEL=error", "PROXY_IDLE=1h")
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	return contender{"livestream-tui", base, serveUntilTheEnd(t, base, cmd), "memory", func() float64 {
		_, b, err := harness.Get(base + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		return firstNumber(t, proxyCacheBytes, b)
	}}
}

var (
	proxyCacheBytes   = regexp.MustCompile(`(?m)^proxy_cache_bytes (\S+)`)
	varnishCacheBytes = regexp.MustCompile(`SMA\.s0\.g_bytes\s+(\d+)`)
)

func firstNumber(t *testing.T, re *regexp.Regexp, text []byte) float64 {
	t.Helper()
	m := re.FindSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in\n%s", re, text)
	}
	f, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func nothingCached() float64 { return 0 }

const openFiles = "open_file_cache max=1000; open_file_cache_valid 1s;"

func cacheOf(root, upstream string) string {
	return fmt.Sprintf("proxy_cache_path %s/nginx-cache-files keys_zone=c:10m max_size=2g use_temp_path=off; upstream up { server %s; keepalive 64; }", root, upstream)
}

func cacheLocation(match, ttl string) string {
	return fmt.Sprintf("location %s { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_cache c; proxy_cache_lock on; proxy_cache_background_update on; proxy_cache_use_stale updating error timeout http_500 http_502 http_503; proxy_cache_valid 200 %s; }\n", match, ttl)
}

// startNginx starts an nginx with more directives for its http and server blocks.
func startNginx(t *testing.T, root, name string, port int, http, server string) contender {
	t.Helper()
	dir := filepath.Join(root, "nginx-"+name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`daemon off; worker_processes auto; pid %[1]s/pid; error_log %[1]s/error.log crit; %[5]s
events { worker_connections 20000; multi_accept on; }
http { access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 10m;
client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; } %[2]s
server { listen 127.0.0.1:%[3]d reuseport backlog=20000; %[4]s } }`, dir, http, port, server, harness.NginxUser())
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	cmd := exec.Command(harness.Tool("nginx"), "-c", config, "-e", filepath.Join(dir, "error.log"))
	return contender{"nginx " + name, base, serveUntilTheEnd(t, base, cmd), "files", nothingCached}
}

// varnishTuning allows 10,000 connections, each of which may need a thread, and turns
// the log of requests off.
var varnishTuning = []string{
	"thread_pools=2", "thread_pool_min=100", "thread_pool_max=6000", "thread_queue_limit=20000", "listen_depth=20000", "timeout_idle=600",
	"vsl_mask=-Begin,-End,-ReqStart,-ReqMethod,-ReqURL,-ReqProtocol,-ReqHeader,-ReqUnset,-ReqAcct,-RespProtocol,-RespStatus,-RespReason,-RespHeader,-RespUnset,-VCL_call,-VCL_return,-VCL_use,-Hit,-Timestamp,-Link,-SessOpen,-SessClose,-Filters",
}

func startVarnish(t *testing.T, root string, port, origin int) contender {
	t.Helper()
	vcl, dir := filepath.Join(root, "default.vcl"), filepath.Join(root, "varnish")
	text := fmt.Sprintf(`vcl 4.1; backend default { .host = "127.0.0.1"; .port = "%d"; }
sub vcl_backend_response { if (bereq.url ~ "m3u8$") { set beresp.ttl = 1s; } else { set beresp.ttl = 60s; } }`, origin)
	if err := os.WriteFile(vcl, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"-F", "-n", dir, "-a", fmt.Sprintf("127.0.0.1:%d", port), "-f", vcl, "-s", "malloc,1g"}
	for _, p := range varnishTuning {
		args = append(args, "-p", p)
	}
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	return contender{"Varnish", base, serveUntilTheEnd(t, base, exec.Command(harness.Tool("varnishd"), args...)), "memory", func() float64 {
		out, err := exec.Command(harness.Tool("varnishstat"), "-n", dir, "-1", "-f", "SMA.s0.g_bytes").Output()
		if err != nil {
			t.Fatal(err)
		}
		return firstNumber(t, varnishCacheBytes, out)
	}}
}

// haproxyMost is how many requests HAProxy has at the origin at a time, which leaves
// descriptors for 10,000 players.
const haproxyMost = 1000

// startHAProxy starts HAProxy as a load balancer, without its cache for small objects.
func startHAProxy(t *testing.T, root string, port, origin int) contender {
	t.Helper()
	config := filepath.Join(root, "haproxy.cfg")
	text := fmt.Sprintf(`global
  maxconn 12000
  ulimit-n %d
  no strict-limits
defaults
  mode http
  timeout connect 5s
  timeout queue 60s
  timeout client 600s
  timeout server 60s
  timeout http-keep-alive 600s
  http-reuse always
frontend f
  bind 127.0.0.1:%d backlog 20000
  default_backend b
backend b
  option splice-response
  server one 127.0.0.1:%d maxconn %d
`, descriptors(), port, origin, haproxyMost)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	cmd := exec.Command(harness.Tool("haproxy"), "-db", "-f", config)
	return contender{"HAProxy", base, serveUntilTheEnd(t, base, cmd), "nothing", nothingCached}
}

// descriptors is how many a process may have here. It also sets the limit, even to the
// same value: os/exec then leaves it alone for wrk and the contenders.
func descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	limit.Cur = limit.Max
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) // without it there may be fewer, which the figures show as failed
	return int(min(limit.Max, 1<<20))
}

// skipWithout skips a load for which a process may not have the descriptors.
func skipWithout(t *testing.T, connections int) {
	t.Helper()
	const besides = 1000
	if n := descriptors(); n < connections+besides {
		t.Skipf("%d connections: a process may have %d descriptors here", connections, n)
	}
}

// versions are the versions of the contenders and of wrk, on one line.
func versions() string {
	var list []string
	for _, c := range []struct{ name, flag string }{{"nginx", "-v"}, {"varnishd", "-V"}, {"haproxy", "-v"}, {"wrk", "-v"}} {
		out, _ := exec.Command(harness.Tool(c.name), c.flag).CombinedOutput() // wrk -v exits with 1
		line, _, _ := strings.Cut(string(out), "\n")
		if number := versionNumber.FindString(line); number != "" {
			line = number
		}
		list = append(list, c.name+" "+line)
	}
	return strings.Join(list, ", ")
}

var versionNumber = regexp.MustCompile(`\d+\.\d+(\.\d+)?`)
