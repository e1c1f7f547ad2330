package ctl

import (
	"strings"
	"testing"

	"livestream-tui/procs/onair/seriestest"
	"livestream-tui/procs/platform"
)

// TestTheStatusOfOneServiceHasTheLightOfAll has each moment of the series as the status of
// each of its processes: all that stands before the table of the processes is the same.
func TestTheStatusOfOneServiceHasTheLightOfAll(t *testing.T) {
	seriestest.Each(t, func(t *testing.T, series []platform.Snapshot) {
		head := func(s platform.Snapshot) string {
			var written strings.Builder
			if err := WriteStatus(&written, s); err != nil {
				t.Fatal(err)
			}
			before, table, _ := strings.Cut(written.String(), "\nNAME ")
			if got, want := strings.Count(table, "\n"), len(s.Processes)+1; got != want {
				t.Fatalf("got a table of %d lines, want %d:\n%s", got, want, table)
			}
			return before
		}
		for i, s := range series {
			for _, p := range s.Processes {
				one, err := Only(s, p.Name)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := head(one), head(s); got != want {
					t.Errorf("snapshot %d, status %s: got\n%s\nwant\n%s", i, p.Name, got, want)
				}
			}
		}
		if _, err := Only(series[0], "nosuch"); err == nil || !strings.Contains(err.Error(), "allowed are") {
			t.Errorf("an unknown process: got %v, want the names that there are", err)
		}
	})
}
