package packager

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/packager/disktest"
)

// switchFault asks the socket's fault switch.
func switchFault(t *testing.T, r *running, method, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.control+"/fault", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return send(t, req)
}

func setFault(t *testing.T, r *running, body string) {
	t.Helper()
	if got := switchFault(t, r, http.MethodPut, body); got.status != 200 {
		t.Fatalf("PUT /fault %s: got %d %s", body, got.status, got.body)
	}
}

func faulty(t *testing.T) (*disktest.Disk, *running) {
	t.Helper()
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	return d, r
}

// flat is JSON on one line, as tests write it.
func flat(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(body)); err != nil {
		t.Fatalf("%q is no JSON: %v", body, err)
	}
	return b.String()
}

func TestFaultSwitch(t *testing.T) {
	_, r := faulty(t)
	for _, c := range []struct {
		method, body string
		status       int
		want         string
	}{
		{"GET", "", 200, `{"mode":"none"}`},
		{"PUT", `{"mode":"slow"}`, 200, `{"mode":"slow","bytes_per_s":20000}`},
		{"GET", "", 200, `{"mode":"slow","bytes_per_s":20000}`},
		{"PUT", `{"mode":"lag","signal":"live02"}`, 200, `{"mode":"lag","signal":"live02","segments":1}`},
		{"PUT", `{"mode":"lag","segments":3}`, 200, `{"mode":"lag","segments":3}`},
		{"PUT", `{"mode":"error","status":500}`, 200, `{"mode":"error","status":500}`},
		{"PUT", `{"mode":"error"}`, 200, `{"mode":"error","status":503}`},
		{"PUT", `{"mode":"sad"}`, 400, ""},
		{"PUT", `{"mode":"error","status":200}`, 400, ""},
		{"PUT", `{"mode":"slow","bytes_per_s":-1}`, 400, ""},
		{"PUT", `{"mode":"stale","speed":1}`, 400, ""},
		{"PUT", `stale`, 400, ""},
		{"POST", `{"mode":"stale"}`, 405, ""},
		{"GET", "", 200, `{"mode":"error","status":503}`},
		{"DELETE", "", 200, `{"mode":"none"}`},
		{"GET", "", 200, `{"mode":"none"}`},
	} {
		if got := switchFault(t, r, c.method, c.body); got.status != c.status || c.want != "" && flat(t, got.body) != c.want {
			t.Errorf("%s %s: got %d %s, want %d %s", c.method, c.body, got.status, got.body, c.status, c.want)
		}
	}
	// Never on the address.
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		if got := r.do(method, "/fault"); got.status != 404 && got.status != 405 {
			t.Errorf("%s /fault at the address: got %d, want none", method, got.status)
		}
	}
}

// A check tests an answer.
type check func(*testing.T, answer)

func wantStatus(want int) check {
	return func(t *testing.T, a answer) {
		t.Helper()
		if a.status != want || a.err != nil {
			t.Errorf("got %d, %v, want %d", a.status, a.err, want)
		}
	}
}

func wantBody(want string) check {
	return func(t *testing.T, a answer) {
		t.Helper()
		if a.status != 200 || a.body != want || a.err != nil {
			t.Errorf("got %d, %v and %d bytes: %.200q, want 200 and %d bytes", a.status, a.err, len(a.body), a.body, len(want))
		}
	}
}

// wantList checks a playlist: its first number and its URIs.
func wantList(first int64, uris ...string) check {
	return func(t *testing.T, a answer) {
		t.Helper()
		p, err := m3u8.ParseMedia([]byte(a.body))
		if err != nil || a.status != 200 {
			t.Fatalf("got %d, %v\n%s", a.status, err, a.body)
		}
		var got []string
		for _, s := range p.Segments {
			got = append(got, s.URI)
		}
		if p.MediaSequence != first || strings.Join(got, " ") != strings.Join(uris, " ") {
			t.Errorf("got %d: %v, want %d: %v", p.MediaSequence, got, first, uris)
		}
	}
}

const faultyList, faultySegment, faultyNewer = "/live01/playlist.m3u8", "/live01/103.m4s", "/live01/104.m4s"

var wholeSegment = string(disktest.SegmentOf(103, "live01"))

// faultCases are the faults with checks of the answers. Each is set at msn 103,
// then msn 104 comes.
var faultCases = []struct {
	fault  string
	checks map[string]check
}{
	{`{"mode":"none"}`, map[string]check{
		faultyList: wantList(101, "101.m4s", "102.m4s", "103.m4s", "104.m4s"), faultySegment: wantBody(wholeSegment), faultyNewer: wantStatus(200)}},
	{`{"mode":"error","signal":"live02"}`, map[string]check{faultyList: wantStatus(200), faultySegment: wantBody(wholeSegment)}},
	{`{"mode":"stale"}`, map[string]check{
		faultyList: wantList(100, "100.m4s", "101.m4s", "102.m4s", "103.m4s"), faultyList + "?_HLS_msn=104": wantList(100, "100.m4s", "101.m4s", "102.m4s", "103.m4s"),
		faultySegment: wantBody(wholeSegment), faultyNewer: wantStatus(404)}},
	{`{"mode":"lag"}`, map[string]check{faultyList: wantList(101, "101.m4s", "102.m4s", "103.m4s"), faultySegment: wantBody(wholeSegment), faultyNewer: wantStatus(404)}},
	{`{"mode":"lag","segments":2}`, map[string]check{faultyList: wantList(101, "101.m4s", "102.m4s"), faultySegment: wantStatus(404)}},
	{`{"mode":"lag","segments":99}`, map[string]check{faultyList: wantList(101, "101.m4s")}},
	{`{"mode":"slow","bytes_per_s":1000000}`, map[string]check{faultyList: wantStatus(200), faultySegment: wantBody(wholeSegment)}},
	{`{"mode":"truncate"}`, map[string]check{faultyList: wantStatus(200), faultySegment: func(t *testing.T, a answer) {
		if a.status != 200 || !errors.Is(a.err, io.ErrUnexpectedEOF) || len(a.body) != len(wholeSegment)/2 || a.body != wholeSegment[:len(a.body)] {
			t.Errorf("got %d, %v and %d bytes, want the first half of %d", a.status, a.err, len(a.body), len(wholeSegment))
		}
	}}},
	{`{"mode":"error","status":500}`, map[string]check{faultyList: wantStatus(500), faultySegment: wantStatus(500), "/live01/nosuch": wantStatus(500)}},
	{`{"mode":"html"}`, map[string]check{faultyList: func(t *testing.T, a answer) {
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.body, "<h1>") {
			t.Errorf("got %d %v %s, want a web page", a.status, a.header, a.body)
		}
	}, faultySegment: wantStatus(200)}},
	{`{"mode":"empty"}`, map[string]check{faultyList: wantBody(""), faultySegment: wantBody("")}},
	{`{"mode":"not-found"}`, map[string]check{faultyList: wantList(101, "101.m4s", "102.m4s", "103.m4s", "104.m4s"), faultySegment: wantStatus(404)}},
	{`{"mode":"truncate-playlist"}`, map[string]check{faultySegment: wantBody(wholeSegment), faultyList: func(t *testing.T, a answer) {
		if _, err := m3u8.ParseMedia([]byte(a.body)); a.status != 200 || a.err != nil || err == nil || !strings.HasPrefix(a.body, "#EXTM3U\n") || strings.HasSuffix(a.body, "\n") {
			t.Errorf("got %d, %v, parsed with %v\n%s\nwant the beginning of a playlist", a.status, a.err, err, a.body)
		}
	}}},
	{`{"mode":"endlist"}`, map[string]check{faultySegment: wantBody(wholeSegment), faultyList: func(t *testing.T, a answer) {
		wantList(101, "101.m4s", "102.m4s", "103.m4s", "104.m4s")(t, a)
		if !strings.HasSuffix(a.body, "\n#EXT-X-ENDLIST\n") {
			t.Errorf("got\n%s\nwant an end", a.body)
		}
	}}},
	{`{"mode":"restart-msn"}`, map[string]check{
		faultyList: wantList(1, "1.m4s", "2.m4s", "3.m4s", "4.m4s"), "/live01/3.m4s": wantBody(wholeSegment), faultyList + "?_HLS_msn=105": wantList(1, "1.m4s", "2.m4s", "3.m4s", "4.m4s")}},
	{`{"mode":"misaligned"}`, map[string]check{faultyList: wantList(102, "101.m4s", "102.m4s", "103.m4s"), faultySegment: wantBody(wholeSegment)}},
	{`{"mode":"corrupt"}`, map[string]check{faultyList: wantStatus(200), faultySegment: func(t *testing.T, a answer) {
		_, err := fmp4.CheckSegment([]byte(a.body))
		if a.status != 200 || a.err != nil || len(a.body) != len(wholeSegment) || a.body == wholeSegment || err == nil {
			t.Errorf("got %d, %v and %d bytes, the same %t, checked with %v, want %d other bytes", a.status, a.err, len(a.body), a.body == wholeSegment, err, len(wholeSegment))
		}
	}}},
}

func TestFaults(t *testing.T) {
	for _, c := range faultCases {
		t.Run(c.fault, func(t *testing.T) {
			d, r := faulty(t)
			setFault(t, r, c.fault)
			d.Publish(104, 104)
			r.awaitMSN(104)
			for path, check := range c.checks {
				t.Run(path, func(t *testing.T) { check(t, r.get(path)) })
			}
			setFault(t, r, `{"mode":"none"}`)
			wantBody(wholeSegment)(t, r.get(faultySegment))
			wantList(101, "101.m4s", "102.m4s", "103.m4s", "104.m4s")(t, r.get(faultyList))
		})
	}
}

func TestHangNeverAnswers(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*testing.T, *running)
	}{
		{"until the fault is cleared", func(t *testing.T, r *running) { setFault(t, r, `{"mode":"none"}`) }},
		{"until the packager stops", func(_ *testing.T, r *running) { r.stop() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, r := faulty(t)
			setFault(t, r, `{"mode":"hang"}`)
			answers := make(chan answer, 2)
			go func() { answers <- r.get("/live01/playlist.m3u8") }()
			go func() { answers <- r.get("/live01/103.m4s") }()
			servicetest.Await(t, "silence", func() bool { return r.s.held.Load() == 2 })
			c.end(t, r)
			for range 2 {
				if a := <-answers; a.err == nil {
					t.Errorf("got %d, want a broken connection", a.status)
				}
			}
		})
	}
}

func TestHangBodySendsHalf(t *testing.T) {
	_, r := faulty(t)
	setFault(t, r, `{"mode":"hang-body"}`)
	whole := disktest.SegmentOf(103, "live01")
	res, err := http.Get(r.url + "/live01/103.m4s")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.ContentLength != int64(len(whole)) {
		t.Errorf("got %d and a length of %d, want %d", res.StatusCode, res.ContentLength, len(whole))
	}
	half := make([]byte, len(whole)/2)
	if _, err := io.ReadFull(res.Body, half); err != nil || !bytes.Equal(half, whole[:len(half)]) {
		t.Errorf("got %v, want the first half", err)
	}
	servicetest.Await(t, "silence", func() bool { return r.s.held.Load() == 1 })
	setFault(t, r, `{"mode":"none"}`)
	if rest, err := io.ReadAll(res.Body); err == nil || len(rest) > 0 {
		t.Errorf("got %d bytes more, %v, want a broken connection", len(rest), err)
	}
}

// gate is a client that takes a piece of the body on demand.
type gate struct {
	*httptest.ResponseRecorder
	arrived chan int
	take    chan struct{}
}

func (g *gate) Write(b []byte) (int, error) {
	g.arrived <- len(b)
	<-g.take
	return g.ResponseRecorder.Write(b)
}

func TestAFaultAffectsAnswersUnderWay(t *testing.T) {
	t.Parallel()
	whole := disktest.SegmentOf(103, "live01")
	for _, c := range []struct {
		fault string
		check func(t *testing.T, got []byte, pieces int, broken any)
	}{
		{`{"mode":"none"}`, func(t *testing.T, got []byte, _ int, broken any) {
			if broken != nil || !bytes.Equal(got, whole) {
				t.Errorf("got %v and %d bytes, want all", broken, len(got))
			}
		}},
		{`{"mode":"truncate"}`, func(t *testing.T, got []byte, _ int, broken any) {
			if broken != http.ErrAbortHandler || !bytes.Equal(got, whole[:len(whole)/2]) { //nolint:errorlint // a panic's value, which net/http compares likewise
				t.Errorf("got %v and %d bytes, want the first half and a broken connection", broken, len(got))
			}
		}},
		{`{"mode":"slow","bytes_per_s":100000}`, func(t *testing.T, got []byte, pieces int, broken any) {
			if broken != nil || !bytes.Equal(got, whole) || pieces < 7 {
				t.Errorf("got %v and %d bytes in %d pieces, want all in pieces of 10,000", broken, len(got), pieces)
			}
		}},
		{`{"mode":"corrupt"}`, func(t *testing.T, got []byte, _ int, broken any) {
			if broken != nil || len(got) != len(whole) || bytes.Equal(got, whole) || !bytes.Equal(got[:chunk], whole[:chunk]) {
				t.Errorf("got %v and %d bytes, want the first piece as it is and then others", broken, len(got))
			}
		}},
	} {
		t.Run(c.fault, func(t *testing.T) {
			_, r := faulty(t)
			router := mux.NewRouter().SkipClean(true)
			r.s.Routes(router)
			g := &gate{httptest.NewRecorder(), make(chan int), make(chan struct{})}
			ended := make(chan any)
			go func() {
				defer func() { ended <- recover() }()
				router.ServeHTTP(g, httptest.NewRequest(http.MethodGet, "/live01/103.m4s", nil))
			}()
			if n := <-g.arrived; n != chunk {
				t.Errorf("got a first piece of %d bytes, want %d", n, chunk)
			}
			setFault(t, r, c.fault)
			g.take <- struct{}{}
			for pieces := 1; ; {
				select {
				case <-g.arrived:
					pieces++
					g.take <- struct{}{}
				case broken := <-ended:
					c.check(t, g.Body.Bytes(), pieces, broken)
					return
				}
			}
		})
	}
}

func TestAHeldRequestFollowsTheFault(t *testing.T) {
	for _, c := range []struct {
		fault string
		want  int
	}{{`{"mode":"stale"}`, 200}, {`{"mode":"error"}`, 503}} {
		_, r := faulty(t)
		answers := make(chan answer, 1)
		go func() { answers <- r.get("/live01/playlist.m3u8?_HLS_msn=104") }()
		servicetest.Await(t, "a held request", func() bool { return r.s.held.Load() == 1 })
		setFault(t, r, c.fault)
		if got := <-answers; got.status != c.want || strings.Contains(got.body, "104.m4s") {
			t.Errorf("%s: got %d\n%s\nwant %d at once", c.fault, got.status, got.body, c.want)
		}
	}
}

func TestLagBlocksOnWhatItShows(t *testing.T) {
	d, r := faulty(t)
	setFault(t, r, `{"mode":"lag"}`)
	answers := make(chan answer, 1)
	go func() { answers <- r.get("/live01/playlist.m3u8?_HLS_msn=103") }()
	servicetest.Await(t, "a held request", func() bool { return r.s.held.Load() == 1 })
	d.Publish(104, 104)
	if got := <-answers; got.status != 200 || !strings.Contains(got.body, "103.m4s") || strings.Contains(got.body, "104.m4s") {
		t.Errorf("got %d\n%s\nwant msn 103 once 104 is there", got.status, got.body)
	}
}
