//go:build linux

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/test/harness"
)

// launchStandIn starts the default platform with one film, and says of other signals what
// discovery and the viewer would say of them: to the reporter beside what discovery reports,
// and in the viewer's log, once a second for each signal.
func launchStandIn(t *testing.T, signals int) (run string) {
	t.Helper()
	settings := harness.Settings(t)
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			addSignals(w, r, settings, signals)
			return
		}
		_, _ = w.Write([]byte(`["live01"]`)) // to the viewer, which asks again
	}))
	t.Cleanup(between.Close)
	layout, err := os.ReadFile(filepath.Join(harness.Root(), "layouts", "default.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(layout)
	for service, setting := range map[string]string{"discovery": "REPORTER_URL", "viewer": "ORIGIN_URL"} {
		line := "    service: " + service + "\n"
		text = strings.Replace(text, line, fmt.Sprintf("%s    environment: {%s: %q}\n", line, setting, between.URL), 1)
	}
	path := filepath.Join(settings["STATE_PATH"]+"-layout", "load.yaml")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := harness.Launch(t, settings, "--layout", path)
	p.AwaitOnAir(harness.Every...)
	log, err := os.OpenFile(p.Status("viewer").LogPath, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		saySignals(ctx, settings, log, signals)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		_ = log.Close() // each line was written by itself
	})
	return settings["RUN_PATH"]
}

// addSignals passes a report of discovery on to the reporter, with the other signals.
func addSignals(w http.ResponseWriter, r *http.Request, settings map[string]string, signals int) {
	var said report.IngestReport
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if len(said.Signals) > 0 {
		for i := 1; i < signals; i++ {
			one := said.Signals[0]
			one.Signal = nameOf(i)
			said.Signals = append(said.Signals, one)
		}
	}
	body, _ := json.Marshal(said) // what was decoded
	resp, err := http.Post("http://localhost:"+settings["REPORTER_PORT"]+r.URL.Path, "application/json", bytes.NewReader(body))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_ = resp.Body.Close() // it says nothing
	w.WriteHeader(resp.StatusCode)
}

func nameOf(i int) string { return fmt.Sprintf("live%02d", i+1) }

// saySignals says that all signals but the first play, until ctx is cancelled.
func saySignals(ctx context.Context, settings map[string]string, log *os.File, signals int) {
	var lines bytes.Buffer
	logger := hclog.New(&hclog.LoggerOptions{Name: "viewer", Output: &lines, JSONFormat: true})
	began := time.Now().Truncate(time.Millisecond)
	packagers := []string{"http://localhost:" + settings["SERVER_ONE_PORT"], "http://localhost:" + settings["SERVER_TWO_PORT"]}
	tick := time.NewTicker(time.Second / 10)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			msn := 1000 + int64(now.Sub(began)/(2*time.Second))
			for i := n % 10; i < signals; i += 10 {
				if i == 0 {
					continue // it is real
				}
				name := nameOf(i)
				if n < 10 {
					event.Emit(logger, "film", event.Film{File: name + ".mp4", Signal: name, State: event.FilmAired})
				}
				event.Emit(logger, "playing", event.Viewing{
					Signal: name, State: event.ViewPlaying, Since: began, BufferMS: 4000 + int64(n%10)*100, LatencyMS: 7000 + int64(i), Until: now.Add(6 * time.Second),
					TargetMS: 2000, MSN: msn, MSNAt: now, Packager: packagers[i%2], PlaylistAgeMS: 900, BitrateBPS: 3_000_000 + int64(n),
				})
			}
			_, _ = log.Write(lines.Bytes()) // without them no signal is on air, and the test fails
			lines.Reset()
		}
	}
}
