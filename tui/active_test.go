package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/control"
	"livestream-tui/services/kit/event"
)

// TestActiveIsWhoServesNow goes through what is said of a switch, in the order in
// which it comes.
func TestActiveIsWhoServesNow(t *testing.T) {
	const one, two = "http://localhost:8080", "http://localhost:9090"
	type step func(s *control.Snapshot)
	says := func(packager string, age time.Duration) step {
		return func(s *control.Snapshot) {
			v := viewing(s.At, 0)
			v.Packager, v.PlaylistAgeMS = packager, age.Milliseconds()
			s.Viewings = []control.ViewingAt{v}
		}
	}
	failover := func(from, to string) step {
		return func(s *control.Snapshot) {
			s.Failovers = append(s.Failovers[:len(s.Failovers):len(s.Failovers)], control.FailoverAt{Time: s.At, Process: "proxy", Failover: event.Failover{
				Signal: "live01", From: from, To: to, Cause: "refused", MSNBefore: 1, MSNAfter: 2, GapMS: 3}})
		}
	}
	down := func(name string) step {
		return func(s *control.Snapshot) { gone(s, name, stateBackoff, "signal: killed") }
	}
	up := func(name string) step {
		return func(s *control.Snapshot) {
			status(s, name, func(p *control.Process) { p.State, p.PID = stateReady, 1 })
		}
	}
	quiet := func(s *control.Snapshot) { s.Viewings, s.Failovers = nil, nil }
	for name, c := range map[string]struct {
		steps []step
		want  string
	}{
		"as long as nobody speaks, the origin's preference": {[]step{quiet}, "server1"},
		"the viewer's word": {[]step{says(two, 0)}, "server2"},
		"the viewer's word against the origin's older failover":    {[]step{failover(two, one), says(two, 0)}, "server2"},
		"a failover that the viewer has not seen yet":              {[]step{says(one, 0), failover(one, two), says(one, 1900*time.Millisecond)}, "server2"},
		"a failover without a viewer":                              {[]step{quiet, failover(one, two)}, "server2"},
		"a killed one at once, before anybody says so":             {[]step{says(one, 0), down("server1")}, "server2"},
		"and still when it is back":                                {[]step{says(one, 0), down("server1"), up("server1"), says(one, 2100*time.Millisecond)}, "server2"},
		"unless players are served from it again":                  {[]step{says(one, 0), down("server1"), up("server1"), says(one, 0)}, "server1"},
		"nobody else is left: who was":                             {[]step{says(one, 0), down("server2"), down("server1")}, "server1"},
		"a standby that is killed changes nothing":                 {[]step{says(one, 0), down("server2"), up("server2"), says(one, 0)}, "server1"},
		"a viewer that has had no playlist yet says nothing of it": {[]step{says(two, -time.Millisecond)}, "server1"},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := newTestModel(t, "on air", 120, 36, colour)
			s := m.scene.snapshot
			for _, do := range c.steps {
				s.At = s.At.Add(time.Second)
				s.Version++
				do(&s)
				m.take(polled{s.At, s, nil})
			}
			var active []string
			for _, p := range m.scene.packagers {
				if p.active {
					active = append(active, p.name)
				}
			}
			if got := strings.Join(active, " "); got != c.want {
				t.Errorf("active: got %q, want %q", got, c.want)
			}
			screen := ansi.Strip(m.View())
			if works(*processOf(m.scene.snapshot, c.want)) && !strings.Contains(screen, "via "+c.want+" ") {
				t.Errorf("the header does not say via %s:\n%s", c.want, screen)
			}
		})
	}
}
