package summary

import (
	"slices"
	"strings"
	"testing"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// on returns an event as another machine's platform told it.
func on(machine string, e platform.Event) platform.Event {
	e.Machine, e.Process = machine, platform.OnMachine(machine, e.Process)
	return e
}

func TestAnotherMachinesPlatformDoesNotEndTheOwn(t *testing.T) {
	s := Of([]platform.Event{
		started(0), on("b", started(1)), aired(2, "a", platform.AirOn), on("b", aired(3, "a", platform.AirOn)),
		on("b", off(10, "a")), on("b", ended(20, true)), on("b", aired(30, "a", platform.AirEnded)), on("b", started(40)),
	}, Span{at(0), at(100)}, at(100))
	if len(s.Down) != 0 || len(s.Signals) != 1 {
		t.Fatalf("got down %v, signals %v, want the own platform up for all of the time", s.Down, s.Signals)
	}
	counted := spans(s.Signals[0].Counted).length()
	if want := at(100).Sub(at(2)); counted != want {
		t.Errorf("counted %s, want %s", counted, want)
	}
	if o := s.Outages; len(o) != 1 || o[0].Viewer != "b/viewer" || !o[0].Since.Equal(at(10)) || !o[0].End.Equal(at(20)) {
		t.Errorf("outages: got %+v, want one by b/viewer that ends with its platform", o)
	}
}

func TestPackagersOfAllMachinesHaveNames(t *testing.T) {
	start := func(s float64, machine string, packagers map[string]string) platform.Event {
		return platform.Event{Time: at(s), Machine: machine, What: platform.Started{Packagers: packagers}}
	}
	events := []platform.Event{
		start(0, "", map[string]string{"http://10.0.0.1:8080": "server1"}), start(1, "b", map[string]string{"http://10.0.0.2:8080": "b/server1"}),
		start(2, "", map[string]string{"http://10.0.0.1:8080": "server1"}), // the own platform is started anew
		{Time: at(3), Process: "b/proxy", Machine: "b", What: event.Failover{From: "http://10.0.0.1:8080", To: "http://10.0.0.2:8080", Cause: "http://10.0.0.1:8080: refused"}},
	}
	f := Named(events)[3].What.(event.Failover)
	if f.From != "server1" || f.To != "b/server1" || f.Cause != "server1: refused" {
		t.Errorf("got %+v", f)
	}
	if n := len(events[0].What.(platform.Started).Packagers); n != 1 {
		t.Errorf("the event itself has %d packagers now", n)
	}
}

func TestAFailoverThatSeveralMachinesReportIsCountedOnce(t *testing.T) {
	move := func(s float64, process, to string, gap float64) platform.Event {
		machine, _ := platform.SplitMachine(process)
		return platform.Event{Time: at(s), Process: process, Machine: machine, What: event.Failover{Signal: "a", From: "server1", To: to, GapMS: gap}}
	}
	s := Of([]platform.Event{
		started(0), aired(1, "a", platform.AirOn),
		move(10, "proxy", "server2", -1), move(11, "b/proxy", "server2", 300), move(12, "c/proxy", "server2", 100), // one move
		move(13, "c/proxy", "b/server1", -1), // another packager
		move(14, "b/proxy", "server2", -1),   // b moves again
		move(20, "c/proxy", "server2", -1),   // too late to be the same
	}, Span{at(0), at(100)}, at(100))
	var got []string
	for _, m := range Moves(s.Failovers) {
		got = append(got, m.To+" by "+strings.Join(m.By, " "))
	}
	want := []string{"server2 by proxy b/proxy c/proxy", "b/server1 by c/proxy", "server2 by b/proxy", "server2 by c/proxy"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(s.Signals) != 1 || s.Signals[0].Failovers != len(want) || s.All.Failovers != len(want) {
		t.Errorf("got %+v, want %d failovers", s.Signals, len(want))
	}
	var out strings.Builder
	if err := s.WriteMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Failovers: 4, ", "| 300 ms |  | proxy, b/proxy, c/proxy |", ", as the viewers of this machine and of b, c saw it. Outages"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
}

// TestOneMachinesProxiesAreCountedEach: each has players of its own.
func TestOneMachinesProxiesAreCountedEach(t *testing.T) {
	f := platform.FailoverAt{Time: at(1), Process: "proxy", Failover: event.Failover{Signal: "a", From: "server1", To: "server2"}}
	other := f
	other.Process = "proxy2"
	if got := Moves([]platform.FailoverAt{f, other}); len(got) != 2 {
		t.Errorf("got %+v, want both", got)
	}
	one := Summary{Failovers: []platform.FailoverAt{f, other}}
	var out strings.Builder
	if err := one.WriteMarkdown(&out); err != nil || strings.Contains(out.String(), "| by |") {
		t.Errorf("got %v, and a column that one machine does not need:\n%s", err, out.String())
	}
}

func TestAnOutageNamesTheViewerOfItsMachine(t *testing.T) {
	s := Of([]platform.Event{started(0), aired(1, "a", platform.AirOn), on("b", off(10, "a")), on("b", ended(20, true))}, Span{at(0), at(100)}, at(100))
	var out strings.Builder
	if err := s.WriteMarkdown(&out); err != nil || !strings.Contains(out.String(), "| seen by |") || !strings.Contains(out.String(), "| b/viewer |") {
		t.Errorf("got %v\n%s", err, out.String())
	}
}
