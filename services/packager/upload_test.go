package packager

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/packager/disktest"
)

func TestBothSourcesServeTheSame(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 104)
	folder := run(t, d.Output)
	folder.awaitMSN(104)
	r, p := runHTTP(t)
	if got := r.get("/signals"); got.status != 503 {
		t.Errorf("signals: got %d %s, want none to be known yet", got.status, got.body)
	}
	p.publish(100, 104)
	d.Init, p.Init = "init-bbbb.mp4", "init-bbbb.mp4"
	d.Publish(105, 106)
	p.publish(105, 106)
	folder.awaitMSN(106)
	r.awaitMSN(106)
	for _, name := range []string{media.PlaylistName, "106.m4s", "104.m4s", "init-aaaa.mp4", "init-bbbb.mp4"} {
		got, want := r.get("/live01/"+name), folder.get("/live01/"+name)
		if got.status != 200 || got.body != want.body || got.header.Get("ETag") != want.header.Get("ETag") {
			t.Errorf("%s: got %d\n%.300s\nwant\n%.300s", name, got.status, got.body, want.body)
		}
	}
	for _, x := range []*running{r, folder} {
		if got := x.get("/signals"); got.body != "[\n  \"live01\"\n]\n" {
			t.Errorf("signals: got %s, want live01", got.body)
		}
	}
	if ok, reason := r.s.Ready(); !ok {
		t.Errorf("got not ready: %s", reason)
	}
	var held struct{ Names []string }
	if err := json.Unmarshal([]byte(r.get("/signals/live01").body), &held); err != nil || len(held.Names) != 9 {
		t.Errorf("stock: got %+v, %v, want seven segments and two init sections", held, err)
	}
}

func TestAFirstPlaylistIsWhole(t *testing.T) {
	r, p := runHTTP(t)
	p.must(412, "100.m4s", disktest.SegmentOf(100, "live01"))
	p.Add(100)
	p.must(412, media.PlaylistName, p.List.Encode())
	if got := r.get("/live01/playlist.m3u8"); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("nothing has come: got %d, want 503", got.status)
	}
	p.must(204, p.Init, disktest.InitOf(p.Init))
	p.bring(100)
	p.Add(101)
	p.Add(102)
	p.playlist()
	p.bring(102)
	if ok, reason := r.s.Ready(); ok || reason != "no whole segment from any worker yet" {
		t.Errorf("got %t, %q, want not ready", ok, reason)
	}
	if got := r.get("/live01/playlist.m3u8"); got.status != 503 {
		t.Errorf("101 is missing: got %d, want 503", got.status)
	}
	p.bring(101)
	r.awaitMSN(102)
	if got := r.states(); got != "100 101 102" {
		t.Errorf("got %s, want all at once", got)
	}
}

func TestAFirstPlaylistDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	r, p := runHTTP(t)
	p.must(204, p.Init, disktest.InitOf(p.Init))
	for msn := int64(100); msn <= 104; msn++ {
		p.Add(msn)
		if msn != 101 {
			p.bring(msn)
		}
	}
	p.playlist()
	r.awaitMSN(104)
	if got := r.states(); got != "102 103 104" {
		t.Errorf("got %s, want what is whole behind the missing one", got)
	}
}

func TestTheFirstCopyOfTwoWorkersStays(t *testing.T) {
	r, one := runHTTP(t)
	two := newPusher(t, r)
	one.publish(100, 103)
	before := r.get("/live01/playlist.m3u8").body
	// The other brings the same: quiet.
	two.publish(100, 103)
	if got := r.get("/live01/playlist.m3u8").body; got != before {
		t.Errorf("got\n%s\nwant what was there\n%s", got, before)
	}
	if m := r.get("/metrics").body; strings.Contains(m, "packager_conflicts_total{") {
		t.Error("the same bytes were counted as a conflict")
	}
	two.must(409, "103.m4s", disktest.SegmentOf(103, "another film"))
	two.must(409, "103.m4s", disktest.SegmentOf(103, "another film"))
	two.must(409, two.Init, disktest.InitOf("another film"))
	two.List.Segments[3].ProgramDateTime = time.Unix(1, 0)
	two.Add(104)
	two.must(409, media.PlaylistName, two.List.Encode())
	r.wantMetric(`packager_conflicts_total{signal="live01"} 4`)
	r.wantMetric(`packager_ingested_total{result="conflict"} 4`)
	if got := r.get("/live01/103.m4s"); got.body != string(disktest.SegmentOf(103, "live01")) {
		t.Error("103.m4s changed")
	}
	// What does not contradict counts: one brings the segment, the other has said
	// what it is.
	one.bring(104)
	r.awaitMSN(104)
	if got := r.states(); got != "101 102 103 104" {
		t.Errorf("got %s, want 104 to follow", got)
	}
	list := two.List
	list.TargetDuration = 3
	two.must(409, media.PlaylistName, list.Encode())
}

func TestABodyThatTheyHaveNeedNotCome(t *testing.T) {
	r, p := runHTTP(t)
	p.publish(100, 103)
	sum := sha256.Sum256(disktest.SegmentOf(103, "live01"))
	c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "PUT /live01/103.m4s HTTP/1.1\r\nHost: x\r\nContent-Type: video/mp4\r\nContent-Length: 100000\r\nExpect: 100-continue\r\nRepr-Digest: sha-256=:%s:\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != 204 {
		t.Fatalf("got %+v, %v, want 204 before any body", res, err)
	}
	res.Body.Close()
	r.wantMetric(`packager_ingested_total{result="same"} 1`)
	p.must(400, "104.m4s", disktest.SegmentOf(104, "live01"), "Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
}

func TestASegmentThatNeverComesBecomesAGap(t *testing.T) {
	t.Parallel()
	r, p := runHTTP(t)
	p.publish(100, 103)
	p.Add(104)
	p.publish(105, 105)
	if got := r.list().LastMSN(); got != 103 {
		t.Errorf("got msn %d at once, want 104 to be waited for", got)
	}
	r.awaitMSN(105)
	if got := r.states(); got != "102 103 -104 105" {
		t.Errorf("got %s, want a gap", got)
	}
	if errs := r.list().Check(); errs != nil {
		t.Errorf("got the broken rules %v", errs)
	}
	if got := r.get("/live01/104.m4s"); got.status != 404 {
		t.Errorf("the gap: got %d, want 404", got.status)
	}
	p.must(410, "104.m4s", disktest.SegmentOf(104, "live01")) // a listed segment does not change
	p.playlist()
	p.publish(106, 106)
	r.awaitMSN(106)
	if got := r.states(); got != "103 -104 105 106" {
		t.Errorf("got %s, want the gap to stay", got)
	}
}

func TestALongOutageGoesOnUnderTheClocksNumbers(t *testing.T) {
	r, p := runHTTP(t)
	p.publish(100, 103)
	r.step.Store(int64(45 * time.Second))
	p.publish(120, 123) // a window, at once
	r.awaitMSN(123)
	if got := r.list(); got.MediaSequence != 120 || got.Segments[0].Discontinuity || len(got.Segments) != 4 {
		t.Errorf("got %s, want the new window", r.states())
	}
}

func TestASignalEndsWhenItsWorkersSaySo(t *testing.T) {
	r, p := runHTTP(t)
	p.publish(100, 103)
	if got := r.do(http.MethodDelete, "/live01/playlist.m3u8"); got.status != 204 {
		t.Fatalf("got %d %s, want 204", got.status, got.body)
	}
	if got := r.get("/signals").body; got != "[]\n" {
		t.Errorf("got %s, want no signal that goes on", got)
	}
	if got := r.get("/live01/playlist.m3u8"); got.status != 200 {
		t.Errorf("got %d, want it served until its segments expire", got.status)
	}
	p.publish(104, 104) // another worker still has it
	if got := r.get("/signals").body; got != "[\n  \"live01\"\n]\n" {
		t.Errorf("got %s, want it back", got)
	}
	if got := r.do(http.MethodDelete, "/live02/playlist.m3u8"); got.status != 404 {
		t.Errorf("no such signal: got %d, want 404", got.status)
	}
}

func TestAHeldQuestionEndsWithThePackager(t *testing.T) {
	r, _ := runHTTP(t)
	if got := r.get("/signals?wait=1h"); got.status != 400 {
		t.Errorf("an hour: got %d, want 400", got.status)
	}
	ended := make(chan answer, 1)
	go func() { ended <- r.get("/signals?wait=20s") }()
	servicetest.Await(t, "a held request", func() bool { return r.s.held.Load() == 1 })
	r.stop()
	if got := <-ended; got.status != 503 || got.header.Get(ingest.InstanceHeader) != r.s.instance {
		t.Errorf("got %d, %v, want 503 from this incarnation", got.status, got.err)
	}
}
