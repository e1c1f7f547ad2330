package stage

import (
	"strings"
	"testing"

	"livestream-tui/procs/platform"
	status "livestream-tui/services/kit/report"
	"livestream-tui/services/kit/signals"
)

func TestAStageWaitsUntilLiveSignalsShowTheirFirstInput(t *testing.T) {
	s := &Stage{}
	s.Sandbox.Signals = signals.List{{Name: "stage", Inputs: []signals.Input{{Name: "main", URL: "/film.mp4"}, {Name: "backup", URL: "/film.mp4"}}}}
	published := []status.Ingest{{Signal: "stage"}}
	for _, c := range []struct {
		name string
		now  platform.Snapshot
		want string // in the error; empty for none
	}{
		{"it does", platform.Snapshot{Ingests: published, LiveSignals: []signals.Status{{Name: "stage", Source: "main"}}}, ""},
		{"the receiver is silent", platform.Snapshot{Ingests: published}, "the receiver says nothing of stage"},
		{"the backup is shown", platform.Snapshot{Ingests: published, LiveSignals: []signals.Status{{Name: "stage", Source: "backup"}}}, "stage shows backup in place of main"},
		{"nothing is shown", platform.Snapshot{LiveSignals: []signals.Status{{Name: "stage"}}}, "stage shows nothing"},
		{"it is not published", platform.Snapshot{LiveSignals: []signals.Status{{Name: "stage", Source: "main"}}}, "no packager has stage"},
	} {
		err := s.notFed(c.now)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if err := new(Stage).notFed(platform.Snapshot{}); err != nil {
		t.Errorf("without live signals: %v", err)
	}
}
