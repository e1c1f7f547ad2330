package local

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/report"
)

func TestPollerAsksTheReporterAndTheOrigin(t *testing.T) {
	reporter := platformtest.NewServer(t, map[string]string{
		"/ingests":   `[{"signal":"live01","packagers":["http://localhost:8080"],"last_reported":"Fri, 05 Apr 2024 11:23:45 -03"}]`,
		"/packagers": `[{"signal":"live02","packagers":[]},{"signal":"live01","packagers":[{"packager":"http://localhost:8080","state":"up","msn":7,"part":-1,"age_ms":1,"latency_ms":0.5}]}]`,
	})
	origin := platformtest.NewServer(t, map[string]string{"/preferences": `[{"signal":"gone","active":"http://localhost:8080"},{"signal":"live01","active":"http://localhost:8080","packagers":[]}]`})
	gone := platformtest.NewServer(t, nil) // the first of each does not answer
	p := poller{reporters: []string{gone, reporter}, origins: []string{gone, origin}, client: newClient()}
	got := p.ask(t.Context())
	if got.Err != "" || len(got.Ingests) != 1 || got.Ingests[0].Signal != "live01" || len(got.Details) != 2 || got.Details[1].Packagers[0].MSN != 7 {
		t.Errorf("got %+v, want what the reporter answered", got)
	}
	if len(got.Live) != 1 || got.Live[0].Server != "http://localhost:8080/live01/playlist.m3u8" {
		t.Errorf("live: got %+v, want live01 alone: the origin knows no other", got.Live)
	}
}

// TestAPollIsAFewRequestsHoweverManySignals has two origins, of which the first does not know
// the last signal.
func TestAPollIsAFewRequestsHoweverManySignals(t *testing.T) {
	const signals = 100
	var details []report.SignalStatus
	var known []report.Preference
	for i := range signals {
		name := fmt.Sprintf("live%02d", i)
		details = append(details, report.SignalStatus{Signal: name})
		known = append(known, report.Preference{Signal: name, Active: "http://first"})
	}
	var requests atomic.Int64
	serve := func(answer func(path string) any) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			_ = json.NewEncoder(w).Encode(answer(r.URL.Path)) // a broken answer fails the test
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	reporter := serve(func(path string) any {
		if path == "/packagers" {
			return details
		}
		return []report.Ingest{}
	})
	first := serve(func(string) any { return known[:signals-1] })
	second := serve(func(string) any {
		return []report.Preference{{Signal: "live98", Active: "http://second"}, {Signal: "live99", Active: "http://second"}}
	})
	third := serve(func(string) any { return known })
	got := poller{reporters: []string{reporter}, origins: []string{first, second, third}, client: newClient()}.ask(t.Context())
	if len(got.Preferences) != signals || len(got.Live) != signals {
		t.Fatalf("got %d preferences and %d signals to play, want %d", len(got.Preferences), len(got.Live), signals)
	}
	if got.Preferences[98].Active != "http://first" || got.Preferences[99].Active != "http://second" {
		t.Errorf("got %+v, want each from the first origin that knows it", got.Preferences[98:])
	}
	if n := requests.Load(); n != 4 {
		t.Errorf("got %d requests, want 2 of the reporter and 1 of each origin that is needed", n)
	}
}

func TestTheOperatorsRequestReachesEveryOrigin(t *testing.T) {
	asked := 0
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/failover" {
			asked++
		}
	}))
	defer origin.Close()
	gone := platformtest.NewServer(t, nil)
	p := poller{origins: []string{origin.URL, gone, origin.URL}, client: newClient()}
	if err := p.failover(t.Context(), ""); err != nil || asked != 2 {
		t.Errorf("got %v, %d asked, want both asked", err, asked)
	}
	p.origins = []string{gone, gone}
	if err := p.failover(t.Context(), ""); err == nil || strings.Count(err.Error(), "status 404") != 2 {
		t.Errorf("got %v, want the reason of both", err)
	}
}

func TestPollerSaysWhyThereIsNoTable(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	redirecting := httptest.NewServer(http.RedirectHandler("http://192.0.2.1/", http.StatusFound))
	defer redirecting.Close()
	for _, c := range []struct{ name, reporter, want string }{
		{"no reporter in the layout", "", "this layout has no reporter"},
		{"the port is closed", gone.URL, "connection refused"},
		{"it has no such route", platformtest.NewServer(t, nil), "status 404"},
		{"it redirects", redirecting.URL, "status 302"},
		{"it does not answer with a table", platformtest.NewServer(t, map[string]string{"/ingests": "<html>"}), "invalid character"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := poller{client: newClient()}
			if c.reporter != "" {
				p.reporters = []string{c.reporter}
			}
			got := p.ask(t.Context())
			if !strings.Contains(got.Err, c.want) || got.Ingests != nil {
				t.Errorf("got %+v, want the reason %q and no table", got, c.want)
			}
		})
	}
}
