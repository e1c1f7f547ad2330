package packager

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/packager/disktest"
	"livestream-tui/services/packager/source/folder"
)

func TestHalfWrittenFilesAreNeverServed(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	// A worker that does not rename: the segment grows in place, and is listed
	// already.
	whole := disktest.SegmentOf(104, "live01")
	d.Check(os.WriteFile(d.Path("104.m4s"), whole[:len(whole)/2], 0o644))
	d.Check(os.WriteFile(d.Path(".new-105.m4s"), whole, 0o644))
	d.Add(104)
	text := d.List.Encode()
	d.Write(media.PlaylistName, text)
	// A second signal shows that the packager has looked.
	marker := disktest.New(t, d.Output)
	marker.Signal = "live02"
	marker.Check(os.MkdirAll(marker.Path(""), 0o755))
	marker.Publish(100, 103)
	servicetest.Await(t, "live02", func() bool { snap, _ := r.s.sink.Find("live02"); return snap != nil })
	if got := r.list().LastMSN(); got != 103 {
		t.Errorf("got msn %d listed, want 103", got)
	}
	for _, name := range []string{"104.m4s", ".new-105.m4s", "105.m4s"} {
		if got := r.get("/live01/" + name); got.status != 404 {
			t.Errorf("%s: got %d, want 404", name, got.status)
		}
	}
	d.Check(os.WriteFile(d.Path("104.m4s"), whole, 0o644))
	r.awaitMSN(104)
	if got := r.get("/live01/104.m4s"); got.body != string(whole) {
		t.Errorf("got %d and %d bytes, want the whole segment", got.status, len(got.body))
	}
	// Nor a half-written playlist.
	d.Add(105)
	d.Write("105.m4s", disktest.SegmentOf(105, "live01"))
	text = d.List.Encode()
	d.Check(os.WriteFile(d.Path(media.PlaylistName), text[:len(text)-8], 0o644))
	marker.Publish(104, 104)
	servicetest.Await(t, "live02 at 104", func() bool { snap, _ := r.s.sink.Find("live02"); return snap.Newest() == 104 })
	if got := r.list().LastMSN(); got != 104 {
		t.Errorf("got msn %d listed, want 104", got)
	}
	d.Write(media.PlaylistName, text)
	r.awaitMSN(105)
}

func TestNotReadyWithoutASignal(t *testing.T) {
	t.Parallel()
	output := filepath.Join(t.TempDir(), "output") // not there yet
	r := run(t, output)
	servicetest.Await(t, "the scan", r.s.source.Complete)
	if ok, reason := r.s.Ready(); ok || reason != "no signal in "+output+" yet" {
		t.Errorf("got %t, %q, want not ready", ok, reason)
	}
	if got := r.get("/live01/playlist.m3u8"); got.status != 404 {
		t.Errorf("got %d, want 404", got.status)
	}
	d := disktest.New(t, output)
	d.Publish(100, 103)
	servicetest.Await(t, "ready", func() bool { ok, _ := r.s.Ready(); return ok })
}

func TestTwoPackagersAreIdentical(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	one := run(t, d.Output)
	d.Publish(100, 104)
	one.awaitMSN(104)
	d.Init = "init-bbbb.mp4"
	d.Publish(105, 107)
	one.awaitMSN(107)
	// The second one starts later, when the first film is partly gone.
	two := runNamed(t, "server2", d.Output)
	two.awaitMSN(107)
	for msn := int64(108); msn <= 115; msn++ {
		if msn == 112 {
			d.Init = "init-aaaa.mp4"
		}
		if got, want := two.get("/live01/playlist.m3u8"), one.get("/live01/playlist.m3u8"); got.body != want.body || got.header.Get("ETag") != want.header.Get("ETag") {
			t.Fatalf("got\n%s\nwant\n%s", got.body, want.body)
		}
		for _, name := range []string{media.SegmentName(msn - 1), media.SegmentName(msn - 5), "init-bbbb.mp4", "init-aaaa.mp4"} {
			got, want := two.get("/live01/"+name), one.get("/live01/"+name)
			if got.status != 200 || got.body != want.body || got.header.Get("ETag") != want.header.Get("ETag") || got.header.Get("ETag") == "" {
				t.Errorf("%s: got %d and %q, want what the first packager has, %d and %q", name, got.status, got.header.Get("ETag"), want.status, want.header.Get("ETag"))
			}
		}
		d.Publish(msn, msn)
		one.awaitMSN(msn)
		two.awaitMSN(msn)
	}
	if got := two.list(); got.DiscontinuitySequence != 1 || !got.Segments[0].Discontinuity {
		t.Errorf("got discontinuity sequence %d, want 1 and a discontinuity at msn 112", got.DiscontinuitySequence)
	}
}

func TestTheFirstCopyStays(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	before := r.get("/live01/playlist.m3u8").body
	d.Write("102.m4s", disktest.SegmentOf(102, "another film"))
	d.Write(d.Init, disktest.InitOf("another film"))
	d.Write("103.m4s", disktest.SegmentOf(103, "live01")) // the same again is no conflict
	d.List.Segments[1].ProgramDateTime = time.Unix(0, 0)
	d.Write(media.PlaylistName, d.List.Encode())
	want := `packager_conflicts_total{signal="live01"} 3`
	servicetest.Await(t, want, func() bool { return strings.Contains(r.get("/metrics").body, want+"\n") })
	d.Write("104.m4s", disktest.SegmentOf(104, "live01"))
	d.Add(104)
	d.Write(media.PlaylistName, d.List.Encode())
	r.awaitMSN(104)
	if got := r.get("/live01/102.m4s"); got.body != string(disktest.SegmentOf(102, "live01")) {
		t.Error("102.m4s changed")
	}
	if got := r.get("/live01/init-aaaa.mp4"); got.body != string(disktest.InitOf(d.Init)) {
		t.Error("the init section changed")
	}
	tail := func(list, from string) string { _, rest, _ := strings.Cut(list, from); return rest }
	if got := r.get("/live01/playlist.m3u8").body; !strings.HasPrefix(tail(got, "#EXT-X-MAP"), strings.Replace(tail(before, "#EXT-X-MAP"), "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:20.000Z\n#EXTINF:2,\n100.m4s\n", "", 1)) {
		t.Errorf("what was listed changed: got\n%s\nafter\n%s", got, before)
	}
	if got := r.get("/metrics").body; !strings.Contains(got, `packager_conflicts_total{signal="live01"} 3`) {
		t.Errorf("counted again what was known")
	}
}

func TestAJumpBeginsTheWindowAnewAndKeepsTheOldMedia(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	d.Publish(200, 203)
	r.awaitMSN(203)
	if got := r.list(); got.MediaSequence != 200 || len(got.Segments) != 4 {
		t.Errorf("got %d segments from %d, want 4 from 200", len(got.Segments), got.MediaSequence)
	}
	for _, msn := range []int64{100, 103, 200} {
		if got := r.get(fmt.Sprintf("/live01/%d.m4s", msn)); got.status != 200 {
			t.Errorf("msn %d: got %d, want 200", msn, got.status)
		}
	}
}

func TestAFolderMadeAnewIsFollowed(t *testing.T) {
	t.Parallel()
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	d.Check(os.RemoveAll(d.Output))
	d.Check(os.MkdirAll(d.Path(""), 0o755))
	d.Publish(104, 104)
	r.awaitMSN(104)
	if got := r.list().MediaSequence; got != 101 {
		t.Errorf("got media sequence %d, want 101: the window goes on", got)
	}
}

func TestBehindAPeer(t *testing.T) {
	t.Parallel()
	ours, theirs := disktest.New(t, t.TempDir()), disktest.New(t, t.TempDir())
	ours.Publish(100, 103)
	theirs.Publish(100, 103)
	peer := runNamed(t, "server2", theirs.Output)
	peer.awaitMSN(103)
	r := run(t, ours.Output, peer.url)
	r.awaitMSN(103)
	if got := r.get("/live01/playlist.m3u8"); got.status != 200 {
		t.Errorf("with an equal peer: got %d, want 200", got.status)
	}
	theirs.Publish(104, 104)
	held := make(chan answer, 1)
	go func() { held <- r.get("/live01/playlist.m3u8?_HLS_msn=104") }()
	servicetest.Await(t, "503 behind the peer", func() bool {
		got := r.get("/live01/playlist.m3u8")
		return got.status == 503 && got.header.Get("Retry-After") != "" && strings.Contains(got.body, "behind "+peer.url)
	})
	if got := <-held; got.status != 503 {
		t.Errorf("a held request: got %d, want 503", got.status)
	}
	if got := r.get("/live01/103.m4s"); got.status != 200 {
		t.Errorf("a segment: got %d, want 200", got.status)
	}
	if got := peer.get("/live01/playlist.m3u8"); got.status != 200 {
		t.Errorf("the peer: got %d, want 200", got.status)
	}
	ours.Publish(104, 104)
	r.awaitMSN(104)
	if got := r.get("/live01/playlist.m3u8"); got.status != 200 {
		t.Errorf("caught up: got %d, want 200", got.status)
	}
	ours.Publish(105, 105)
	theirs.Publish(105, 106)
	servicetest.Await(t, "503 behind the peer again", func() bool { return r.get("/live01/playlist.m3u8").status == 503 })
	setFault(t, peer, `{"mode":"hang"}`)
	setFault(t, peer, `{"mode":"error"}`)
	servicetest.Await(t, "200 once the peer is no help", func() bool { return r.get("/live01/playlist.m3u8").status == 200 })
	servicetest.Await(t, "a peer that is no help to be forgotten", func() bool {
		r.s.mu.Lock()
		defer r.s.mu.Unlock()
		return len(r.s.peers["live01"].heard) == 0
	})
	// Faults are to be seen: the rule does not hide them.
	setFault(t, peer, `{"mode":"none"}`)
	setFault(t, r, `{"mode":"lag","segments":1}`)
	theirs.Publish(107, 107)
	theirs.Publish(108, 108)
	servicetest.Await(t, "the peer is known to be ahead", func() bool { snap, _ := r.s.sink.Find("live01"); return r.s.Behind("live01", snap) != "" })
	if got := r.get("/live01/playlist.m3u8"); got.status != 200 || strings.Contains(got.body, "105.m4s") {
		t.Errorf("with a fault: got %d, want 200 and the lagging playlist", got.status)
	}
}

func TestAPackagerIsNoPeerOfItsOwn(t *testing.T) {
	c := Config{Topology: service.Topology{Packagers: service.URLs{"http://localhost:8080", "http://127.0.0.1:8080", "http://localhost:9090", "http://server1:8080"}, ControlBindAddress: "0.0.0.0"}, Port: 8080}
	if got := strings.Join(c.others(), " "); got != "http://localhost:9090 http://server1:8080" {
		t.Errorf("got %s, want the other port, and the other host", got)
	}
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	if _, err := r.s.peerPlaylist(t.Context(), r.url, "live01", -1); !errors.Is(err, errSelf) {
		t.Errorf("got %v, want %v", err, errSelf)
	}
}

func TestNothingIsServedBeforeTheFolderIsRead(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	c, err := ConfigFromEnv(service.Environment{"HOME": "/nowhere", "OUTPUT_STREAM_PATH": d.Output, "WINDOW_SEGMENTS": "4"})
	d.Check(err)
	k := service.Kit{Name: "server1", Log: hclog.NewNullLogger(), Metrics: prometheus.NewRegistry()}
	s, err := New(c, k)
	d.Check(err)
	server := httptest.NewServer(service.Handler(s, k))
	defer server.Close()
	r := &running{t: t, s: s, url: server.URL}
	for _, path := range []string{"/live01/playlist.m3u8", "/live01/103.m4s"} {
		if got := r.get(path); got.status != 503 || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: got %d, want 503 with Retry-After", path, got.status)
		}
	}
	if ok, reason := s.Ready(); ok || reason != "reading "+d.Output {
		t.Errorf("got ready %t (%s), want it to be reading", ok, reason)
	}
}

func TestAPackagerThatWasStoppedServesNoOldPlaylist(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	r.stop() // so that only the test looks at the folder
	r.s.stopping = make(chan struct{})
	stopped := r.s.thaw.last.Add(-time.Minute)
	r.s.thaw.looked(stopped)
	if got := r.list().LastMSN(); got != 103 {
		t.Errorf("nobody looks at the folder: got msn %d, want the last good playlist", got)
	}
	r.s.now = func() time.Time { return stopped.Add(frozenAfter) }
	if next := r.s.thaw.frozen(r.s.now()); next == nil {
		t.Error("stopped for that long: got no wait, want one")
	}
	if next := r.s.thaw.frozen(r.s.now().Add(-1)); next != nil {
		t.Error("not stopped: got a wait, want none")
	}
	r.s.thaw.wait = time.Hour
	seen := make(chan int64)
	go func() {
		r.s.afterThaw(t.Context())
		snap, _ := r.s.sink.Find("live01")
		seen <- snap.Newest()
	}()
	servicetest.Await(t, "a held request", func() bool { return r.s.held.Load() == 1 })
	d.Publish(104, 110)
	ctx, cancel := context.WithCancel(t.Context())
	again := make(chan struct{})
	go func() {
		defer close(again)
		folder.New(r.s.sink, folder.Options{Output: d.Output, Window: r.s.config.Window, Scanned: func() {}, Now: r.s.clock, Log: r.s.log}).Run(ctx)
	}()
	r.awaitMSN(110)
	cancel()
	<-again
	r.s.thaw.looked(r.s.now())
	select {
	case got := <-seen:
		if got != 110 {
			t.Errorf("got msn %d, want 110", got)
		}
	case <-time.After(patience):
		t.Error("it waits though the folder was looked at")
	}
}

func TestAMalformedPlaylistIsUnavailable(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Write(media.PlaylistName, []byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"init-a.mp4\"\n#EXTINF:2,\n8.m4s\n"))
	r := run(t, d.Output)
	servicetest.Await(t, "the scan", r.s.source.Complete)
	if got := r.get("/live01/playlist.m3u8"); got.status != 503 {
		t.Errorf("got %d, want 503", got.status)
	}
}
