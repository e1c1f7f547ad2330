package reporter

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

// reporter is one that is served, with a clock that stands at now, three hours
// west of Greenwich, where the contract's example was written.
type reporter struct {
	t   *testing.T
	url string
	now time.Time
}

func serve(t *testing.T) *reporter {
	t.Helper()
	c, err := ConfigFromEnv(service.Environment{"REPORTER_URL": "http://reporter:2000"})
	if err != nil {
		t.Fatal(err)
	}
	k := service.NewKit("reporter", service.Common{}, service.Environment{}, io.Discard)
	s, err := New(c, k)
	if err != nil {
		t.Fatal(err)
	}
	r := &reporter{t: t, now: began}
	s.now = func() time.Time { return r.now }
	s.zone = time.FixedZone("-03", -3*60*60)
	server := httptest.NewServer(service.Handler(s, k))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *reporter) do(method, path, body string, headers ...string) (servicetest.Answer, string) {
	r.t.Helper()
	a, err := servicetest.Request(r.t.Context(), method, r.url+path, body, headers...)
	if err != nil {
		r.t.Fatal(err)
	}
	return a, a.Body
}

func (r *reporter) tell(in report.IngestReport) {
	r.t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		r.t.Fatal(err)
	}
	if res, body := r.do("POST", "/ingests", string(b)); res.Status != http.StatusNoContent || body != "" {
		r.t.Fatalf("POST /ingests: got %d %s, want 204", res.Status, body)
	}
}

func TestIngestsAreTheContractsToTheByte(t *testing.T) {
	r := serve(t)
	if _, got := r.do("GET", "/ingests", ""); got != "[]\n" {
		t.Errorf("before a report: got %s, want []", got)
	}
	r.tell(ingest(signal("live01", status(one, report.Up), status(two, report.Up))))
	want := `[
  {
    "signal": "live01",
    "packagers": [
      "http://localhost:8080",
      "http://localhost:9090"
    ],
    "last_reported": "Fri, 05 Apr 2024 11:23:45 -03"
  }
]
`
	res, got := r.do("GET", "/ingests", "")
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := res.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type: got %s, want application/json", got)
	}
	if res, got := r.do("HEAD", "/ingests", ""); res.Status != 200 || got != "" || res.Header.Get("Content-Length") != strconv.Itoa(len(want)) {
		t.Errorf("HEAD: got %d %q and length %s, want 200, no body, %d", res.Status, got, res.Header.Get("Content-Length"), len(want))
	}
	r.tell(ingest(signal("live01", status(one, report.Down), status(two, report.Stale))))
	if _, got := r.do("GET", "/ingests", ""); servicetest.Compact(t, got) != `[{"signal":"live01","packagers":[],"last_reported":"Fri, 05 Apr 2024 11:23:45 -03"}]` {
		t.Errorf("none up: got %s, want an empty list of packagers", got)
	}
	r.now = began.Add(10 * time.Second)
	if _, got := r.do("GET", "/ingests", ""); got != "[]\n" {
		t.Errorf("after 10 s without a report: got %s, want []", got)
	}
}

func TestPackagers(t *testing.T) {
	r := serve(t)
	res, got := r.do("GET", "/packagers", "")
	if got != "[]\n" || res.Header.Get("Last-Modified") != "" {
		t.Errorf("before a report: got %s, Last-Modified %q, want [] and none", got, res.Header.Get("Last-Modified"))
	}
	r.tell(ingest(signal("live01", status(one, report.Up))))
	want := `[{"signal":"live01","packagers":[` +
		`{"packager":"http://localhost:8080","state":"up","msn":7,"part":-1,"age_ms":400,"latency_ms":1.5},` +
		`{"packager":"http://localhost:9090","state":"unknown","reason":"not reported","msn":-1,"part":-1,"age_ms":-1,"latency_ms":0}` +
		`],"last_reported":"2024-04-05T14:23:45Z"}]`
	if _, got := r.do("GET", "/packagers", ""); servicetest.Compact(t, got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r.now = began.Add(20 * time.Second)
	res, got = r.do("GET", "/packagers", "")
	if want := "Fri, 05 Apr 2024 14:23:45 GMT"; got != "[]\n" || res.Header.Get("Last-Modified") != want {
		t.Errorf("long after: got %s, Last-Modified %q, want [] and %s", got, res.Header.Get("Last-Modified"), want)
	}
}

func TestPostIngestsIsGuarded(t *testing.T) {
	const good = `{"signals":[]}`
	for _, c := range []struct {
		name, body string
		headers    []string
		want       int
		says       string
	}{
		{"a good one", good, nil, 204, ""},
		{"by our configured name", good, []string{"Host", "reporter:2000"}, 204, ""},
		{"another type", good, []string{"Content-Type", "text/plain"}, 415, "application/json"},
		{"from a web page", good, []string{"Origin", "http://localhost:2000"}, 403, "web pages"},
		{"under another name", good, []string{"Host", "evil.example"}, 403, "evil.example"},
		{"no JSON", `signals`, nil, 400, "bad JSON"},
		{"a state that is none", `{"signals":[{"signal":"live01","packagers":[{"packager":"http://localhost:8080","state":"fine"}]}]}`, nil, 400, "fine"},
		{"another packager", `{"signals":[{"signal":"live01","packagers":[{"packager":"http://evil:1","state":"up"}]}]}`, nil, 400, "http://evil:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := serve(t)
			res, got := r.do("POST", "/ingests", c.body, c.headers...)
			if res.Status != c.want || !strings.Contains(got, c.says) {
				t.Errorf("got %d %s, want %d with %q", res.Status, got, c.want, c.says)
			}
			if _, got := r.do("GET", "/ingests", ""); got != "[]\n" {
				t.Errorf("the table: got %s, want []", got)
			}
		})
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	r := serve(t)
	for path, allow := range map[string]string{"/ingests": "GET, HEAD, POST", "/packagers": "GET, HEAD"} {
		res, got := r.do("DELETE", path, "")
		if res.Status != 405 || res.Header.Get("Allow") != allow || !strings.HasPrefix(got, "{\n  \"error\": \"") {
			t.Errorf("DELETE %s: got %d, Allow %q, %s, want 405, %q and a JSON error", path, res.Status, res.Header.Get("Allow"), got, allow)
		}
	}
}

func TestConfigFromEnv(t *testing.T) {
	c, err := ConfigFromEnv(service.Environment{})
	if err != nil || c.TTL != 10*time.Second || c.Address() != "127.0.0.1:2000" {
		t.Errorf("defaults: got %+v at %s, %v, want 10s at 127.0.0.1:2000", c, c.Address(), err)
	}
	_, err = ConfigFromEnv(service.Environment{"REPORT_TTL": "0s", "REPORTER_PORT": "x"})
	for _, want := range []string{`REPORT_TTL="0s"`, `REPORTER_PORT="x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}

func TestRunEndsWhenAsked(t *testing.T) {
	s, err := New(Config{TTL: time.Second}, service.NewKit("reporter", service.Common{}, service.Environment{}, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	if ok, reason := s.Ready(); !ok {
		t.Errorf("not ready: %s", reason)
	}
}

func TestARefusalThatRepeatsIsToldNowAndThen(t *testing.T) {
	var log servicetest.Log
	s, err := New(Config{TTL: 10 * time.Second}, service.NewKit("reporter", service.Common{LogLevel: "info", LogFormat: "json"}, nil, &log))
	if err != nil {
		t.Fatal(err)
	}
	now := began
	s.now = func() time.Time { return now }
	for range 25 {
		r := httptest.NewRequest("POST", "http://localhost/ingests", strings.NewReader(`{"signals":[{"signal":"a","packagers":[{"packager":"http://x"}]}]}`))
		r.Header.Set("Content-Type", "application/json")
		s.report(httptest.NewRecorder(), r)
		now = now.Add(time.Second)
	}
	if got := log.Count("report refused"); got > 3 || got < 1 {
		t.Errorf("told %d times in 25 s, want 3 at most:\n%v", got, log.Lines())
	}
	now = now.Add(10 * time.Second)
	s.tick()
	s.tick()
	if got := log.Count("no more reports are refused for this reason"); got != 1 {
		t.Errorf("its end: told %d times, want once:\n%v", got, log.Lines())
	}
}
