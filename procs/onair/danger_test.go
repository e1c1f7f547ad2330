package onair

import (
	"slices"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

func TestDangerNamesWhatTakesASignalOffAir(t *testing.T) {
	platformOf := func() platform.Snapshot {
		s := platform.Snapshot{OnAir: platform.OnAir{State: platform.AirOn, Signals: []platform.SignalAir{{Signal: "live01", State: platform.AirOn, Due: true}}}}
		for _, name := range []string{"worker", "server1", "server2", "reporter", "proxy", "viewer"} {
			s.Processes = append(s.Processes, platform.Process{Role: layouts.RoleOf(name), Service: name, Status: platform.Status{Name: name, State: platform.Ready, Wanted: true}})
		}
		for _, signal := range []string{"live01", "old"} {
			for _, name := range []string{"server1", "server2"} {
				s.Packagers = append(s.Packagers, platform.Packager{Signal: signal, Name: name, Usable: signal != "old"})
			}
		}
		return s
	}
	is := func(name string, state platform.State, paused bool) func(*platform.Snapshot) {
		return func(s *platform.Snapshot) {
			i := slices.IndexFunc(s.Processes, func(p platform.Process) bool { return p.Name == name })
			s.Processes[i].State, s.Processes[i].Paused = state, paused
			for j := range s.Packagers {
				if s.Packagers[j].Name == name {
					s.Packagers[j].Usable = false
				}
			}
		}
	}
	air := func(state platform.AirState) func(*platform.Snapshot) {
		return func(s *platform.Snapshot) {
			s.OnAir.State, s.OnAir.Signals = state, []platform.SignalAir{{Signal: "live01", State: state, Due: true}}
		}
	}
	worker2 := func(s *platform.Snapshot) {
		s.Processes = append(s.Processes, platform.Process{Role: layouts.Worker, Status: platform.Status{Name: "worker2", State: platform.Ready}})
	}
	const (
		only    = " is the only usable packager"
		pics    = "worker is the only worker: no new pictures until it is back"
		players = "all players are connected to proxy"
	)
	for name, c := range map[string]struct {
		process string
		action  platform.Action
		by      func(*platform.Snapshot)
		want    string
	}{
		"one of two packagers":         {"server1", platform.Kill, nil, ""},
		"the last packager, killed":    {"server1", platform.Kill, is("server2", platform.Exited, false), "server1" + only},
		"the last packager, restarted": {"server1", platform.Restart, is("server2", platform.Exited, false), "server1" + only},
		"the last packager, paused":    {"server1", platform.Pause, is("server2", platform.Ready, true), "server1" + only},
		"the last packager, started":   {"server1", platform.Start, is("server2", platform.Exited, false), ""},
		"the one that is down":         {"server2", platform.Stop, is("server2", platform.Backoff, false), ""},
		"the only worker":              {"worker", platform.Stop, nil, pics},
		"one of two workers":           {"worker", platform.Stop, worker2, ""},
		"the proxy":                    {"proxy", platform.Kill, nil, players},
		"the proxy hands over":         {"proxy", platform.Restart, nil, ""},
		"one of the control plane":     {"reporter", platform.Stop, nil, ""},
		"nothing is on air yet":        {"proxy", platform.Stop, air(platform.AirStarting), ""},
		"it is off air already":        {"proxy", platform.Stop, air(platform.AirOff), ""},
		"it is off air soon":           {"proxy", platform.Stop, air(platform.AirOffSoon), players},
		"nobody knows":                 {"proxy", platform.Stop, air(platform.AirUnknown), players},
		"the platform stops":           {"proxy", platform.Stop, air(platform.AirStopping), ""},
		"it has ended":                 {"proxy", platform.Stop, air(platform.AirEnded), ""},
		"a failover":                   {"", platform.Failover, nil, ""},
		"no such process":              {"nosuch", platform.Kill, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := platformOf()
			if c.by != nil {
				c.by(&s)
			}
			if got := Danger(s, c.process, c.action); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
