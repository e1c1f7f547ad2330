package packager

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/packager/disktest"
)

func TestAnswersOfPlaylistsAndMedia(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	body := string(disktest.SegmentOf(103, "live01"))
	tag := r.get("/live01/103.m4s").header.Get("ETag")
	listTag := r.get("/live01/playlist.m3u8").header.Get("ETag")
	for _, c := range []struct {
		name, path string
		header     []string
		status     int
		want       map[string]string
		body       string // not compared when empty
	}{
		{"a playlist", "/live01/playlist.m3u8", nil, 200, map[string]string{"Content-Type": "application/vnd.apple.mpegurl", "Cache-Control": "public, max-age=1"}, ""},
		{"a playlist with the tag of the one that is there", "/live01/playlist.m3u8", []string{"If-None-Match", listTag}, 304, map[string]string{"ETag": listTag}, ""},
		{"a segment", "/live01/103.m4s", nil, 200, map[string]string{"Content-Type": "video/mp4", "Cache-Control": "public, max-age=31536000, immutable", "ETag": tag, "Accept-Ranges": "bytes", "Content-Length": fmt.Sprint(len(body))}, body},
		{"an init section", "/live01/init-aaaa.mp4", nil, 200, map[string]string{"Content-Type": "video/mp4", "Cache-Control": "public, max-age=31536000, immutable"}, string(disktest.InitOf("init-aaaa.mp4"))},
		{"a segment that the client has", "/live01/103.m4s", []string{"If-None-Match", tag}, 304, map[string]string{"ETag": tag}, ""},
		{"a segment of which the client has another", "/live01/103.m4s", []string{"If-None-Match", `"other"`}, 200, nil, body},
		{"a range", "/live01/103.m4s", []string{"Range", "bytes=100-299"}, 206, map[string]string{"Content-Range": fmt.Sprintf("bytes 100-299/%d", len(body)), "Content-Length": "200", "ETag": tag}, body[100:300]},
		{"the rest", "/live01/103.m4s", []string{"Range", "bytes=99000-"}, 206, nil, body[99000:]},
		{"the rest of the same bytes", "/live01/103.m4s", []string{"Range", "bytes=99000-", "If-Range", tag}, 206, nil, body[99000:]},
		{"the rest of other bytes", "/live01/103.m4s", []string{"Range", "bytes=99000-", "If-Range", `"other"`}, 200, nil, body},
		{"a range beyond the end", "/live01/103.m4s", []string{"Range", "bytes=200000-"}, 416, map[string]string{"Content-Range": fmt.Sprintf("bytes */%d", len(body))}, ""},
		{"gzip is not done", "/live01/103.m4s", []string{"Accept-Encoding", "gzip"}, 200, map[string]string{"Content-Encoding": ""}, body},
		{"a segment from the future", "/live01/104.m4s", nil, 404, map[string]string{"Cache-Control": "no-store", "Content-Type": "application/json"}, ""},
		{"a segment from the past", "/live01/1.m4s", nil, 404, map[string]string{"Cache-Control": "no-store"}, ""},
		{"no such signal", "/live02/playlist.m3u8", nil, 404, map[string]string{"Cache-Control": "no-store"}, "{\n  \"error\": \"no signal \\\"live02\\\"\"\n}\n"},
		{"nothing", "/live01", nil, 404, map[string]string{"Cache-Control": "no-store"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := r.get(c.path, c.header...)
			if got.status != c.status || got.err != nil || c.body != "" && got.body != c.body {
				t.Errorf("got %d, %v and %d bytes, want %d and %d bytes", got.status, got.err, len(got.body), c.status, len(c.body))
			}
			for name, want := range c.want {
				if v := got.header.Get(name); v != want {
					t.Errorf("%s: got %q, want %q", name, v, want)
				}
			}
			for name, want := range map[string]string{"X-Packager": "server1", "X-Packager-Instance": r.s.instance, "Access-Control-Allow-Origin": "*", "Age": ""} {
				if v := got.header.Get(name); v != want {
					t.Errorf("%s: got %q, want %q", name, v, want)
				}
			}
			if v := got.header.Get("Access-Control-Expose-Headers"); !strings.Contains(v, "X-Packager") || !strings.Contains(v, "ETag") {
				t.Errorf("exposed are %q, want our headers among them", v)
			}
			head := r.do(http.MethodHead, c.path, c.header...)
			got.header.Del("Date")
			head.header.Del("Date")
			if head.status != got.status || head.body != "" || fmt.Sprint(head.header) != fmt.Sprint(got.header) {
				t.Errorf("HEAD: got %d %v, want GET's %d %v", head.status, head.header, got.status, got.header)
			}
		})
	}
}

func TestEveryAnswerWithMediaHasTheDigestOfTheWhole(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	digest := func(b []byte) string {
		sum := sha256.Sum256(b)
		return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	}
	segment, init := digest(disktest.SegmentOf(103, "live01")), digest(disktest.InitOf(d.Init))
	for _, c := range []struct {
		name, path string
		header     []string
		status     int
		want       string
	}{
		{"a segment", "/live01/103.m4s", nil, 200, segment},
		{"an init section", "/live01/init-aaaa.mp4", nil, 200, init},
		{"a range", "/live01/103.m4s", []string{"Range", "bytes=100-299"}, 206, segment},
		{"two ranges", "/live01/103.m4s", []string{"Range", "bytes=0-1,100-299"}, 206, segment},
		{"nothing new", "/live01/103.m4s", []string{"If-None-Match", "*"}, 304, ""},
		{"a range beyond the end", "/live01/103.m4s", []string{"Range", "bytes=200000-"}, 416, ""},
		{"nothing", "/live01/104.m4s", nil, 404, ""},
		{"a playlist", "/live01/playlist.m3u8", nil, 200, ""},
	} {
		got := r.get(c.path, c.header...)
		if got.status != c.status || got.header.Get("Repr-Digest") != c.want {
			t.Errorf("%s: got %d and the digest %q, want %d and %q", c.name, got.status, got.header.Get("Repr-Digest"), c.status, c.want)
		}
	}
	// So that flipped bytes show: it is that of the honest ones.
	setFault(t, r, `{"mode":"corrupt"}`)
	if got := r.get("/live01/103.m4s"); got.header.Get("Repr-Digest") != segment || digest([]byte(got.body)) == segment {
		t.Errorf("flipped bytes: got the digest %q of a body with %q, want %q", got.header.Get("Repr-Digest"), digest([]byte(got.body)), segment)
	}
}

func TestOtherMethods(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	for _, path := range []string{"/live01/playlist.m3u8", "/live01/103.m4s"} {
		got := r.do(http.MethodOptions, path, "Origin", "http://player.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "range")
		if got.status != 204 || got.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "Range") || !strings.Contains(got.header.Get("Access-Control-Allow-Methods"), "HEAD") {
			t.Errorf("OPTIONS %s: got %d %v, want a preflight's answer", path, got.status, got.header)
		}
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
			if got := r.do(method, path); got.status != 405 || got.header.Get("Allow") != "GET, HEAD, OPTIONS" || got.header.Get("X-Packager") != "server1" {
				t.Errorf("%s %s: got %d %v, want 405 with Allow", method, path, got.status, got.header)
			}
		}
	}
	if got := r.get("/healthz"); got.status != 200 {
		t.Errorf("/healthz: got %d, want 200", got.status)
	}
}

// raw sends a request line as it stands; clients clean paths.
func raw(t *testing.T, base, target string) (int, string) {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", target)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestNothingOutsideASignalsFolderIsServed(t *testing.T) {
	root := t.TempDir()
	output := filepath.Join(root, "output")
	d := disktest.New(t, output)
	d.Publish(100, 103)
	const secret = "do not show"
	other := disktest.New(t, root) // beside the output, not in it
	other.Signal = "secret"
	other.Check(os.MkdirAll(other.Path(""), 0o755))
	other.Publish(100, 103)
	for _, err := range []error{
		os.WriteFile(filepath.Join(root, "secret.txt"), []byte(secret), 0o644),
		os.WriteFile(d.Path("secret.txt"), []byte(secret), 0o644),
		os.Symlink(other.Path(""), filepath.Join(output, "linked")),
		os.Symlink(filepath.Join("..", "..", "secret", "99.m4s"), d.Path("99.m4s")),
		os.WriteFile(other.Path("99.m4s"), disktest.SegmentOf(99, secret), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := run(t, output)
	r.awaitMSN(103)
	// Until all folders are read, a name that is not known may be one that is to come.
	servicetest.Await(t, "all folders are read", r.s.source.Complete)
	for _, target := range []string{
		"/../secret.txt", "/live01/../secret.txt", "/live01/../../secret.txt", "/live01/..", "/..", "/../..", "/./live01/playlist.m3u8",
		"/%2e%2e/secret.txt", "/live01/%2e%2e", "/live01/%2e%2e%2fsecret.txt", "/live01/..%2f..%2fsecret.txt", "/live01%2f..%2fsecret.txt",
		"/%2e%2e/playlist.m3u8", "/..%2fsecret/playlist.m3u8", "/live01/..%5csecret.txt", "/live01/.%00./secret.txt", "//live01/playlist.m3u8",
		"/live01/secret.txt", "/live01/99.m4s", "/linked/playlist.m3u8", "/linked/100.m4s", "/live01//103.m4s", "/live01/.new-1.m4s",
	} {
		if status, body := raw(t, r.url, target); status != 404 && status != 400 || strings.Contains(body, secret) {
			t.Errorf("GET %s: got %d %.80q, want 404 or 400", target, status, body)
		}
	}
}

func TestBlockingReload(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	for _, c := range []struct {
		query  string
		status int
	}{
		{"_HLS_msn=103", 200}, {"_HLS_msn=1", 200}, {"_HLS_msn=0&_HLS_part=3", 200}, {"_HLS_skip=YES", 200}, {"x=y", 200},
		{"_HLS_msn=106", 400}, {"_HLS_msn=9223372036854775807", 400}, {"_HLS_msn=9223372036854775808", 400},
		{"_HLS_msn=-1", 400}, {"_HLS_msn=", 400}, {"_HLS_msn=x", 400}, {"_HLS_part=0", 400}, {"_HLS_msn=103&_HLS_part=x", 400},
	} {
		if got := r.get("/live01/playlist.m3u8?" + c.query); got.status != c.status || c.status == 400 && got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %d %s, want %d", c.query, got.status, got.body, c.status)
		}
	}
	answers := make(chan answer, 3)
	for range 3 {
		go func() { answers <- r.get("/live01/playlist.m3u8?_HLS_msn=105") }()
	}
	servicetest.Await(t, "three held requests", func() bool { return r.s.held.Load() == 3 })
	d.Publish(104, 104)
	r.awaitMSN(104)
	select {
	case a := <-answers:
		t.Fatalf("answered before msn 105 was there: %d\n%s", a.status, a.body)
	default:
	}
	d.Publish(105, 105)
	for range 3 {
		if a := <-answers; a.status != 200 || !strings.Contains(a.body, "105.m4s") || a.header.Get("Cache-Control") != playlistCache {
			t.Errorf("got %d\n%s\nwant a playlist with msn 105", a.status, a.body)
		}
	}
	servicetest.Await(t, "nobody held", func() bool { return r.s.held.Load() == 0 })
}

func TestAHoldEnds(t *testing.T) {
	t.Parallel()
	d := disktest.New(t, t.TempDir())
	d.List.TargetDuration, d.Grid.Segment = 1, time.Second
	d.Publish(200, 200)
	r := run(t, d.Output)
	r.awaitMSN(200)
	t.Run("after three target durations", func(t *testing.T) {
		if got := r.get("/live01/playlist.m3u8?_HLS_msn=201"); got.status != 503 || got.header.Get("Retry-After") != "1" {
			t.Errorf("got %d %v, want 503 with Retry-After", got.status, got.header)
		}
	})
	t.Run("when the packager stops", func(t *testing.T) {
		answers := make(chan answer, 1)
		go func() { answers <- r.get("/live01/playlist.m3u8?_HLS_msn=201") }()
		servicetest.Await(t, "a held request", func() bool { return r.s.held.Load() == 1 })
		r.stop()
		if got := <-answers; got.status != 503 || !strings.Contains(got.body, "stopping") {
			t.Errorf("got %d %s, want 503 that says so", got.status, got.body)
		}
	})
}

func TestRequestsAreCounted(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	r.get("/live01/103.m4s")
	r.get("/live01/nosuch.m4s")
	d.Publish(104, 104)
	r.awaitMSN(104)
	metrics := r.get("/metrics").body
	for _, want := range []string{`packager_newest_msn{signal="live01"} 104`, `packager_requests_total{class="4xx"} 1`, `packager_publish_delay_seconds_count 1`, `packager_held_bytes{signal="live01"} `} {
		if !strings.Contains(metrics, want) {
			t.Errorf("got no %s among\n%s", want, metrics)
		}
	}
}
