package packager

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/runner"
)

func TestHalfWrittenFilesAreNeverServed(t *testing.T) {
	d := newDisk(t, t.TempDir())
	d.publish(100, 103)
	r := run(t, d.output)
	r.awaitMSN(103)
	// A worker that does not rename: the segment grows in place, and is listed
	// already.
	whole := segmentOf(104, "live01")
	d.check(os.WriteFile(d.path("104.m4s"), whole[:len(whole)/2], 0o644))
	d.check(os.WriteFile(d.path(".new-105.m4s"), whole, 0o644))
	d.add(104)
	text := d.list.Encode()
	d.write(playlistName, text)
	// A second signal shows that the packager has looked.
	marker := newDisk(t, d.output)
	marker.signal = "live02"
	marker.check(os.MkdirAll(marker.path(""), 0o755))
	marker.publish(100, 103)
	await(t, "live02", func() bool { snap, _ := r.s.find("live02"); return snap != nil })
	if got := r.list().LastMSN(); got != 103 {
		t.Errorf("got msn %d listed, want 103", got)
	}
	for _, name := range []string{"104.m4s", ".new-105.m4s", "105.m4s"} {
		if got := r.get("/live01/" + name); got.status != 404 {
			t.Errorf("%s: got %d, want 404", name, got.status)
		}
	}
	d.check(os.WriteFile(d.path("104.m4s"), whole, 0o644))
	r.awaitMSN(104)
	if got := r.get("/live01/104.m4s"); got.body != string(whole) {
		t.Errorf("got %d and %d bytes, want the whole segment", got.status, len(got.body))
	}
	// Nor a half-written playlist.
	d.add(105)
	d.write("105.m4s", segmentOf(105, "live01"))
	text = d.list.Encode()
	d.check(os.WriteFile(d.path(playlistName), text[:len(text)-8], 0o644))
	marker.publish(104, 104)
	await(t, "live02 at 104", func() bool { snap, _ := r.s.find("live02"); return snap.newest() == 104 })
	if got := r.list().LastMSN(); got != 104 {
		t.Errorf("got msn %d listed, want 104", got)
	}
	d.write(playlistName, text)
	r.awaitMSN(105)
}

func TestAStartPublishesOnceAndNothingOld(t *testing.T) {
	d := newDisk(t, t.TempDir())
	d.publish(100, 103)
	c, err := ConfigFromEnv(runner.Environment{"HOME": "/nowhere", "OUTPUT_STREAM_PATH": d.output, "WINDOW_SEGMENTS": "4"})
	if err != nil {
		t.Fatal(err)
	}
	k := runner.Kit{Name: "server1", Log: hclog.NewNullLogger(), Metrics: prometheus.NewRegistry()}
	s, err := New(c, k)
	if err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return time.Unix(208, 0) }
	r := &running{t: t, s: s}
	server := httptest.NewServer(runner.Handler(s, k))
	defer server.Close()
	r.url = server.URL
	check := func(when string) {
		t.Helper()
		for _, path := range []string{"/live01/playlist.m3u8", "/live01/103.m4s"} {
			if got := r.get(path); got.status != 503 || got.header.Get("Retry-After") == "" {
				t.Errorf("%s: %s: got %d, want 503 with Retry-After", when, path, got.status)
			}
		}
		if ok, reason := s.Ready(); ok {
			t.Errorf("%s: got ready (%s), want not", when, reason)
		}
	}
	check("before the scan")
	ctx, cancel := context.WithCancel(t.Context())
	in := ingest{s: s, output: d.output, follows: map[string]context.CancelFunc{}, signals: map[string]*signal{}}
	in.scan(ctx, false)
	d.publish(104, 120) // the scan took long
	check("during the scan")
	in.scan(ctx, true)
	snap, _ := s.find("live01")
	if snap == nil || snap.newest() != 120 {
		t.Errorf("got %+v first, want msn 120", snap)
	}
	select {
	case <-snap.replaced:
		t.Error("it was replaced at once, want one playlist")
	default:
	}
	s.scanned.Store(true)
	if ok, reason := s.Ready(); !ok {
		t.Errorf("got not ready: %s", reason)
	}
	cancel()
	in.wait()
}

func TestWhatAnEarlierRunLeftIsNotPublished(t *testing.T) {
	const window = 4 * 2 * time.Second
	end := time.Unix(208, 0) // of segment 103
	for _, c := range []struct {
		name string
		now  time.Time
		want int64 // the newest segment published at first, -1 for none
	}{
		{"ended as long ago as a window lasts: the encoder is down for a moment", end.Add(window), 103},
		{"ended longer ago", end.Add(window + 1), -1},
		{"from the future: a clock is wrong", end.Add(-time.Hour), 103},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDisk(t, t.TempDir())
			d.publish(100, 103)
			k := runner.Kit{Log: hclog.NewNullLogger(), Metrics: prometheus.NewRegistry()}
			s, err := New(Config{Paths: runner.Paths{Output: d.output}, Window: 4}, k)
			d.check(err)
			s.now = func() time.Time { return c.now }
			in := ingest{s: s, output: d.output, follows: map[string]context.CancelFunc{}, signals: map[string]*signal{}}
			ctx, cancel := context.WithCancel(t.Context())
			defer in.wait()
			defer cancel()
			newest := func() int64 {
				if snap, _ := s.find("live01"); snap != nil {
					return snap.newest()
				}
				return -1
			}
			for range 2 { // looking again makes it no newer
				in.scan(ctx, true)
				if got := newest(); got != c.want {
					t.Fatalf("got msn %d published, want %d", got, c.want)
				}
			}
			d.publish(200, 200)
			in.scan(ctx, true)
			if got := newest(); c.want < 0 && got != 200 {
				t.Errorf("once the encoder went on: got msn %d, want 200", got)
			}
		})
	}
}

func TestNotReadyWithoutASignal(t *testing.T) {
	t.Parallel()
	output := filepath.Join(t.TempDir(), "output") // not there yet
	r := run(t, output)
	await(t, "the scan", r.s.scanned.Load)
	if ok, reason := r.s.Ready(); ok || reason != "no signal in "+output+" yet" {
		t.Errorf("got %t, %q, want not ready", ok, reason)
	}
	if got := r.get("/live01/playlist.m3u8"); got.status != 404 {
		t.Errorf("got %d, want 404", got.status)
	}
	d := newDisk(t, output)
	d.publish(100, 103)
	await(t, "ready", func() bool { ok, _ := r.s.Ready(); return ok })
}

func TestTwoPackagersAreIdentical(t *testing.T) {
	d := newDisk(t, t.TempDir())
	one := run(t, d.output)
	d.publish(100, 104)
	one.awaitMSN(104)
	d.init = "init-bbbb.mp4"
	d.publish(105, 107)
	one.awaitMSN(107)
	// The second one starts later, and never saw the first film whole.
	two := runNamed(t, "server2", d.output)
	two.awaitMSN(107)
	for msn := int64(108); msn <= 115; msn++ {
		if msn == 112 {
			d.init = "init-aaaa.mp4"
		}
		if got, want := two.get("/live01/playlist.m3u8"), one.get("/live01/playlist.m3u8"); got.body != want.body || got.header.Get("ETag") != want.header.Get("ETag") {
			t.Fatalf("got\n%s\nwant\n%s", got.body, want.body)
		}
		for _, name := range []string{segmentName(msn - 1), segmentName(msn - 5), "init-bbbb.mp4", "init-aaaa.mp4"} {
			got, want := two.get("/live01/"+name), one.get("/live01/"+name)
			if got.status != 200 || got.body != want.body || got.header.Get("ETag") != want.header.Get("ETag") || got.header.Get("ETag") == "" {
				t.Errorf("%s: got %d and %q, want what the first packager has, %d and %q", name, got.status, got.header.Get("ETag"), want.status, want.header.Get("ETag"))
			}
		}
		d.publish(msn, msn)
		one.awaitMSN(msn)
		two.awaitMSN(msn)
	}
	if got := two.list(); got.DiscontinuitySequence != 1 || !got.Segments[0].Discontinuity {
		t.Errorf("got discontinuity sequence %d, want 1 and a discontinuity at msn 112", got.DiscontinuitySequence)
	}
}

func TestTheFirstCopyStays(t *testing.T) {
	d := newDisk(t, t.TempDir())
	d.publish(100, 103)
	r := run(t, d.output)
	r.awaitMSN(103)
	before := r.get("/live01/playlist.m3u8").body
	d.write("102.m4s", segmentOf(102, "another film"))
	d.write(d.init, initOf("another film"))
	d.write("103.m4s", segmentOf(103, "live01")) // the same again is no conflict
	d.list.Segments[1].ProgramDateTime = time.Unix(0, 0)
	d.write(playlistName, d.list.Encode())
	want := `packager_conflicts_total{signal="live01"} 3`
	await(t, want, func() bool { return strings.Contains(r.get("/metrics").body, want+"\n") })
	d.write("104.m4s", segmentOf(104, "live01"))
	d.add(104)
	d.write(playlistName, d.list.Encode())
	r.awaitMSN(104)
	if got := r.get("/live01/102.m4s"); got.body != string(segmentOf(102, "live01")) {
		t.Error("102.m4s changed")
	}
	if got := r.get("/live01/init-aaaa.mp4"); got.body != string(initOf(d.init)) {
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
	d := newDisk(t, t.TempDir())
	d.publish(100, 103)
	r := run(t, d.output)
	r.awaitMSN(103)
	d.publish(200, 203)
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

func TestWhoWaitsIsWokenByTheNextPlaylist(t *testing.T) {
	d := newDisk(t, t.TempDir())
	g := newSignal("live01", 4)
	f, err := openFolder(d.output, "live01")
	d.check(err)
	defer f.close()
	publish := func(from, to int64) *snapshot {
		t.Helper()
		d.publish(from, to)
		d.check(g.load(f))
		_, err := g.publish()
		d.check(err)
		return g.current.Load()
	}
	before := publish(100, 103)
	after := publish(104, 104)
	for name, c := range map[string]struct {
		snap *snapshot
		want bool
	}{"the first": {before, true}, "the second": {after, false}} {
		select {
		case <-c.snap.replaced:
			if !c.want {
				t.Errorf("%s: got replaced, want not", name)
			}
		default:
			if c.want {
				t.Errorf("%s: got not replaced, want it to be", name)
			}
		}
	}
	if before.newest() != 103 || before.media["104.m4s"] != nil {
		t.Error("a snapshot changed")
	}
	g.end()
	select {
	case <-after.replaced:
	default:
		t.Error("the signal ended and nobody was told")
	}
}

func TestAPackagerThatWasStoppedDoesNotServeWhatItHadThen(t *testing.T) {
	d := newDisk(t, t.TempDir())
	d.publish(100, 103)
	r := run(t, d.output)
	r.awaitMSN(103)
	r.stop() // so that only the test looks at the folder
	r.s.stopping = make(chan struct{})
	f, err := openFolder(d.output, "live01")
	d.check(err)
	defer f.close()
	g := r.s.signals["live01"]
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
		snap, _ := r.s.find("live01")
		seen <- snap.newest()
	}()
	await(t, "a held request", func() bool { return r.s.held.Load() == 1 })
	d.publish(104, 110)
	d.check(g.load(f))
	_, err = g.publish()
	d.check(err)
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

func TestNotificationsAreEnough(t *testing.T) {
	d := newDisk(t, t.TempDir())
	c, err := ConfigFromEnv(runner.Environment{"HOME": "/nowhere", "OUTPUT_STREAM_PATH": d.output, "PACKAGERS": "http://localhost:8080"})
	d.check(err)
	s, err := New(c, runner.Kit{Log: hclog.NewNullLogger(), Metrics: prometheus.NewRegistry()})
	d.check(err)
	s.now = func() time.Time { return time.Unix(208, 0) }
	watcher, err := fsnotify.NewWatcher()
	d.check(err)
	defer watcher.Close()
	in := ingest{s: s, output: d.output, watcher: watcher, follows: map[string]context.CancelFunc{}, signals: map[string]*signal{}}
	ctx, cancel := context.WithCancel(t.Context())
	defer in.wait()
	defer cancel()
	in.scan(ctx, true)
	follow := func(signal string, msn int64) {
		t.Helper()
		late := time.After(patience)
		for {
			if snap, _ := s.find(signal); snap != nil && snap.newest() == msn {
				return
			}
			select {
			case e := <-watcher.Events:
				in.notified(ctx, watcher.Events, e)
			case <-late:
				t.Fatalf("%s: no notification led to msn %d", signal, msn)
			}
		}
	}
	d.publish(100, 103)
	follow("live01", 103)
	d.publish(104, 104)
	follow("live01", 104)
	d.signal = "live02"
	d.check(os.MkdirAll(d.path(""), 0o755))
	d.publish(105, 105)
	follow("live02", 105)
}

func TestMediaExpires(t *testing.T) {
	d := newDisk(t, t.TempDir())
	d.publish(100, 107)
	g := newSignal("live01", 4)
	f, err := openFolder(d.output, "live01")
	d.check(err)
	defer f.close()
	d.check(g.load(f))
	if _, err := g.publish(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	snap := g.current.Load()
	g.sweep(start) // 100 to 103 are older than the window
	// RFC 8216's own measure is 10 s; a proxy that was killed may ask a little later.
	g.sweep(start.Add(16 * time.Second))
	if g.current.Load() != snap {
		t.Error("the snapshot was replaced though nothing expired")
	}
	g.sweep(start.Add(16*time.Second + 1))
	after := g.current.Load()
	if after.media["103.m4s"] != nil || after.media["104.m4s"] == nil || after.media["init-aaaa.mp4"] == nil {
		t.Errorf("got %v, want what is listed", after.media)
	}
	if snap.media["103.m4s"] == nil {
		t.Error("a snapshot changed")
	}
	select {
	case <-snap.replaced:
		t.Error("requests that wait for a playlist were woken")
	default:
	}
	if !bytes.Equal(after.body, snap.body) || after.replaced != snap.replaced {
		t.Error("the playlist changed")
	}
}

func TestASignalThatEndedIsServedUntilItsSegmentsExpire(t *testing.T) {
	t.Parallel()
	d := newDisk(t, t.TempDir())
	d.list.TargetDuration = 1
	d.window = 3
	for msn := int64(100); msn < 103; msn++ {
		d.write(segmentName(msn), segmentOf(msn, "live01"))
		d.add(msn)
	}
	for i := range d.list.Segments {
		d.list.Segments[i].Duration = time.Second
	}
	d.write(d.init, initOf(d.init))
	d.write(playlistName, d.list.Encode())
	r := run(t, d.output)
	r.awaitMSN(102)
	held := make(chan answer, 1)
	d.check(os.RemoveAll(d.path("")))
	await(t, "seen to be gone", func() bool {
		in := r.get("/live01/playlist.m3u8")
		return in.status == 200 && r.get("/live01/102.m4s").status == 200
	})
	go func() { held <- r.get("/live01/playlist.m3u8?_HLS_msn=103") }()
	await(t, "gone", func() bool {
		return r.get("/live01/playlist.m3u8").status == 404 && r.get("/live01/102.m4s").status == 404
	})
	<-held
	await(t, "not ready", func() bool { ok, _ := r.s.Ready(); return !ok })
}

func TestAFolderMadeAnewIsFollowed(t *testing.T) {
	t.Parallel()
	d := newDisk(t, t.TempDir())
	d.publish(100, 103)
	r := run(t, d.output)
	r.awaitMSN(103)
	d.check(os.RemoveAll(d.output))
	d.check(os.MkdirAll(d.path(""), 0o755))
	d.publish(104, 104)
	r.awaitMSN(104)
	if got := r.list().MediaSequence; got != 101 {
		t.Errorf("got media sequence %d, want 101: the window goes on", got)
	}
}

func TestWhatIsNoFileIsNotRead(t *testing.T) {
	d := newDisk(t, t.TempDir())
	d.check(syscall.Mkfifo(d.path("1.m4s"), 0o644))
	d.check(os.Mkdir(d.path("2.m4s"), 0o755))
	d.check(os.WriteFile(d.path("target"), segmentOf(3, "live01"), 0o644))
	d.check(os.Symlink("target", d.path("3.m4s")))
	d.check(os.WriteFile(d.path("4.m4s"), nil, 0o644))
	d.check(os.WriteFile(d.path("5.m4s"), segmentOf(5, "live01"), 0o644))
	f, err := openFolder(d.output, "live01")
	d.check(err)
	defer f.close()
	for n, ok := range map[int64]bool{1: false, 2: false, 3: false, 4: false, 5: true, 6: false} {
		if _, _, err := f.media(segmentName(n)); (err == nil) != ok {
			t.Errorf("%d.m4s: got %v, want ok %t", n, err, ok)
		}
	}
	if _, _, err := f.read("5.m4s", 10); err == nil {
		t.Error("a file beyond the limit was read")
	}
	for _, name := range []string{"..", "../live01", "nosuch", "live01/5.m4s"} {
		if f, err := openFolder(d.output, name); err == nil && name != "../live01" {
			f.close()
			t.Errorf("folder %q was opened", name)
		}
	}
}

func TestAPlaylistThatIsNoneIsSaidOnce(t *testing.T) {
	d := newDisk(t, t.TempDir())
	d.write(playlistName, []byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"init-a.mp4\"\n#EXTINF:2,\n8.m4s\n"))
	r := run(t, d.output)
	await(t, "the scan", r.s.scanned.Load)
	if got := r.get("/live01/playlist.m3u8"); got.status != 503 {
		t.Errorf("got %d, want 503", got.status)
	}
	var log bytes.Buffer
	in := ingest{s: &Service{log: hclog.New(&hclog.LoggerOptions{Output: &log})}}
	g := newSignal("live01", 4)
	f, err := openFolder(d.output, "live01")
	d.check(err)
	defer f.close()
	for range 3 {
		in.complain(g, g.load(f))
	}
	if got := strings.Count(log.String(), `msn 7 is \"8.m4s\", \"7.m4s\" is due`); got != 1 {
		t.Errorf("got %d lines about it, want 1:\n%s", got, log.String())
	}
}

func TestBehindAPeer(t *testing.T) {
	t.Parallel()
	ours, theirs := newDisk(t, t.TempDir()), newDisk(t, t.TempDir())
	ours.publish(100, 103)
	theirs.publish(100, 103)
	peer := runNamed(t, "server2", theirs.output)
	peer.awaitMSN(103)
	r := run(t, ours.output, peer.url)
	r.awaitMSN(103)
	if got := r.get("/live01/playlist.m3u8"); got.status != 200 {
		t.Errorf("with an equal peer: got %d, want 200", got.status)
	}
	theirs.publish(104, 104)
	held := make(chan answer, 1)
	go func() { held <- r.get("/live01/playlist.m3u8?_HLS_msn=104") }()
	await(t, "503 behind the peer", func() bool {
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
	ours.publish(104, 104)
	r.awaitMSN(104)
	if got := r.get("/live01/playlist.m3u8"); got.status != 200 {
		t.Errorf("caught up: got %d, want 200", got.status)
	}
	ours.publish(105, 105)
	theirs.publish(105, 106)
	await(t, "503 behind the peer again", func() bool { return r.get("/live01/playlist.m3u8").status == 503 })
	fault(t, peer, `{"mode":"hang"}`)
	fault(t, peer, `{"mode":"error"}`)
	await(t, "200 once the peer is no help", func() bool { return r.get("/live01/playlist.m3u8").status == 200 })
	await(t, "a peer that is no help to be forgotten", func() bool {
		r.s.mu.Lock()
		defer r.s.mu.Unlock()
		return len(r.s.peers["live01"].heard) == 0
	})
	// Faults are to be seen: the rule does not hide them.
	fault(t, peer, `{"mode":"none"}`)
	fault(t, r, `{"mode":"lag","segments":1}`)
	theirs.publish(107, 107)
	theirs.publish(108, 108)
	await(t, "the peer is known to be ahead", func() bool { snap, _ := r.s.find("live01"); return r.s.behind("live01", snap) != "" })
	if got := r.get("/live01/playlist.m3u8"); got.status != 200 || strings.Contains(got.body, "105.m4s") {
		t.Errorf("with a fault: got %d, want 200 and the lagging playlist", got.status)
	}
}

func TestAPackagerIsNoPeerOfItsOwn(t *testing.T) {
	c := Config{Topology: runner.Topology{Packagers: runner.URLs{"http://localhost:8080", "http://127.0.0.1:8080", "http://localhost:9090", "http://server1:8080"}, ControlBindAddress: "0.0.0.0"}, Port: 8080}
	if got := strings.Join(c.others(), " "); got != "http://localhost:9090 http://server1:8080" {
		t.Errorf("got %s, want the other port, and the other host", got)
	}
	d := newDisk(t, t.TempDir())
	d.publish(100, 103)
	r := run(t, d.output)
	r.awaitMSN(103)
	if _, err := r.s.peerPlaylist(t.Context(), r.url, "live01", -1); !errors.Is(err, errSelf) {
		t.Errorf("got %v, want %v", err, errSelf)
	}
}
