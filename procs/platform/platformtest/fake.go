package platformtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/report"
)

// Deadline is how long a test waits for something that must happen.
const Deadline = 30 * time.Second

// Supervisor is a local.Supervisor of functions. A nil OnRun waits until ctx is cancelled;
// the others do nothing when they are nil.
type Supervisor struct {
	OnRun      func(ctx context.Context) error
	OnCommand  func(process string, a procs.Action) error
	OnProgress func(process string)
	OnStatuses func() []procs.Status
}

func (f Supervisor) Run(ctx context.Context) error {
	if f.OnRun != nil {
		return f.OnRun(ctx)
	}
	<-ctx.Done()
	return nil
}

func (f Supervisor) KillAll() {}

// SetEnv implements local.Supervisor: nothing has an environment.
func (f Supervisor) SetEnv(context.Context, string, []string) (int, error) { return 0, nil }

func (f Supervisor) Statuses() []procs.Status {
	if f.OnStatuses != nil {
		return f.OnStatuses()
	}
	return nil
}

func (f Supervisor) Command(_ context.Context, process string, a procs.Action) error {
	if f.OnCommand != nil {
		return f.OnCommand(process, a)
	}
	return nil
}

func (f Supervisor) Progress(process string) {
	if f.OnProgress != nil {
		f.OnProgress(process)
	}
}

// Await waits until holds returns true, and fails the test after Deadline. what names the
// condition.
func Await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(Deadline); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, Deadline)
		}
		time.Sleep(10 * time.Millisecond) // before the next look at the condition
	}
}

// CountToStatus reads events up to the first change of a process's state, and returns how
// many it read and how many were dropped.
func CountToStatus(events <-chan platform.Event) (read, dropped int) {
	for e := range events {
		read, dropped = read+1, dropped+e.Dropped
		if e.Status() != nil {
			break
		}
	}
	return read, dropped
}

// StatusEvent returns the event of a process that is now in a state.
func StatusEvent(name string, s procs.State) platform.Event {
	return platform.Event{Process: name, What: platform.Changed{Status: platform.Status{Name: name, State: s}}}
}

// NewServer returns the URL of a server that gives fixed answers by path, and 404 otherwise.
func NewServer(t *testing.T, byPath map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := byPath[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// DefaultLayout returns the default layout.
func DefaultLayout(t *testing.T) layouts.Layout {
	t.Helper()
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	return layout
}

// Endpoints returns those endpoints of the default layout that tests use.
func Endpoints() []preflight.Endpoint {
	return []preflight.Endpoint{{Process: "proxy", Service: "proxy", Host: "localhost", Port: 8002}}
}

// EndpointAt returns the endpoint of a service at a URL.
func EndpointAt(t *testing.T, service, address string) preflight.Endpoint {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return preflight.Endpoint{Process: service, Service: service, Host: u.Hostname(), Port: port}
}

// PlayLive01 has live01 played from server1; server2 is usable too.
func PlayLive01(m *model.Model) {
	const one, two = "http://localhost:8080", "http://localhost:9090"
	m.Now.Processes = slices.Clone(m.Now.Processes)
	for i, p := range m.Now.Processes {
		switch p.Name {
		case "server1":
			m.Now.Processes[i].Port, m.Now.Processes[i].State = 8080, platform.Ready
		case "server2":
			m.Now.Processes[i].Port, m.Now.Processes[i].State = 9090, platform.Ready
		}
	}
	m.SetAnswers(model.Answers{
		Live:        []report.Live{{Signal: "live01", Server: one + "/live01/playlist.m3u8"}},
		Preferences: []report.Preference{{Signal: "live01", Active: one}},
		Details:     []report.SignalStatus{{Signal: "live01", Packagers: []report.PackagerStatus{{URL: one, State: report.Up}, {URL: two, State: report.Up}}}},
	}, time.Now())
}
