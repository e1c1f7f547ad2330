package seriestest

import (
	"compress/gzip"
	"embed"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"livestream-tui/procs/platform"
)

// recorded has the series. Each is a run of a real platform with two snapshots a second:
// the platform starts and comes on air, its active packager is killed, and its proxy is
// paused. In watched the viewer is paused and killed too, and a packager is held. unwatched
// is a layout without a viewer, whose origin is paused and which fails over. In countdown
// both packagers, the worker and the proxy are taken away one after the other until the
// picture stands still, and once the packagers come back in time.
//
//go:embed testdata
var recorded embed.FS

// Names returns the names of the series.
func Names() []string { return []string{"watched", "unwatched", "countdown"} }

// Load returns the snapshots of a series, the earliest first.
func Load(t *testing.T, name string) []platform.Snapshot {
	t.Helper()
	file, err := recorded.Open("testdata/" + name + ".jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []platform.Snapshot
	for lines := json.NewDecoder(plain); ; {
		var s platform.Snapshot
		switch err := lines.Decode(&s); {
		case errors.Is(err, io.EOF):
			return list
		case err != nil:
			t.Fatalf("series %s, line %d: %v", name, len(list)+1, err)
		}
		list = append(list, s)
	}
}

// Each runs a test over every series.
func Each(t *testing.T, test func(t *testing.T, series []platform.Snapshot)) {
	t.Helper()
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) { test(t, Load(t, name)) })
	}
}
