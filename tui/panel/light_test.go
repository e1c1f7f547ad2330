package panel

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

func TestTheHeaderSaysWhatIsWrongAndWhichKeyMendsIt(t *testing.T) {
	now := time.Date(2026, 1, 1, 23, 39, 52, 0, time.Local)
	command := func(process string, a platform.Action) []platform.Command {
		return []platform.Command{{Process: process, Action: a}}
	}
	soon := func(cause platform.AirCause, left time.Duration, mends []platform.Command) platform.SignalAir {
		return platform.SignalAir{Signal: "live01", State: platform.AirOffSoon, Due: true, Cause: cause, Until: now.Add(left), LastSegment: now.Add(-4 * time.Second), Mends: mends}
	}
	off := func(cause platform.AirCause, mends []platform.Command) platform.SignalAir {
		return platform.SignalAir{Signal: "live01", State: platform.AirOff, Due: true, Cause: cause, Since: now.Add(-14 * time.Second), Mends: mends}
	}
	stopped := func(s *platform.Snapshot) {
		for i := range s.Processes[:2] {
			s.Processes[i].State, s.Processes[i].Wanted = platform.Exited, false
		}
	}
	past := event.EndedOutageOf("live01", now.Add(-14*time.Minute), now.Add(-14*time.Minute).Add(14160*time.Millisecond))
	on := platform.SignalAir{Signal: "live01", State: platform.AirOn, Due: true, Since: now.Add(-130 * time.Second)}
	named := func(l platform.SignalAir, signal string) platform.SignalAir { l.Signal = signal; return l }
	for name, c := range map[string]struct {
		lights   []platform.SignalAir
		change   func(s *platform.Snapshot)
		selected string
		narrow   string // the beginning at 80 cells
		wide     string // and at 120
	}{
		"both packagers are stopped": {[]platform.SignalAir{soon(platform.NoPackager, 10200*time.Millisecond, command("server2", platform.Start))}, stopped, "server2",
			" ▲ OFF AIR IN 11s   0 of 2 packagers  │ s starts server2",
			" ▲ OFF AIR IN 11s   0 of 2 packagers  │ live01 last segment 4s ago  │ s starts server2"},
		"another process is selected": {[]platform.SignalAir{soon(platform.NoWorker, time.Minute, command("worker", platform.Restart))}, stopped, "server2",
			" ▲ OFF AIR IN 1m00s   no worker  │ ! r restarts worker",
			" ▲ OFF AIR IN 1m00s   no worker  │ live01 last segment 4s ago  │ ! r restarts worker"},
		"it comes back by itself": {[]platform.SignalAir{soon(platform.NoProxy, time.Second, nil)}, nil, "",
			" ▲ OFF AIR IN 1s   no proxy  │ live01 last segment 4s ago",
			" ▲ OFF AIR IN 1s   no proxy  │ live01 last segment 4s ago"},
		"of several the first": {[]platform.SignalAir{soon(platform.NoPackager, 9*time.Second, nil), named(soon(platform.NoPackager, 5*time.Second, command("server2", platform.Start)), "sports-uhd"),
			named(soon(platform.NoPackager, 7*time.Second, nil), "third"), named(on, "fourth")}, stopped, "server2",
			" ▲ OFF AIR IN 5s sports-uhd +2   0 of 2 packagers  │ s starts server2",
			" ▲ OFF AIR IN 5s sports-uhd +2   0 of 2 packagers  │ s starts server2"},
		"off air": {[]platform.SignalAir{off(platform.NoPackager, command("server2", platform.Start))}, stopped, "server2",
			" ✗ OFF AIR 00:14   off air since 23:39:38  server2 stopped (s)",
			" ✗ OFF AIR 00:14   off air since 23:39:38  server2 stopped (s)"},
		"off air, and another process is selected": {[]platform.SignalAir{off(platform.NoPackager, command("server2", platform.Start))}, stopped, "worker", " ✗ OFF AIR 00:14   since 23:39:38  server2 stopped (! s)", " ✗ OFF AIR 00:14   off air since 23:39:38  server2 stopped (! s)"},
		"off air, and the disk is full":            {[]platform.SignalAir{off(platform.DiskFull, nil)}, nil, "worker", " ✗ OFF AIR 00:14   off air since 23:39:38  disk full", " ✗ OFF AIR 00:14   off air since 23:39:38  disk full"},
		"off air, and what brings nothing runs":    {[]platform.SignalAir{off(platform.NoSegment, command("worker", platform.Restart))}, nil, "worker", " ✗ OFF AIR 00:14   since 23:39:38  no new segment, r restarts worker", " ✗ OFF AIR 00:14   off air since 23:39:38  no new segment, r restarts worker"},
		"off air, of unknown cause":                {[]platform.SignalAir{off("", nil)}, nil, "", " ✗ OFF AIR 00:14   off air since 23:39:38", " ✗ OFF AIR 00:14   off air since 23:39:38"},
		"on air after an outage": {[]platform.SignalAir{on}, func(s *platform.Snapshot) {
			s.OnAir.LastOutage, s.OnAir.LastHour = &past, &platform.Availability{Since: now.Add(-time.Hour), Percent: 99.62}
		}, "",
			" ● ON AIR  02:10   last outage 14.2s at 23:25  ",
			" ● ON AIR  02:10   last outage 14.2s at 23:25  · 99.62 % last hour"},
		"on air": {[]platform.SignalAir{on}, nil, "", " ● ON AIR  02:10 ", " ● ON AIR  02:10 "},
	} {
		t.Run(name, func(t *testing.T) {
			snapshot := platform.Snapshot{At: now, Started: now.Add(-time.Hour), PlayURL: "http://localhost:8002", Layout: "default"}
			for _, p := range []string{"server1", "server2", "worker"} {
				snapshot.Processes = append(snapshot.Processes, platform.Process{Status: platform.Status{Name: p, State: platform.Ready, Wanted: true, PID: 1}, Service: p, Role: layouts.RoleOf(p)})
			}
			snapshot.OnAir = platform.OnAir{State: c.lights[0].State, Since: c.lights[0].Since, Signals: c.lights}
			if c.change != nil {
				c.change(&snapshot)
			}
			for _, l := range c.lights {
				for _, p := range snapshot.Processes[:2] {
					snapshot.Packagers = append(snapshot.Packagers, platform.Packager{Signal: l.Signal, Name: p.Name, Ours: true, Usable: p.Works()})
				}
			}
			s := scene.New(layouts.Layout{}, canvas.UnicodeGlyphs())
			s.Selected = c.selected
			s.Take(snapshot, now)
			for w, want := range map[int]string{80: c.narrow, 120: c.wide} {
				l := Header(&s, Bar{Screens: []string{"main", "watch", "logs"}}, w)
				if got := ansi.Strip(l.String()); !strings.HasPrefix(got[1:], want) || l.Width > w {
					t.Errorf("%d cells: got\n%q, want\n%q", w, got, want)
				}
			}
		})
	}
}
