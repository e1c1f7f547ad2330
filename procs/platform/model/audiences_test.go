package model

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

func TestAnAudienceIsThereWhileItsProxyReportsIt(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	m := Model{Now: platform.Snapshot{Processes: []platform.Process{{Status: platform.Status{Name: "proxy"}}}}}
	say := func(signal string, sessions int, when time.Time) {
		m.ApplyLine("proxy", event.Line{Time: when}, event.Audience{Signal: signal, Rendition: "playlist", Sessions: sessions})
	}
	want := func(what string, signals ...string) {
		t.Helper()
		got := m.Now.Audiences
		if len(got) != len(signals) {
			t.Fatalf("%s: got %+v, want %v", what, got, signals)
		}
		for i, signal := range signals {
			if got[i].Signal != signal || got[i].Process != "proxy" {
				t.Errorf("%s: got %+v, want %v", what, got, signals)
			}
		}
	}
	say("live02", 3, at)
	say("live01", 1, at)
	say("live01", 2, at.Add(time.Second))
	want("one report for each rendition, in order", "live01", "live02")
	if n := m.Now.Audiences[0].Sessions; n != 2 {
		t.Errorf("got %d sessions, want those of the latest report: 2", n)
	}
	say("live02", 0, at.Add(2*time.Second))
	want("without players", "live01")
	m.SetStatus(platform.Status{Name: "proxy", PID: 7, Started: at.Add(time.Minute)}, at.Add(time.Minute))
	want("another incarnation")
	say("live01", 2, at.Add(2*time.Minute))
	want("its own report", "live01")
	m.SetStatus(platform.Status{Name: "proxy"}, at.Add(3*time.Minute))
	want("the proxy is gone")
}
