package reporter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/report"
)

const (
	one = "http://localhost:8080"
	two = "http://localhost:9090"
)

var began = time.Date(2024, 4, 5, 14, 23, 45, 0, time.UTC)

func at(s int) time.Time { return began.Add(time.Duration(s) * time.Second) }

func status(url string, state report.State) report.PackagerStatus {
	return report.PackagerStatus{URL: url, State: state, MSN: 7, Part: -1, AgeMS: 400, LatencyMS: 1.5}
}

func signal(name string, packagers ...report.PackagerStatus) report.SignalStatus {
	return report.SignalStatus{Signal: name, Packagers: packagers}
}

func ingest(signals ...report.SignalStatus) report.IngestReport {
	return report.IngestReport{Signals: signals}
}

// word is a report and when it comes, in seconds.
type word struct {
	at int
	in report.IngestReport
}

func told(t *testing.T, words []word) *table {
	t.Helper()
	tab := newTable([]string{one, two}, 10*time.Second)
	for _, w := range words {
		tab.forget(at(w.at))
		if err := tab.take(w.in, at(w.at)); err != nil {
			t.Fatal(err)
		}
	}
	return tab
}

func TestIngests(t *testing.T) {
	both := signal("live01", status(one, report.Up), status(two, report.Up))
	row := func(signal string, second int, packagers ...string) report.Ingest {
		return report.Ingest{Signal: signal, Packagers: append([]string{}, packagers...), LastReported: at(second).Format(time.RFC1123)}
	}
	for _, c := range []struct {
		name  string
		words []word
		now   int
		want  []report.Ingest
	}{
		{"nothing was reported", nil, 0, []report.Ingest{}},
		{"nothing is ingested", []word{{0, ingest()}}, 0, []report.Ingest{}},
		{"both up", []word{{0, ingest(both)}}, 1, []report.Ingest{row("live01", 0, one, two)}},
		{"in the order of PACKAGERS, whatever the report's",
			[]word{{0, ingest(signal("live01", status(two, report.Up), status(one, report.Up)))}}, 0,
			[]report.Ingest{row("live01", 0, one, two)}},
		{"sorted by signal", []word{{0, ingest(signal("b", status(one, report.Up)), signal("a", status(two, report.Up)))}}, 0,
			[]report.Ingest{row("a", 0, two), row("b", 0, one)}},
		{"only those that are up", []word{{0, ingest(signal("live01", status(one, report.Stale), status(two, report.Up)))}}, 0,
			[]report.Ingest{row("live01", 0, two)}},
		{"a suspect one is not up", []word{{0, ingest(signal("live01", status(one, report.Suspect), status(two, report.Down)))}}, 0,
			[]report.Ingest{row("live01", 0)}},
		{"the last word counts", []word{{0, ingest(both)}, {1, ingest(signal("live01", status(one, report.Down), status(two, report.Up)))}}, 1,
			[]report.Ingest{row("live01", 1, two)}},
		{"two discoveries, each with what it sees",
			[]word{{0, ingest(signal("live01", status(one, report.Up)))}, {1, ingest(signal("live01", status(two, report.Up)))}}, 2,
			[]report.Ingest{row("live01", 1, one, two)}},
		{"kept until its time is over", []word{{0, ingest(both)}}, 9, []report.Ingest{row("live01", 0, one, two)}},
		{"forgotten when its time is over", []word{{0, ingest(both)}}, 10, []report.Ingest{}},
		{"a packager is forgotten by itself",
			[]word{{0, ingest(both)}, {5, ingest(signal("live01", status(one, report.Up)))}}, 10,
			[]report.Ingest{row("live01", 5, one)}},
		{"a signal is forgotten by itself",
			[]word{{0, ingest(both, signal("live02", status(one, report.Up)))}, {5, ingest(both)}}, 10,
			[]report.Ingest{row("live01", 5, one, two)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := told(t, c.words)
			tab.forget(at(c.now))
			if diff := cmp.Diff(c.want, tab.ingests(time.UTC)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestDetailsHaveEveryPackager(t *testing.T) {
	stale := report.PackagerStatus{URL: two, State: report.Stale, Reason: "stale: msn 7 unchanged for 3.2s", MSN: 7, Part: -1, AgeMS: 3200, LatencyMS: 1.2}
	tab := told(t, []word{{0, ingest(signal("live01", stale))}})
	want := []report.SignalStatus{{Signal: "live01", LastReported: at(0), Packagers: []report.PackagerStatus{
		{URL: one, State: report.Unknown, Reason: "not reported", MSN: -1, Part: -1, AgeMS: -1}, stale,
	}}}
	if diff := cmp.Diff(want, tab.details()); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestForgetTellsWhatWent(t *testing.T) {
	tab := told(t, []word{{0, ingest(signal("b"), signal("a"))}, {5, ingest(signal("c"))}})
	if diff := cmp.Diff([]string{"a", "b"}, tab.forget(at(10))); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if got := tab.forget(at(10)); got != nil {
		t.Errorf("again: got %v, want nothing", got)
	}
}

func TestABadReportIsRefusedWhole(t *testing.T) {
	var many []report.SignalStatus
	for i := range maxSignals {
		many = append(many, signal(fmt.Sprintf("s%d", i)))
	}
	long := status(one, report.Down)
	long.Reason = strings.Repeat("a", maxReason+1)
	for _, c := range []struct {
		name string
		in   report.IngestReport
		want string
	}{
		{"another packager", ingest(signal("new"), signal("live01", status("http://evil:1", report.Up))), `"http://evil:1"`},
		{"a packager twice", ingest(signal("new"), signal("live01", status(one, report.Up), status(one, report.Down))), "twice"},
		{"a signal twice", ingest(signal("new"), signal("new")), "twice"},
		{"a signal of an unfit name", ingest(signal("new"), signal("../etc")), `"../etc"`},
		{"a reason too long", ingest(signal("new"), signal("live01", long)), "1025 bytes"},
		{"too many signals, with those known", ingest(many...), "more signals than the 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := told(t, []word{{0, ingest(signal("live01", status(one, report.Up)))}})
			err := tab.take(c.in, at(1))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %s", err, c.want)
			}
			want := []report.Ingest{{Signal: "live01", Packagers: []string{one}, LastReported: at(0).Format(time.RFC1123)}}
			if diff := cmp.Diff(want, tab.ingests(time.UTC)); diff != "" {
				t.Errorf("the table is another: want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestTheZoneIsAsItsPeopleWriteIt(t *testing.T) {
	for zone, want := range map[string]string{
		"America/Sao_Paulo": "Fri, 05 Apr 2024 11:23:45 -03", // it has no abbreviation
		"Europe/Berlin":     "Fri, 05 Apr 2024 16:23:45 CEST",
		"UTC":               "Fri, 05 Apr 2024 14:23:45 UTC",
	} {
		place, err := time.LoadLocation(zone)
		if err != nil {
			t.Skipf("%v", err) // a machine without the zones
		}
		tab := told(t, []word{{0, ingest(signal("live01"))}})
		if got := tab.ingests(place)[0].LastReported; got != want {
			t.Errorf("%s: got %s, want %s", zone, got, want)
		}
	}
}
