package headless

import (
	"io"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/signals"
)

func TestAPlatformWaitsForAnEncoderForAsLongAsItTakes(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	u := newStartup([]platform.Process{{Status: platform.Status{Name: "worker"}}, {Status: platform.Status{Name: "server1"}}})
	u.status(platform.Status{Name: "worker", State: platform.Starting}, began)
	u.status(platform.Status{Name: "worker", State: platform.Ready}, began)
	u.status(platform.Status{Name: "server1", State: platform.Starting}, began)
	h := &headless{startup: u, printer: printer{out: io.Discard}}
	h.snapshot.LiveSignals = []signals.Status{{Name: "stage"}}
	for _, after := range []time.Duration{time.Second, time.Hour} {
		if ended, err := h.tick(began.Add(after)); ended || err != nil {
			t.Fatalf("after %s: got the end %t, %v, want it to wait", after, ended, err)
		}
	}
	if got := h.status(false); got != "waiting for an encoder" {
		t.Errorf("the service manager is told %q", got)
	}
	h.snapshot.LiveSignals[0].OnAir = true
	if ended, err := h.tick(began.Add(time.Hour + 20*time.Second)); ended || err != nil {
		t.Errorf("20 s after the encoder has come: got the end %t, %v", ended, err)
	}
	if ended, err := h.tick(began.Add(time.Hour + 40*time.Second)); !ended || err == nil {
		t.Errorf("40 s after the encoder has come: got the end %t, %v, want it", ended, err)
	}
}

func TestWhatAwaitsAnEncoder(t *testing.T) {
	stage, other := signals.Status{Name: "stage"}, signals.Status{Name: "other", OnAir: true}
	for _, c := range []struct {
		name string
		s    platform.Snapshot
		want bool
	}{
		{"no live signal", platform.Snapshot{}, false},
		{"a live signal", platform.Snapshot{LiveSignals: []signals.Status{stage}}, true},
		{"one of two is on air", platform.Snapshot{LiveSignals: []signals.Status{stage, other}}, false},
		{"a film beside it", platform.Snapshot{LiveSignals: []signals.Status{stage}, Details: []report.SignalStatus{{Signal: "film"}}}, false},
	} {
		if got := c.s.AwaitsEncoder(); got != c.want {
			t.Errorf("%s: got %t", c.name, got)
		}
	}
}
