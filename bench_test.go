package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The proxy beside nginx, Varnish and HAProxy, on the same content, in turn, several
// rounds: `make bench`. It reports medians and ratios and asserts nothing.

const (
	benchRounds  = 3
	benchSeconds = 4
	benchThreads = 2
)

// contender is one server under measure.
type contender struct {
	name string
	base string
	pids func() []int // its processes
}

// figures are of one contender, one load; each a round's.
type figures struct {
	Contender   string
	Load        string
	Connections int
	PerSecond   []float64 // requests
	CPUMicros   []float64 // per request
	MBPerSecond []float64
	RSSMB       float64
}

func TestBenchBesideThePeers(t *testing.T) {
	if os.Getenv("BENCH") == "" {
		t.Skip("minutes long: make bench runs it")
	}
	root, err := os.MkdirTemp("", "lt-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root)
	www := filepath.Join(root, "www")
	writeContent(t, www)
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 6)
	origin := startNginx(t, root, "origin", ports[0], "root "+www+";")
	upstream := fmt.Sprintf("127.0.0.1:%d", ports[0])
	list := []contender{
		ours(t, root, ports[1], "http://"+upstream),
		startNginx(t, root, "static", ports[2], "root "+www+";"),
		startNginx(t, root, "cache", ports[3], "location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_cache c; proxy_cache_lock on; proxy_cache_valid 200 1s; proxy_cache_use_stale updating error timeout http_500 http_502 http_503; location ~ \\.ts$ { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_cache c; proxy_cache_lock on; proxy_cache_valid 200 60s; } }", upstream),
		startVarnish(t, root, ports[4], ports[0]),
		startHAProxy(t, root, ports[5], ports[0]),
	}
	_ = origin
	var all []figures
	for _, load := range []struct {
		name, path  string
		connections int
	}{
		{"playlists", "/show/index.m3u8", 64},
		{"segments", "/show/seg_000105.ts", 64},
		{"playlists", "/show/index.m3u8", 1000},
		{"segments", "/show/seg_000105.ts", 1000},
	} {
		of := map[string]*figures{}
		for round := range benchRounds {
			for _, c := range list {
				if of[c.name] == nil {
					of[c.name] = &figures{Contender: c.name, Load: load.name, Connections: load.connections}
				}
				if round == 0 {
					wrk(t, c.base+load.path, load.connections, 1) // warm
				}
				before := cpuOf(c.pids())
				rate, mb, n := wrk(t, c.base+load.path, load.connections, benchSeconds)
				used := cpuOf(c.pids()) - before
				f := of[c.name]
				f.PerSecond = append(f.PerSecond, rate)
				f.MBPerSecond = append(f.MBPerSecond, mb)
				f.CPUMicros = append(f.CPUMicros, float64(used.Microseconds())/max(n, 1))
				f.RSSMB = rssOf(c.pids())
			}
		}
		for _, c := range list {
			all = append(all, *of[c.name])
		}
	}
	table := markdown(all)
	t.Log("\n" + table)
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"bench.md": []byte(table), "bench.json": b} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// writeContent makes a playlist of some 500 bytes and segments of 1.2 MB.
func writeContent(t *testing.T, www string) {
	t.Helper()
	show := filepath.Join(www, "show")
	if err := os.MkdirAll(show, 0o755); err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	list.WriteString("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:100\n")
	packet := bytes.Repeat([]byte{0xff}, 188)
	packet[0], packet[1], packet[2], packet[3] = 0x47, 0x1f, 0xff, 0x10 // null packets
	body := bytes.Repeat(packet, 1_200_000/188)
	for n := 100; n < 112; n++ {
		name := fmt.Sprintf("seg_%06d.ts", n)
		fmt.Fprintf(&list, "#EXTINF:4.00000,\n%s\n", name)
		if err := os.WriteFile(filepath.Join(show, name), body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(show, "index.m3u8"), []byte(list.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// serveUntilTheEnd starts a command, waits until it answers, and ends it with the
// test.
func serveUntilTheEnd(t *testing.T, base string, cmd *exec.Cmd) func() []int {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var says bytes.Buffer
	cmd.Stderr, cmd.Stdout = &says, &says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
		_ = cmd.Wait()                                      // by the signal
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		status, _, err := get(base + "/show/index.m3u8")
		if err == nil && status == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v does not answer: %d %v\n%s", cmd.Args, status, err, says.String())
		}
	}
	return func() []int { return groupOf(cmd.Process.Pid) }
}

func ours(t *testing.T, root string, port int, packagers string) contender {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "proxy")
	cmd.Env = append(os.Environ(), "PACKAGERS="+packagers, "ORIGIN_URL=none", "PROXY_PORT="+strconv.Itoa(port),
		"STATE_PATH="+root, "CACHE_PATH="+root, "LOG_LEVEL=error", "PROXY_IDLE=1h")
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	return contender{"livestream-tui", base, serveUntilTheEnd(t, base, cmd)}
}

func startNginx(t *testing.T, root, name string, port int, location string, upstream ...string) contender {
	t.Helper()
	dir := filepath.Join(root, "nginx-"+name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	up := ""
	if len(upstream) > 0 {
		up = fmt.Sprintf("proxy_cache_path %s/cache keys_zone=c:10m max_size=200m; upstream up { server %s; keepalive 64; }", dir, upstream[0])
	}
	text := fmt.Sprintf(`user root; daemon off; worker_processes 2; worker_rlimit_nofile 65536; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 20000; multi_accept on; }
http { access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; open_file_cache max=100;
client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; } %[2]s
server { listen 127.0.0.1:%[3]d backlog=20000; %[4]s } }`, dir, up, port, location)
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	cmd := exec.Command(tool("nginx"), "-c", config, "-e", filepath.Join(dir, "error.log"))
	return contender{"nginx " + name, base, serveUntilTheEnd(t, base, cmd)}
}

func startVarnish(t *testing.T, root string, port, origin int) contender {
	t.Helper()
	vcl := filepath.Join(root, "default.vcl")
	text := fmt.Sprintf(`vcl 4.1; backend default { .host = "127.0.0.1"; .port = "%d"; }
sub vcl_backend_response { if (bereq.url ~ "m3u8$") { set beresp.ttl = 1s; } else { set beresp.ttl = 60s; } }`, origin)
	if err := os.WriteFile(vcl, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	cmd := exec.Command(tool("varnishd"), "-F", "-n", filepath.Join(root, "varnish"), "-a", fmt.Sprintf("127.0.0.1:%d", port), "-f", vcl, "-s", "malloc,256m")
	return contender{"Varnish", base, serveUntilTheEnd(t, base, cmd)}
}

func startHAProxy(t *testing.T, root string, port, origin int) contender {
	t.Helper()
	config := filepath.Join(root, "haproxy.cfg")
	text := fmt.Sprintf(`global
  maxconn 9000
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend f
  bind 127.0.0.1:%d
  default_backend b
backend b
  server one 127.0.0.1:%d
`, port, origin)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	return contender{"HAProxy", base, serveUntilTheEnd(t, base, exec.Command(tool("haproxy"), "-db", "-f", config))}
}

// tool is where a command is: Debian's servers are not in every PATH.
func tool(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return "/usr/sbin/" + name
}

var (
	wrkRate  = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)
	wrkCount = regexp.MustCompile(`(\d+) requests in`)
	wrkBytes = regexp.MustCompile(`Transfer/sec:\s+([\d.]+)([KMG])B`)
)

// wrk loads a URL and returns requests a second, MB a second, and requests.
func wrk(t *testing.T, url string, connections, seconds int) (rate, mb, n float64) {
	t.Helper()
	out, err := exec.Command(tool("wrk"), "-t", strconv.Itoa(benchThreads), "-c", strconv.Itoa(connections), "-d", strconv.Itoa(seconds)+"s", url).CombinedOutput()
	if err != nil {
		t.Fatalf("wrk: %v\n%s", err, out)
	}
	number := func(re *regexp.Regexp) float64 {
		m := re.FindSubmatch(out)
		if m == nil {
			t.Fatalf("wrk says\n%s", out)
		}
		f, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if bytes.Contains(out, []byte("Non-2xx")) {
		t.Logf("%s: wrk says\n%s", url, out)
	}
	mb = number(wrkBytes) * map[string]float64{"K": 1.0 / 1024, "M": 1, "G": 1024}[string(wrkBytes.FindSubmatch(out)[2])]
	return number(wrkRate), mb, number(wrkCount)
}

// groupOf are the live processes of a group.
func groupOf(group int) []int {
	out, err := exec.Command("ps", "-eo", "pid=,pgid=,ppid=").Output()
	if err != nil {
		return nil
	}
	pids := map[int]bool{group: true}
	for again := true; again; { // Varnish's child leads a group of its own
		again = false
		for _, line := range strings.Split(string(out), "\n") {
			f := strings.Fields(line)
			if len(f) != 3 {
				continue
			}
			pid, _ := strconv.Atoi(f[0])
			pgid, _ := strconv.Atoi(f[1])
			ppid, _ := strconv.Atoi(f[2])
			if !pids[pid] && (pgid == group || pids[ppid]) {
				pids[pid], again = true, true
			}
		}
	}
	var list []int
	for pid := range pids {
		list = append(list, pid)
	}
	return list
}

// cpuOf is the CPU time that processes have used, RSS their memory in MB.
func cpuOf(pids []int) time.Duration {
	var ticks int64
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		for _, i := range []int{11, 12} {
			n, _ := strconv.ParseInt(f[i], 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

func rssOf(pids []int) float64 {
	var pages int64
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if err != nil {
			continue
		}
		if f := strings.Fields(string(b)); len(f) > 1 {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			pages += n
		}
	}
	return float64(pages*int64(os.Getpagesize())) / 1e6
}

func median(list []float64) float64 {
	list = slices.Clone(list)
	slices.Sort(list)
	return list[len(list)/2]
}

// markdown is a table for each load; the ratio is ours to the contender's.
func markdown(all []figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rounds of %d s in turn, wrk with %d threads on the same %d cores; medians; ratio is ours to theirs.\n",
		benchRounds, benchSeconds, benchThreads, runtime.NumCPU())
	load := ""
	var us figures
	for _, f := range all {
		if at := fmt.Sprintf("%s, %d connections", f.Load, f.Connections); at != load {
			load, us = at, f
			fmt.Fprintf(&b, "\n| %s | requests/s | ratio | MB/s | CPU µs/request | RSS MB |\n|---|---|---|---|---|---|\n", load)
		}
		fmt.Fprintf(&b, "| %s | %.0f | %.2f | %.0f | %.1f | %.0f |\n", f.Contender, median(f.PerSecond),
			median(us.PerSecond)/median(f.PerSecond), median(f.MBPerSecond), median(f.CPUMicros), f.RSSMB)
	}
	return b.String()
}
