package packager

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/packager/disktest"
)

const patience = 20 * time.Second

// running is a packager that runs, over HTTP.
type running struct {
	t       *testing.T
	s       *Service
	url     string       // of its address
	control string       // of its socket
	step    atomic.Int64 // by which its clock was set forward, in ns
	stop    func()
}

// run starts a packager of the folder; peers are base URLs, beside its own.
func run(t *testing.T, output string, peers ...string) *running {
	t.Helper()
	return runNamed(t, "server1", output, peers...)
}

func runNamed(t *testing.T, name, output string, peers ...string) *running {
	t.Helper()
	return runWith(t, service.Environment{"OUTPUT_STREAM_PATH": output, "PACKAGER_NAME": name}, peers...)
}

// runWith runs a packager with these settings.
func runWith(t *testing.T, e service.Environment, peers ...string) *running {
	t.Helper()
	return runPrepared(t, e, func(*running) {}, peers...)
}

// runPrepared runs a packager with these settings, once it is prepared.
func runPrepared(t *testing.T, e service.Environment, prepare func(*running), peers ...string) *running {
	t.Helper()
	name := e["PACKAGER_NAME"]
	e["HOME"], e["WINDOW_SEGMENTS"] = "/nowhere", "4"
	c, err := ConfigFromEnv(e)
	if err != nil {
		t.Fatal(err)
	}
	common := service.Common{LogFormat: "json", LogLevel: "debug"}
	k := service.NewKit(name, common, service.Environment{}, io.Discard)
	s, err := New(c, k)
	if err != nil {
		t.Fatal(err)
	}
	address := httptest.NewServer(service.Handler(s, k))
	t.Cleanup(address.Close)
	// It is among its own peers, unless it has none: what it asks itself would count
	// among the requests that are held.
	s.config.Topology.Packagers = peers
	if len(peers) > 0 {
		s.config.Topology.Packagers = append(peers, address.URL)
	}
	r := &running{t: t, s: s, url: address.URL}
	began := time.Now()
	s.now = func() time.Time { // segment 100 is being made
		return time.Unix(201, 0).Add(time.Since(began) + time.Duration(r.step.Load()))
	}
	prepare(r)
	socket := httptest.NewServer(service.SocketHandler(s, k))
	t.Cleanup(socket.Close)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	r.control = socket.URL
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: got %v, want a clean end", err)
			}
		case <-time.After(patience):
			t.Error("Run does not return")
		}
	}
	t.Cleanup(r.stop)
	return r
}

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // of the body
}

func (r *running) do(method, path string, header ...string) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return send(r.t, req)
}

func send(t *testing.T, req *http.Request) answer {
	t.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(b), err}
}

func (r *running) get(path string, header ...string) answer {
	r.t.Helper()
	return r.do(http.MethodGet, path, header...)
}

// list is the playlist as it is served.
func (r *running) list() *m3u8.MediaPlaylist {
	r.t.Helper()
	a := r.get("/live01/playlist.m3u8")
	p, err := m3u8.ParseMedia([]byte(a.body))
	if err != nil {
		r.t.Fatalf("playlist: %v, status %d\n%s", err, a.status, a.body)
	}
	return p
}

// await waits until a condition holds.
// awaitMSN waits until a segment is listed.
func (r *running) awaitMSN(msn int64) {
	r.t.Helper()
	servicetest.Await(r.t, fmt.Sprintf("msn %d", msn), func() bool {
		snap, _ := r.s.sink.Find("live01")
		return snap != nil && snap.Newest() == msn
	})
}

func TestAPlaylistOfItsOwn(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 105)
	r := run(t, d.Output)
	r.awaitMSN(105)
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=6
#EXT-X-MEDIA-SEQUENCE:102
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init-aaaa.mp4"
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:24.000Z
#EXTINF:2,
102.m4s
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:26.000Z
#EXTINF:2,
103.m4s
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:28.000Z
#EXTINF:2,
104.m4s
#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:30.000Z
#EXTINF:2,
105.m4s
`
	if got := r.get("/live01/playlist.m3u8"); got.body != want {
		t.Errorf("got\n%s\nwant\n%s", got.body, want)
	}
	if errs := r.list().Check(); errs != nil {
		t.Errorf("got the broken rules %v, want none", errs)
	}
	for name, want := range map[string][]byte{"105.m4s": disktest.SegmentOf(105, "live01"), "init-aaaa.mp4": disktest.InitOf("init-aaaa.mp4"), "100.m4s": disktest.SegmentOf(100, "live01")} {
		if got := r.get("/live01/" + name); got.status != 200 || got.body != string(want) {
			t.Errorf("%s: got %d and %d bytes, want 200 and the file's bytes", name, got.status, len(got.body))
		}
	}
	d.Publish(106, 106)
	r.awaitMSN(106)
	if got := r.list(); got.MediaSequence != 103 || !strings.Contains(r.get("/live01/playlist.m3u8").body, "106.m4s") {
		t.Errorf("got media sequence %d, want 103, and 106.m4s listed", got.MediaSequence)
	}
}
