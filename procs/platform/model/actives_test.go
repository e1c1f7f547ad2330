package model

import (
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// TestTheLatestReportDecidesTheActivePackager goes through the reports on a failover, in
// the order in which they arrive.
func TestTheLatestReportDecidesTheActivePackager(t *testing.T) {
	const one, two = "http://localhost:8080", "http://localhost:9090"
	type step func(m *Model, now time.Time)
	plays := func(packager string, age time.Duration) step {
		return func(m *Model, now time.Time) {
			m.ApplyLine("viewer", event.Line{Time: now}, event.Viewing{Signal: "live01", State: event.ViewPlaying, Packager: packager, PlaylistAgeMS: age.Milliseconds()})
		}
	}
	failover := func(from, to string) step {
		return func(m *Model, now time.Time) {
			m.ApplyLine("proxy", event.Line{Time: now}, event.Failover{Signal: "live01", From: from, To: to})
		}
	}
	down := func(name string) step {
		return func(m *Model, now time.Time) {
			m.SetStatus(platform.Status{Name: name, State: platform.Backoff}, now)
		}
	}
	up := func(name string) step {
		return func(m *Model, now time.Time) {
			m.SetStatus(platform.Status{Name: name, State: platform.Ready, PID: 1}, now)
		}
	}
	prefers := func(packager string) step {
		return func(m *Model, now time.Time) {
			m.SetAnswers(Answers{Preferences: []report.Preference{{Signal: "live01", Active: packager}}, Details: m.Now.Details}, now)
		}
	}
	quiet := func(*Model, time.Time) {}
	for name, c := range map[string]struct {
		steps []step
		want  string
	}{
		"without another report, the origin's preference":            {[]step{quiet}, "server1"},
		"the viewer's report":                                        {[]step{plays(two, 0)}, "server2"},
		"a later preference of the origin":                           {[]step{prefers(two)}, "server2"},
		"a later preference of the origin after the viewer's report": {[]step{plays(two, 0), prefers(one)}, "server2"},
		"the viewer's report after an older failover":                {[]step{failover(two, one), plays(two, 0)}, "server2"},
		"a failover that the viewer has not seen yet":                {[]step{plays(one, 0), failover(one, two), plays(one, 1900*time.Millisecond)}, "server2"},
		"a failover without a viewer":                                {[]step{quiet, failover(one, two)}, "server2"},
		"a killed one at once, before any witness":                   {[]step{plays(one, 0), down("server1")}, "server2"},
		"and still when it is back":                                  {[]step{plays(one, 0), down("server1"), up("server1"), plays(one, 2100*time.Millisecond)}, "server2"},
		"unless players are served from it again":                    {[]step{plays(one, 0), down("server1"), up("server1"), plays(one, 0)}, "server1"},
		"no other is left: the last one":                             {[]step{plays(one, 0), down("server2"), down("server1")}, "server1"},
		"a standby that is killed changes nothing":                   {[]step{plays(one, 0), down("server2"), up("server2"), plays(one, 0)}, "server1"},
		"a viewer without a playlist reports nothing of it":          {[]step{plays(two, -time.Millisecond)}, "server1"},
	} {
		t.Run(name, func(t *testing.T) {
			m := modelOf(t)
			now := noon
			for i, p := range m.Now.Processes {
				switch p.Name {
				case "server1":
					m.Now.Processes[i].Port = 8080
				case "server2":
					m.Now.Processes[i].Port = 9090
				}
				m.Now.Processes[i].State = platform.Ready
			}
			m.SetAnswers(Answers{
				Preferences: []report.Preference{{Signal: "live01", Active: one}},
				Details:     []report.SignalStatus{{Signal: "live01", Packagers: []report.PackagerStatus{{URL: one, State: report.Up}, {URL: two, State: report.Up}}}},
			}, now)
			for _, do := range c.steps {
				now = now.Add(time.Second)
				do(m, now)
			}
			s := m.Now
			s.At = now
			active, ok := onair.Complete(s).Active("live01")
			if !ok || active.Name != c.want {
				t.Errorf("active: got %+v, want %s", active, c.want)
			}
			if process, _ := s.Process(active.Name); process.Role != layouts.Packager {
				t.Errorf("got %s, want a packager", process.Role)
			}
		})
	}
}
