package packager

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/packager/disktest"
)

// pusher is a worker's side of ingest by HTTP.
type pusher struct {
	*disktest.Disk // what its playlist lists; nothing is on disk
	r              *running
}

// runHTTP runs a packager that takes signals by HTTP, with further settings as
// name, value, and returns a worker's side too.
func runHTTP(t *testing.T, settings ...string) (*running, *pusher) {
	t.Helper()
	e := service.Environment{"INGEST": "http", "PACKAGER_NAME": "server1"}
	for i := 0; i < len(settings); i += 2 {
		e[settings[i]] = settings[i+1]
	}
	r := runWith(t, e)
	return r, newPusher(t, r)
}

func newPusher(t *testing.T, r *running) *pusher {
	return &pusher{&disktest.Disk{T: t, Signal: "live01", Window: 4, Init: "init-aaaa.mp4", List: disktest.NewList()}, r}
}

// put sends a body as a worker does; header is name, value.
func (p *pusher) put(name string, body []byte, header ...string) answer {
	p.T.Helper()
	req, err := http.NewRequestWithContext(p.T.Context(), http.MethodPut, p.r.url+"/"+p.Signal+"/"+name, bytes.NewReader(body))
	if err != nil {
		p.T.Fatal(err)
	}
	req.Header.Set("Content-Type", mediaType)
	if name == media.PlaylistName {
		req.Header.Set("Content-Type", playlistType)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return send(p.T, req)
}

// must puts and wants a status.
func (p *pusher) must(status int, name string, body []byte, header ...string) answer {
	p.T.Helper()
	a := p.put(name, body, header...)
	if a.status != status {
		p.T.Errorf("PUT %s: got %d %s, want %d", name, a.status, a.body, status)
	}
	return a
}

func (p *pusher) bring(msn int64) { p.must(204, media.SegmentName(msn), p.Segment(msn)) }
func (p *pusher) playlist()       { p.must(204, media.PlaylistName, p.List.Encode()) }

// publish brings segments from one number to another, then the playlist.
func (p *pusher) publish(from, to int64) {
	p.T.Helper()
	p.must(204, p.Init, disktest.InitOf(p.Init))
	for msn := from; msn <= to; msn++ {
		p.bring(msn)
		p.Add(msn)
	}
	p.playlist()
}

// states are the numbers that are listed, a gap with a dash before it.
func (r *running) states() string {
	r.t.Helper()
	p := r.list()
	var list []string
	for i, s := range p.Segments {
		mark := ""
		if s.Gap {
			mark = "-"
		}
		if s.Discontinuity {
			mark += "!"
		}
		list = append(list, mark+fmt.Sprint(p.MediaSequence+int64(i)))
	}
	return strings.Join(list, " ")
}

func (r *running) wantMetric(line string) {
	r.t.Helper()
	await(r.t, line, func() bool { return strings.Contains(r.get("/metrics").body, line+"\n") })
}

func TestWhatComesByHTTPIsWhatComesByTheFolder(t *testing.T) {
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

func TestTheFirstCopyStaysWhoeverBringsIt(t *testing.T) {
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

func TestHalfABodyNeverCounts(t *testing.T) {
	r, p := runHTTP(t)
	p.publish(100, 103)
	whole := disktest.SegmentOf(104, "live01")
	for _, head := range []string{
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(whole), whole[:len(whole)/2]),
		fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(whole), whole), // without its end
	} {
		c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "PUT /live01/104.m4s HTTP/1.1\r\nHost: x\r\nContent-Type: video/mp4\r\n%s", head)
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if res, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil && res.StatusCode != 400 {
			t.Errorf("got %d, want 400 or a broken connection", res.StatusCode)
		}
		c.Close()
	}
	p.Add(104)
	p.playlist()
	if got := r.list().LastMSN(); got != 103 {
		t.Errorf("got msn %d listed, want 103", got)
	}
	p.must(204, "104.m4s", whole)
	r.awaitMSN(104)
}

func TestWhatIsNotTaken(t *testing.T) {
	r, p := runHTTP(t)
	p.publish(100, 103)
	good := disktest.SegmentOf(104, "live01")
	later := p.List
	later.Segments = append([]m3u8.Segment{}, later.Segments...)
	later.Segments[3].URI = "999.m4s"
	for _, c := range []struct {
		name, path string
		body       []byte
		header     []string
		status     int
	}{
		{"another type", "104.m4s", good, []string{"Content-Type", "text/html"}, 415},
		{"no type", "104.m4s", good, []string{"Content-Type", ""}, 415},
		{"a playlist's type for a segment", "104.m4s", good, []string{"Content-Type", playlistType}, 415},
		{"a web page", "104.m4s", good, []string{"Origin", "http://page.example"}, 403},
		{"a segment with another number's time", "104.m4s", disktest.SegmentOf(103, "live01"), nil, 400},
		{"not a segment", "104.m4s", []byte("<html>"), nil, 400},
		{"nothing", "104.m4s", nil, nil, 400},
		{"half a segment", "104.m4s", good[:len(good)/2], nil, 400},
		{"an init section as a segment", "104.m4s", disktest.InitOf("a"), nil, 400},
		{"not an init section", "init-b.mp4", good, nil, 400},
		{"not a playlist", media.PlaylistName, []byte("#EXTM3U\n"), nil, 400},
		{"a playlist that misnames its segments", media.PlaylistName, later.Encode(), nil, 400},
		{"more than a playlist may have", media.PlaylistName, make([]byte, m3u8.MaxPlaylist+1), nil, 413},
		{"more than an init section may have", "init-b.mp4", make([]byte, 4<<20+1), nil, 413},
		{"from an hour ahead", "1900.m4s", disktest.SegmentOf(1900, "live01"), nil, 400},
		{"a number that is not written so", "0104.m4s", good, nil, 403},
		{"another name", "104.mp4", good, nil, 403},
		{"a hidden name", ".104.m4s", good, nil, 403},
		{"a climbing init section", "init-..mp4", disktest.InitOf("a"), nil, 403},
		{"a name of a signal that is none", "../.live/104.m4s", good, nil, 403},
		{"late: newer ones are listed", "99.m4s", disktest.SegmentOf(99, "live01"), nil, 410},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := r.get("/signals/live01").body
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.url+"/live01/"+c.path, bytes.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(c.path, "..") {
				req.URL.Path = strings.TrimPrefix(c.path, "..")
			}
			req.Header.Set("Content-Type", mediaType)
			if c.path == media.PlaylistName {
				req.Header.Set("Content-Type", playlistType)
			}
			for i := 0; i < len(c.header); i += 2 {
				if req.Header.Del(c.header[i]); c.header[i+1] != "" {
					req.Header.Set(c.header[i], c.header[i+1])
				}
			}
			if got := send(t, req); got.status != c.status || !json.Valid([]byte(got.body)) {
				t.Errorf("got %d %s, %v, want %d and a JSON error", got.status, got.body, got.err, c.status)
			}
			if got := r.get("/signals/live01").body; got != before {
				t.Errorf("it holds %s, held %s before", got, before)
			}
		})
	}
	if got := r.get("/signals").body; got != "[\n  \"live01\"\n]\n" {
		t.Errorf("signals: got %s, want live01 alone", got)
	}
}

// endless is a body without an end or a length.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	if e.read > 4*m3u8.MaxPlaylist {
		return 0, errors.New("nobody stops me")
	}
	e.read += len(b)
	return len(b), nil
}

func TestABodyWithoutALengthIsBounded(t *testing.T) {
	r, p := runHTTP(t)
	p.publish(100, 103)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.url+"/live01/playlist.m3u8", io.NopCloser(&endless{}))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", playlistType)
	if got := send(t, req); got.err == nil && got.status != 413 {
		t.Errorf("got %d %s, want 413", got.status, got.body)
	}
	r.wantMetric(`packager_ingested_total{result="refused"} 1`)
}

func TestTheToken(t *testing.T) {
	const secret = "s3cret-Token_1="
	r, p := runHTTP(t, "INGEST_TOKEN", secret)
	for _, shown := range []string{"", "Bearer ", "Bearer wrong", "bearer " + secret, "Basic " + secret, secret} {
		got := p.put(p.Init, disktest.InitOf(p.Init), "Authorization", shown)
		if got.status != 401 || got.header.Get("WWW-Authenticate") != "Bearer" || strings.Contains(got.body, secret) {
			t.Errorf("%q: got %d %v, want 401", shown, got.status, got.header)
		}
	}
	if got := r.get("/signals/live01"); got.status != 404 {
		t.Errorf("got %d %s, want nothing taken", got.status, got.body)
	}
	p.must(204, p.Init, disktest.InitOf(p.Init), "Authorization", "Bearer "+secret)
	r.wantMetric(`packager_ingested_total{result="unauthorized"} 6`)
}

func TestBeyondLoopbackATokenIsNeeded(t *testing.T) {
	for _, c := range []struct {
		name string
		env  service.Environment
		bad  string // the variable; empty for none
	}{
		{"loopback", service.Environment{"INGEST": "http"}, ""},
		{"localhost", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "localhost"}, ""},
		{"loopback in IPv6", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "::1"}, ""},
		{"everywhere", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "0.0.0.0"}, "INGEST_TOKEN"},
		{"everywhere in IPv6", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "::"}, "INGEST_TOKEN"},
		{"another address", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "192.0.2.1"}, "INGEST_TOKEN"},
		{"everywhere with a token", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "0.0.0.0", "INGEST_TOKEN": "abc"}, ""},
		{"everywhere from the folder", service.Environment{"CONTROL_BIND_ADDRESS": "0.0.0.0"}, ""},
		{"a token that cannot be sent", service.Environment{"INGEST_TOKEN": "with space"}, "INGEST_TOKEN"},
		{"another way", service.Environment{"INGEST": "pigeon"}, "INGEST"},
	} {
		c.env["HOME"] = "/nowhere"
		_, err := ConfigFromEnv(c.env)
		var config *service.ConfigError
		switch {
		case c.bad == "" && err != nil:
			t.Errorf("%s: got %v, want it allowed", c.name, err)
		case c.bad != "" && (!errors.As(err, &config) || config.Problems[0].Variable != c.bad || strings.Contains(err.Error(), "with space")):
			t.Errorf("%s: got %v, want %s named and no secret told", c.name, err, c.bad)
		}
	}
}

func TestASegmentThatNobodyBringsBecomesAGap(t *testing.T) {
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
	p.must(410, "104.m4s", disktest.SegmentOf(104, "live01")) // what was listed does not change
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
	p.publish(104, 104) // another worker has it still
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
	await(t, "a held request", func() bool { return r.s.held.Load() == 1 })
	r.stop()
	if got := <-ended; got.status != 503 || got.header.Get(instanceHeader) != r.s.instance {
		t.Errorf("got %d, %v, want 503 from this incarnation", got.status, got.err)
	}
}
