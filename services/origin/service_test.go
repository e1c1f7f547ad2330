package origin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

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
		if a.Status != 200 || a.Body != want || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("GET %s: got %d %s, want %s", path, a.Status, a.Body, want)
		}
		if h := o.do("HEAD", path, ""); h.Status != 200 || h.Body != "" || h.Header.Get("Content-Length") != strconv.Itoa(len(want)) {
			t.Errorf("HEAD %s: got %d %q of %s bytes, want 200, no body, %d", path, h.Status, h.Body, h.Header.Get("Content-Length"), len(want))
		}
		if h := o.do("DELETE", path, ""); h.Status != 405 || h.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("DELETE %s: got %d, Allow %q, want 405", path, h.Status, h.Header.Get("Allow"))
		}
	}
}

func TestErrors(t *testing.T) {
	heard := func(o *origin) { o.s.learn(answer{reported: time.Now()}) }
	for _, c := range []struct {
		name, path string
		before     func(*origin)
		want       int
		says       string
	}{
		{"signals before the reporter was heard", "/signals", func(*origin) {}, 503, "has not answered"},
		{"preferences before the reporter was heard", "/preferences", func(*origin) {}, 503, "has not answered"},
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
			if a.Status != c.want || !strings.Contains(a.Body, c.says) || !strings.HasPrefix(a.Body, "{\n  \"error\": \"") {
				t.Errorf("got %d %s, want %d as JSON with %q", a.Status, a.Body, c.want, c.says)
			}
			if got, want := a.Header.Get("Retry-After") != "", c.want == 503; got != want {
				t.Errorf("Retry-After: got %t, want %t", got, want)
			}
		})
	}
}

func TestNoSignalIsAnEmptyList(t *testing.T) {
	o := serve(t, service.Environment{})
	o.s.learn(answer{reported: time.Now()})
	if a := o.do("GET", "/signals", ""); a.Body != "[]\n" {
		t.Errorf("got %s, want []", a.Body)
	}
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
		if a := o.do("GET", "/live/live01", ""); !strings.Contains(a.Body, two) {
			t.Errorf("%s: got %s, want what was known", bad.name, a.Body)
		}
		f.set(200, row(down, up))
		o.awaitTrouble(false)
	}
	reporter.Close()
	o.awaitTrouble(true)
	if a := o.do("GET", "/live/live01", ""); !strings.Contains(a.Body, two) {
		t.Errorf("the reporter is gone: got %s, want what was known", a.Body)
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
	case <-time.After(servicetest.Patience):
		t.Fatal("Run does not return")
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
	if got := strings.Count(log.String(), "does not answer, still trying"); got != 3 {
		t.Errorf("told %d times in 25 s, want 3:\n%s", got, log.String())
	}
	if got := strings.Count(log.String(), "answers again"); got != 1 {
		t.Errorf("its return: told %d times, want once:\n%s", got, log.String())
	}
}

func TestAllPreferencesAreWhatEachSignalHas(t *testing.T) {
	o := serve(t, service.Environment{})
	list := func() (list []report.Preference) {
		if a := o.do("GET", "/preferences", ""); json.Unmarshal([]byte(a.Body), &list) != nil || list == nil {
			t.Fatalf("got %d %s, want a list", a.Status, a.Body)
		}
		return list
	}
	o.s.learn(answer{reported: time.Now()})
	if got := list(); len(got) != 0 {
		t.Errorf("without a signal: got %+v, want none", got)
	}
	o.learn(up, up)
	got := list()
	var one report.Preference
	if err := json.Unmarshal([]byte(o.do("GET", "/live/live01/packagers", "").Body), &one); err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], one) {
		t.Errorf("got %+v, %v, want %+v", got, err, one)
	}
}
