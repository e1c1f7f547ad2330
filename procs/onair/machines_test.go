package onair

import (
	"slices"
	"strings"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// joined is a healthy platform with the processes of machine b beside it; live01 is played on
// both.
func joined() platform.Snapshot {
	snapshot := healthy()
	for _, p := range snapshot.Processes {
		p.Name, p.Machine, p.Address = platform.OnMachine("b", p.Name), "b", "http://10.0.0.2:"+strings.TrimPrefix(p.URL(), "http://localhost:")
		snapshot.Processes = append(snapshot.Processes, p)
	}
	snapshot.Details[0].Packagers = append(snapshot.Details[0].Packagers, report.PackagerStatus{URL: "http://10.0.0.2:8081", State: report.Up}, report.PackagerStatus{URL: "http://10.0.0.2:8082", State: report.Up})
	own, other := holding(s), holding(s)
	other.Process = "b/viewer"
	snapshot.Viewings = []platform.ViewingAt{own, other}
	return snapshot
}

func TestProcessesOfOtherMachinesStandIn(t *testing.T) {
	unheard := func(snapshot *platform.Snapshot) {
		for i := range snapshot.Processes {
			if p := &snapshot.Processes[i]; p.Machine == "b" {
				p.Unheard = true
			}
		}
	}
	for name, c := range map[string]struct {
		happen  []func(*platform.Snapshot)
		process string // that is to be killed
		danger  string
	}{
		"the worker":                       {nil, "worker", ""},
		"the worker, while b is not heard": {[]func(*platform.Snapshot){unheard}, "worker", "worker is the only worker: no new pictures until it is back"},
		"the proxy has players of its own": {nil, "proxy", "all players are connected to proxy"},
		"so has that of b":                 {nil, "b/proxy", "all players of machine b are connected to b/proxy"},
		"a packager":                       {[]func(*platform.Snapshot){stopped("server2", s), stopped("b/server2", s)}, "server1", ""},
		"the last packager":                {[]func(*platform.Snapshot){stopped("server2", s), stopped("b/server1", s), stopped("b/server2", s)}, "server1", "server1 is the only usable packager"},
		"the last packager is on b":        {[]func(*platform.Snapshot){stopped("server2", s), stopped("server1", s), stopped("b/server2", s)}, "b/server1", "b/server1 is the only usable packager"},
	} {
		t.Run(name, func(t *testing.T) {
			snapshot := joined()
			for _, do := range c.happen {
				do(&snapshot)
			}
			snapshot = Complete(snapshot)
			if snapshot.OnAir.State != platform.AirOn {
				t.Fatalf("got %+v, want on air", snapshot.OnAir)
			}
			if got := Danger(snapshot, c.process, platform.Kill); got != c.danger {
				t.Errorf("got %q, want %q", got, c.danger)
			}
		})
	}
}

// TestAPackagerOfAnUnheardMachineIsUsableWhileItAnswers: discovery asks it over another way.
func TestAPackagerOfAnUnheardMachineIsUsableWhileItAnswers(t *testing.T) {
	snapshot := joined()
	for i := range snapshot.Processes {
		if p := &snapshot.Processes[i]; p.Machine == "b" {
			p.Unheard, p.State = true, platform.Backoff
		}
	}
	snapshot.Details[0].Packagers[3].State = report.Down
	var usable []string
	for _, p := range Complete(snapshot).Packagers {
		if p.Usable {
			usable = append(usable, p.Name)
		}
	}
	if want := []string{"server1", "server2", "b/server1"}; !slices.Equal(usable, want) {
		t.Errorf("got %v, want %v", usable, want)
	}
}

func TestAnOutageOfOneMachineIsBlamedOnItsProxy(t *testing.T) {
	snapshot := joined()
	stopped("b/proxy", s)(&snapshot)
	v := &snapshot.Viewings[1]
	v.State, v.MSNAt, v.Until = event.ViewStalled, noon.Add(-9*s), noon.Add(-s)
	o := Complete(snapshot).OnAir
	l, _, _ := o.Worst()
	want := []platform.Command{{Process: "b/proxy", Action: platform.Start}}
	if o.State != platform.AirOff || l.Cause != platform.NoProxy || !slices.Equal(l.Mends, want) || !strings.HasPrefix(l.Reason, "on machine b live01 has stood still") {
		t.Errorf("got %+v", l)
	}
}

func TestAPlatformDoesNotWaitForProcessesOfOtherMachines(t *testing.T) {
	snapshot := joined()
	snapshot.Viewings, snapshot.Details, snapshot.Live = nil, nil, nil
	inState("b/worker", platform.Failed)(&snapshot)
	inState("origin", platform.Starting)(&snapshot)
	if got := Complete(snapshot).OnAir.Reason; got != "not ready yet: origin" {
		t.Errorf("got %q", got)
	}
	if p, _ := snapshot.Process("b/viewer"); p.Role != layouts.Viewer || p.IsOwn() {
		t.Errorf("got %+v", p)
	}
}
