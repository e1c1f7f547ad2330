package origin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
)

// patience bounds every wait of a test; none is a measure of anything.
const patience = 20 * time.Second

// origin is one that is served. It has no reporter unless a test runs it.
type origin struct {
	t   *testing.T
	s   *Service
	url string
}

func serve(t *testing.T, e service.Environment) *origin {
	t.Helper()
	c, err := ConfigFromEnv(e)
	if err != nil {
		t.Fatal(err)
	}
	k := service.NewKit("origin", service.Common{}, e, io.Discard)
	s, err := New(c, k)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(service.Handler(s, k))
	t.Cleanup(server.Close)
	return &origin{t, s, server.URL}
}

type answer struct {
	code   int
	body   string
	header http.Header
}

func (o *origin) do(method, path, body string, headers ...string) answer {
	a, err := o.try(o.t.Context(), method, path, body, headers...)
	if err != nil {
		o.t.Error(err)
	}
	return a
}

func (o *origin) try(ctx context.Context, method, path, body string, headers ...string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, o.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, string(b), res.Header}, err
}

// learn gives the origin one signal with the packagers one and two.
func (o *origin) learn(list ...report.State) {
	o.s.learn(told{reported: time.Now(), signals: []report.SignalStatus{{Signal: "live01", Packagers: states(list...), LastReported: time.Now()}}})
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

func TestAnswersAreTheContractsToTheByte(t *testing.T) {
	o := serve(t, service.Environment{})
	o.learn(up, up)
	for path, want := range map[string]string{
		"/signals": `[
  "live01"
]
`,
		"/live/live01": `{
  "signal": "live01",
  "server": "http://localhost:8080/live01/playlist.m3u8"
}
`,
		"/live/live01/packagers": `{
  "signal": "live01",
  "active": "http://localhost:8080",
  "packagers": [
    {
      "packager": "http://localhost:8080",
      "state": "up",
      "msn": 100,
      "part": -1,
      "age_ms": 0,
      "latency_ms": 0
    },
    {
      "packager": "http://localhost:9090",
      "state": "up",
      "msn": 100,
      "part": -1,
      "age_ms": 0,
      "latency_ms": 0
    }
  ]
}
`,
	} {
		a := o.do("GET", path, "")
		if a.code != 200 || a.body != want || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("GET %s: got %d %s, want %s", path, a.code, a.body, want)
		}
		if h := o.do("HEAD", path, ""); h.code != 200 || h.body != "" || h.header.Get("Content-Length") != strconv.Itoa(len(want)) {
			t.Errorf("HEAD %s: got %d %q of %s bytes, want 200, no body, %d", path, h.code, h.body, h.header.Get("Content-Length"), len(want))
		}
		if h := o.do("DELETE", path, ""); h.code != 405 || h.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("DELETE %s: got %d, Allow %q, want 405", path, h.code, h.header.Get("Allow"))
		}
	}
}

func TestErrors(t *testing.T) {
	heard := func(o *origin) { o.s.learn(told{reported: time.Now()}) }
	for _, c := range []struct {
		name, path string
		before     func(*origin)
		want       int
		says       string
	}{
		{"signals before the reporter was heard", "/signals", func(*origin) {}, 503, "has not answered"},
		{"a signal before the reporter was heard", "/live/live01", func(*origin) {}, 503, "has not answered"},
		{"no such signal", "/live/live01", heard, 404, `no signal \"live01\"`},
		{"the preference of no such signal", "/live/live01/packagers?wait=10s", heard, 404, "no signal"},
		{"no packager is usable", "/live/live01", func(o *origin) { o.learn(down, stale) }, 503, "no packager is usable"},
		{"a wait that is no duration", "/live/live01/packagers?wait=10", heard, 400, `wait \"10\"`},
		{"a wait that is too long", "/live/live01/packagers?wait=61s", heard, 400, "allowed are 0s to 1m0s"},
		{"a wait below nothing", "/live/live01/packagers?wait=-1s", heard, 400, "allowed are 0s to 1m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := serve(t, service.Environment{})
			c.before(o)
			a := o.do("GET", c.path, "")
			if a.code != c.want || !strings.Contains(a.body, c.says) || !strings.HasPrefix(a.body, "{\n  \"error\": \"") {
				t.Errorf("got %d %s, want %d as JSON with %q", a.code, a.body, c.want, c.says)
			}
			if got, want := a.header.Get("Retry-After") != "", c.want == 503; got != want {
				t.Errorf("Retry-After: got %t, want %t", got, want)
			}
		})
	}
}

func TestNoSignalIsAnEmptyList(t *testing.T) {
	o := serve(t, service.Environment{})
	o.s.learn(told{reported: time.Now()})
	if a := o.do("GET", "/signals", ""); a.body != "[]\n" {
		t.Errorf("got %s, want []", a.body)
	}
}

// await asks until it is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for deadline := time.Now().Add(patience); !so(); <-pace.C {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// hold sends a long poll that has the version already and returns once it is held.
func (o *origin) hold(ctx context.Context) <-chan answer {
	o.t.Helper()
	tag := o.do("GET", "/live/live01/packagers", "").header.Get("ETag")
	done := make(chan answer, 1)
	go func() {
		a, err := o.try(ctx, "GET", "/live/live01/packagers?wait=60s", "", "If-None-Match", tag)
		if err != nil {
			a.body = err.Error()
		}
		done <- a
	}()
	await(o.t, "the request is held", func() bool { return o.s.held.Load() == 1 })
	return done
}

// got is the answer to a held request, which must come long before its wait is over.
func (o *origin) got(held <-chan answer) answer {
	o.t.Helper()
	select {
	case a := <-held:
		return a
	case <-time.After(patience):
		o.t.Fatal("the request is still held")
		return answer{}
	}
}

func TestLongPoll(t *testing.T) {
	t.Run("who has another version is answered at once", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		if a := o.do("GET", "/live/live01/packagers?wait=60s", "", "If-None-Match", `"another"`); a.code != 200 {
			t.Errorf("got %d, want 200", a.code)
		}
	})
	t.Run("who does not wait is answered with 304", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		tag := o.do("GET", "/live/live01/packagers", "").header.Get("ETag")
		for _, v := range []string{tag, `"x", ` + tag, "W/" + tag, "*"} {
			a := o.do("GET", "/live/live01/packagers", "", "If-None-Match", v)
			if a.code != 304 || a.body != "" || a.header.Get("ETag") != tag {
				t.Errorf("If-None-Match %s: got %d %s %s, want 304 with %s", v, a.code, a.body, a.header.Get("ETag"), tag)
			}
		}
	})
	t.Run("when the wait is over it is 304", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		tag := o.do("GET", "/live/live01/packagers", "").header.Get("ETag")
		if a := o.do("GET", "/live/live01/packagers?wait=20ms", "", "If-None-Match", tag); a.code != 304 {
			t.Errorf("got %d, want 304", a.code)
		}
	})
	t.Run("a failover is answered", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		held := o.hold(t.Context())
		o.learn(up, up) // the same again wakes nobody
		o.learn(down, up)
		var p report.Preference
		if a := o.got(held); a.code != 200 || json.Unmarshal([]byte(a.body), &p) != nil || p.Active != two {
			t.Errorf("got %d %s, want 200 with %s active", a.code, a.body, two)
		}
	})
	t.Run("the operator's failover is answered", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		held := o.hold(t.Context())
		if a := o.do("POST", "/failover", `{}`); a.code != 200 {
			t.Fatalf("POST /failover: got %d %s", a.code, a.body)
		}
		if a := o.got(held); a.code != 200 || !strings.Contains(a.body, `"active": "`+two) {
			t.Errorf("got %d %s, want 200 with %s active", a.code, a.body, two)
		}
	})
	t.Run("the end of the signal is answered", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		held := o.hold(t.Context())
		later := time.Now().Add(time.Minute)
		o.s.now = func() time.Time { return later }
		o.s.learn(told{reported: later})
		if a := o.got(held); a.code != 404 {
			t.Errorf("got %d %s, want 404", a.code, a.body)
		}
	})
	t.Run("a shutdown is answered", func(t *testing.T) {
		o := serve(t, service.Environment{"REPORTER_URL": "http://127.0.0.1:1"})
		o.learn(up, up)
		held := o.hold(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := o.s.Run(ctx); err != nil {
			t.Errorf("Run: got %v, want a clean end", err)
		}
		if a := o.got(held); a.code != 304 {
			t.Errorf("got %d %s, want 304", a.code, a.body)
		}
	})
	t.Run("a client that goes away is let go", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		ctx, cancel := context.WithCancel(t.Context())
		held := o.hold(ctx)
		cancel()
		if a := o.got(held); !strings.Contains(a.body, "context canceled") {
			t.Errorf("got %+v, want the request to be cancelled", a)
		}
		await(t, "the handler ends", func() bool { return o.s.held.Load() == 0 })
	})
}

func TestFailover(t *testing.T) {
	for _, c := range []struct {
		name, body string
		headers    []string
		states     []report.State
		want       int
		says       string
	}{
		{"one signal", `{"signal":"live01"}`, nil, []report.State{up, up}, 200, `[{"signal":"live01","from":"http://localhost:8080","to":"http://localhost:9090"}]`},
		{"all signals", `{}`, nil, []report.State{up, up}, 200, `[{"signal":"live01","from":"http://localhost:8080","to":"http://localhost:9090"}]`},
		{"no other is usable", `{}`, nil, []report.State{up, down}, 409, `{"error":"no other packager is usable"}`},
		{"no such signal", `{"signal":"live02"}`, nil, []report.State{up, up}, 404, `{"error":"no signal \"live02\""}`},
		{"another type", `{}`, []string{"Content-Type", "text/plain"}, []report.State{up, up}, 415, `{"error":"the Content-Type must be application/json"}`},
		{"from a web page", `{}`, []string{"Origin", "http://localhost:8001"}, []report.State{up, up}, 403, `{"error":"requests from web pages are not allowed"}`},
		{"no JSON", `now`, nil, []report.State{up, up}, 400, `{"error":"bad JSON: invalid character 'o' in literal null (expecting 'u')"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := serve(t, service.Environment{})
			o.learn(c.states...)
			a := o.do("POST", "/failover", c.body, c.headers...)
			if a.code != c.want || flat(t, a.body) != c.says {
				t.Errorf("got %d %s, want %d %s", a.code, a.body, c.want, c.says)
			}
			want := one
			if c.want == 200 {
				want = two
			}
			if live := o.do("GET", "/live/live01", ""); !strings.Contains(live.body, want) {
				t.Errorf("after it: got %s, want %s", live.body, want)
			}
		})
	}
}

// table is a reporter of a test's own.
type table struct {
	mu   sync.Mutex
	body string
	code int
	last time.Time
}

func (f *table) set(code int, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.code, f.body, f.last = code, body, time.Now()
}

func (f *table) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path != "/packagers" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Last-Modified", f.last.UTC().Format(http.TimeFormat))
	w.WriteHeader(f.code)
	_, _ = io.WriteString(w, f.body)
}

func row(first, second report.State) string {
	b, _ := json.Marshal([]report.SignalStatus{{Signal: "live01", Packagers: states(first, second), LastReported: time.Now()}})
	return string(b)
}

// awaitAnswer asks until the answer has want in it.
func (o *origin) awaitAnswer(path, want string) {
	o.t.Helper()
	await(o.t, "GET "+path+" answers "+want, func() bool { return strings.Contains(o.do("GET", path, "").body, want) })
}

// awaitTrouble waits until the origin has noticed that the reporter is gone, or back.
func (o *origin) awaitTrouble(want bool) {
	o.t.Helper()
	await(o.t, fmt.Sprintf("trouble with the reporter: %t", want), func() bool {
		o.s.mu.Lock()
		defer o.s.mu.Unlock()
		return (o.s.trouble != "") == want
	})
}

func TestRunLearnsFromTheReporter(t *testing.T) {
	var f table
	f.set(200, row(up, up))
	reporter := httptest.NewServer(&f)
	t.Cleanup(reporter.Close)
	// The first reporter is not there: the second is asked.
	o := serve(t, service.Environment{"REPORTER_URL": "http://127.0.0.1:1," + reporter.URL})
	if ok, reason := o.s.Ready(); ok || reason == "" {
		t.Errorf("before it runs: got %t, %q, want not ready and why", ok, reason)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.s.Run(ctx) }()
	o.awaitAnswer("/live/live01", "http://localhost:8080/live01/playlist.m3u8")
	if ok, reason := o.s.Ready(); !ok {
		t.Errorf("after an answer: not ready: %s", reason)
	}
	f.set(200, row(down, up))
	o.awaitAnswer("/live/live01", "http://localhost:9090/live01/playlist.m3u8")
	for _, bad := range []struct {
		name, body string
		code       int
	}{{"an error", "", 500}, {"no JSON", "<html>", 200}, {"an unknown state", `[{"signal":"live01","packagers":[{"packager":"x","state":"fine"}]}]`, 200}} {
		f.set(bad.code, bad.body)
		o.awaitTrouble(true)
		if a := o.do("GET", "/live/live01", ""); !strings.Contains(a.body, two) {
			t.Errorf("%s: got %s, want what was known", bad.name, a.body)
		}
		f.set(200, row(down, up))
		o.awaitTrouble(false)
	}
	reporter.Close()
	o.awaitTrouble(true)
	if a := o.do("GET", "/live/live01", ""); !strings.Contains(a.body, two) {
		t.Errorf("the reporter is gone: got %s, want what was known", a.body)
	}
	if ok, reason := o.s.Ready(); !ok {
		t.Errorf("the reporter is gone: not ready: %s; want ready", reason)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("Run: got %v, want a clean end", err)
		}
	case <-time.After(patience):
		t.Fatal("Run does not return")
	}
}

func TestConfigFromEnv(t *testing.T) {
	c, err := ConfigFromEnv(service.Environment{})
	if err != nil || c.FailbackAfter != 30*time.Second || c.TTL != 10*time.Second || c.Address() != "127.0.0.1:8001" {
		t.Errorf("defaults: got %+v at %s, %v", c, c.Address(), err)
	}
	_, err = ConfigFromEnv(service.Environment{"FAILBACK_AFTER": "-1s", "REPORT_TTL": "0s", "ORIGIN_PORT": "x"})
	for _, want := range []string{`FAILBACK_AFTER="-1s"`, `REPORT_TTL="0s"`, `ORIGIN_PORT="x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}

func TestHold(t *testing.T) {
	for _, c := range []struct {
		name, body string
		states     []report.State
		want       int
		says       string
		active     string
	}{
		{"the standby", `{"signal":"live01","packager":"http://localhost:9090"}`, []report.State{up, up}, 200, `[{"signal":"live01","active":"http://localhost:9090","held":true}]`, two},
		{"the active one", `{"packager":"http://localhost:8080"}`, []report.State{up, up}, 200, `[{"signal":"live01","active":"http://localhost:8080","held":true}]`, one},
		{"release", `{}`, []report.State{up, up}, 200, `[{"signal":"live01","active":"http://localhost:8080","held":false}]`, one},
		{"one that is down", `{"packager":"http://localhost:9090"}`, []report.State{up, down}, 409, `{"error":"packager http://localhost:9090 is not usable"}`, one},
		{"a stranger", `{"packager":"http://elsewhere"}`, []report.State{up, up}, 400, `{"error":"packager \"http://elsewhere\": allowed are http://localhost:8080,http://localhost:9090, and nothing to release"}`, one},
		{"no such signal", `{"signal":"live02"}`, []report.State{up, up}, 404, `{"error":"no signal \"live02\""}`, one},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := serve(t, service.Environment{})
			o.learn(c.states...)
			a := o.do("POST", "/hold", c.body)
			if a.code != c.want || flat(t, a.body) != c.says {
				t.Errorf("got %d %s, want %d %s", a.code, a.body, c.want, c.says)
			}
			if live := o.do("GET", "/live/live01", ""); !strings.Contains(live.body, c.active) {
				t.Errorf("after it: got %s, want %s", live.body, c.active)
			}
		})
	}
}

func TestAHeldPackagerIsLeftWhenItFailsAndNotBefore(t *testing.T) {
	o := serve(t, service.Environment{})
	o.learn(up, up)
	o.do("POST", "/hold", `{"packager":"http://localhost:9090"}`)
	o.learn(up, up)
	if live := o.do("GET", "/live/live01", ""); !strings.Contains(live.body, two) {
		t.Errorf("while it is well: got %s, want %s", live.body, two)
	}
	o.learn(up, down)
	if live := o.do("GET", "/live/live01", ""); !strings.Contains(live.body, one) {
		t.Errorf("after it failed: got %s, want %s", live.body, one)
	}
	if p := o.do("GET", "/live/live01/packagers", ""); strings.Contains(p.body, "held") {
		t.Errorf("after it failed it is held still: %s", p.body)
	}
}

// TestASilentReporterIsToldNowAndThen: when it begins, each ten seconds, when it ends;
// not with each question.
func TestASilentReporterIsToldNowAndThen(t *testing.T) {
	var log bytes.Buffer
	c, err := ConfigFromEnv(service.Environment{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(c, service.NewKit("origin", service.Common{LogLevel: "info"}, nil, &log))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	s.now = func() time.Time { return now }
	for range 25 * 4 { // seconds, and questions in each
		s.noteAnswer(errors.New("http://localhost:2000/packagers: connection refused"))
		now = now.Add(askEvery)
	}
	s.noteAnswer(nil)
	s.noteAnswer(nil)
	if got := strings.Count(log.String(), "does not answer, trying on"); got != 3 {
		t.Errorf("told %d times in 25 s, want 3:\n%s", got, log.String())
	}
	if got := strings.Count(log.String(), "answers again"); got != 1 {
		t.Errorf("its return: told %d times, want once:\n%s", got, log.String())
	}
}
