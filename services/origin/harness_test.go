package origin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

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

func (o *origin) do(method, path, body string, headers ...string) servicetest.Answer {
	a, err := o.try(o.t.Context(), method, path, body, headers...)
	if err != nil {
		o.t.Error(err)
	}
	return a
}

func (o *origin) try(ctx context.Context, method, path, body string, headers ...string) (servicetest.Answer, error) {
	return servicetest.Request(ctx, method, o.url+path, body, headers...)
}

// learn gives the origin one signal with the packagers one and two.
func (o *origin) learn(list ...report.State) {
	o.s.learn(answer{reported: time.Now(), signals: []report.SignalStatus{{Signal: "live01", Packagers: states(list...), LastReported: time.Now()}}})
}

// hold sends a long poll that has the version already and returns once it is held.
func (o *origin) hold(ctx context.Context) <-chan servicetest.Answer {
	o.t.Helper()
	tag := o.do("GET", "/live/live01/packagers", "").Header.Get("ETag")
	done := make(chan servicetest.Answer, 1)
	go func() {
		a, err := o.try(ctx, "GET", "/live/live01/packagers?wait=60s", "", "If-None-Match", tag)
		if err != nil {
			a.Body = err.Error()
		}
		done <- a
	}()
	servicetest.Await(o.t, "the request is held", func() bool { return o.s.waiting.Load() == 1 })
	return done
}

// got is the answer to a held request, which must come long before its wait is over.
func (o *origin) got(held <-chan servicetest.Answer) servicetest.Answer {
	o.t.Helper()
	select {
	case a := <-held:
		return a
	case <-time.After(servicetest.Patience):
		o.t.Fatal("the request is still held")
		return servicetest.Answer{}
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
	servicetest.Await(o.t, "GET "+path+" answers "+want, func() bool { return strings.Contains(o.do("GET", path, "").Body, want) })
}

// awaitTrouble waits until the origin has noticed that the reporter is gone, or back.
func (o *origin) awaitTrouble(want bool) {
	o.t.Helper()
	servicetest.Await(o.t, fmt.Sprintf("trouble with the reporter: %t", want), func() bool {
		o.s.mu.Lock()
		defer o.s.mu.Unlock()
		return (o.s.trouble != "") == want
	})
}
