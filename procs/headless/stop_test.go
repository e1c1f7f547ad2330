package headless

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

func TestTheStopSummaryHasTheLengthOfEachOutage(t *testing.T) {
	f := StopSummary{
		began: noon,
		ends:  []platform.Event{{Time: noon.Add(time.Second), Process: "proxy", What: platform.Changed{Status: platform.Status{State: platform.Exited, LastExit: "exit status 0"}}}},
		outages: []platform.OutageAt{
			{Outage: event.EndedOutageOf("live01", noon.Add(-time.Hour), noon.Add(-time.Hour).Add(1234*time.Millisecond))},
			{Outage: event.OutageOf("live02", noon.Add(-2500*time.Millisecond), noon)},
		},
		omitted: 3,
	}
	var out strings.Builder
	f.Write(&out)
	want := `3 earlier outages
live01       off air for 1.234s from 2026-01-01 11:00:00.000
live02       off air for 2.5s from 2026-01-01 11:59:57.500, until the end
proxy        stopped after 1s: exit status 0
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
