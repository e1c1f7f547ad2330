//go:build linux

package bench

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// secureLoad is a load with TLS. wrk asks in HTTP/1.1, h2load in HTTP/2, one request at a
// time on each connection.
type secureLoad struct {
	name, path string
	http2      bool
	bulky      bool
}

var secureLoads = []secureLoad{
	{"playlists, HTTP/1.1", benchPlaylist, false, false},
	{"segments, HTTP/1.1", benchSegment, false, true},
	{"playlists, HTTP/2", benchPlaylist, true, false},
	{"segments, HTTP/2", benchSegment, true, true},
}

const (
	secureConnections = 64
	secureSeconds     = 3
	// secureSuite is the cipher suite that all contenders are to use.
	secureSuite = tls.TLS_AES_128_GCM_SHA256
)

// TestBenchTLS measures the proxy beside nginx, both with TLS 1.3 and the same cipher.
func TestBenchTLS(t *testing.T) {
	benching(t)
	descriptors() // before any is started
	root, err := os.MkdirTemp("", "lt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) }) // a temporary folder: no harm if it stays
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	www := filepath.Join(root, "www")
	writeShow(t, filepath.Join(www, "show"), 4*time.Second)
	cert, key := benchPair(t, root)
	t.Setenv("PROXY_TLS_CERT", cert)
	t.Setenv("PROXY_TLS_KEY", key)
	ports := harness.Ports(t, 6)
	upstream := fmt.Sprintf("127.0.0.1:%d", ports[0])
	startNginx(t, root, "origin", ports[0], "", "location / { root "+www+"; }")
	secure := func(port int) string {
		return fmt.Sprintf("listen 127.0.0.1:%d ssl http2 reuseport backlog=20000; ssl_certificate %s; ssl_certificate_key %s; ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; ",
			port, cert, key)
	}
	list := []contender{
		ours(t, root, ports[1], "http://"+upstream),
		startNginx(t, root, "static", ports[2], openFiles, secure(ports[3])+"location / { root "+www+"; }"),
		startNginx(t, root, "cache", ports[4], openFiles+cacheOf(root, upstream), secure(ports[5])+cacheLocation("/", "1s")+cacheLocation(`~ \.ts$`, "60s")),
	}
	for i := range list {
		fetchWindow(t, list[i])
		list[i].base = fmt.Sprintf("https://127.0.0.1:%d", ports[2*i+1])
		checkSuite(t, list[i].base)
	}
	var all []figures
	for _, l := range secureLoads {
		t.Run(l.name, func(t *testing.T) { all = append(all, l.measure(t, list)...) })
	}
	if len(all) > 0 {
		addToReport(t, "The proxy beside nginx: TLS", machine()+secureTable(all, rounds(t)), all)
	}
}

// measure loads the contenders in turn, round by round.
func (l secureLoad) measure(t *testing.T, list []contender) []figures {
	of := make([]figures, len(list))
	for round := range rounds(t) {
		for i, c := range list {
			f := &of[i]
			if round == 0 {
				*f = figures{Contender: c.name, Load: l.name, Connections: secureConnections, bulky: l.bulky, secondsOfLoad: secureSeconds}
				l.load(t, c.base, 1) // warm
			}
			f.measureWith(c, l.bulky, func() wrkResult { return l.load(t, c.base, secureSeconds) })
			t.Logf("%s, round %d: %s", l.name, round+1, f.last())
		}
	}
	return of
}

func (l secureLoad) load(t *testing.T, base string, seconds int) wrkResult {
	t.Helper()
	if l.http2 {
		return h2load(t, base+l.path, secureConnections, seconds)
	}
	return wrk(t, base+l.path, secureConnections, seconds)
}

func secureTable(all []figures, rounds int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
Medians of %d rounds in turn, %d connections, %d s each, TLS 1.3 with %s; wrk and h2load with %d threads, one request at a time on each
connection. The ratio is ours to theirs, of requests/s for playlists and of MB/s for segments. CPU is the contender's own.
`, rounds, secureConnections, secureSeconds, tls.CipherSuiteName(secureSuite), benchThreads)
	at, us := "", figures{}
	for _, f := range all {
		if f.Load != at {
			at, us = f.Load, f
			fmt.Fprintf(&b, "\n| %s | requests/s | ratio | MB/s | CPU µs/request | CPU s/GB | RSS MB | failed |\n|---|---|---|---|---|---|---|---|\n", at)
		}
		fmt.Fprintf(&b, "| %s | %.0f | %.2f | %.0f | %.1f | %.2f | %.0f | %d |\n", f.Contender, median(f.PerSecond),
			us.speed()/f.speed(), median(f.MBPerSecond), median(f.CPUMicros), median(f.CPUPerGB), median(f.RSSMB), f.Failed)
	}
	return b.String()
}

// checkSuite fails the test unless a server uses secureSuite.
func checkSuite(t *testing.T, base string) {
	t.Helper()
	c, err := tls.Dial("tcp", strings.TrimPrefix(base, "https://"), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // only the cipher matters
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if s := c.ConnectionState(); s.Version != tls.VersionTLS13 || s.CipherSuite != secureSuite {
		t.Fatalf("%s: got %s with %s", base, tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite))
	}
}

// benchPair writes a certificate and its key.
func benchPair(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, made, made, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

var (
	h2loadCount = regexp.MustCompile(`requests: \d+ total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed`)
	h2loadBytes = regexp.MustCompile(`\((\d+)\) data`)
)

// h2load loads a URL with HTTP/2.
func h2load(t *testing.T, url string, connections, seconds int) wrkResult {
	t.Helper()
	out, err := exec.Command(harness.Tool("h2load"), "-t", strconv.Itoa(benchThreads), "-c", strconv.Itoa(connections), "-m", "1",
		"-D", strconv.Itoa(seconds), url).CombinedOutput()
	if err != nil {
		t.Fatalf("h2load: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "Application protocol: h2") {
		t.Fatalf("h2load does not use HTTP/2:\n%s", out)
	}
	return wrkResult{
		requests: firstNumber(t, h2loadCount, out), bytes: firstNumber(t, h2loadBytes, out), seconds: float64(seconds), failed: h2loadFailed(t, out),
	}
}

func h2loadFailed(t *testing.T, out []byte) int {
	t.Helper()
	m := h2loadCount.FindSubmatch(out)
	n, err := strconv.Atoi(string(m[2]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
