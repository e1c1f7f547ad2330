package scene

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
)

// at is when these looks begin.
var at = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestALackOfASpareIsShownAfterFiveSeconds(t *testing.T) {
	const s = time.Second
	type step struct {
		after time.Duration
		state platform.AirState
		spare bool
		// unknown: the ingest table is not known.
		unknown bool
		want    bool
	}
	for name, steps := range map[string][]step{
		"a lack that lasts": {
			{after: 0, state: platform.AirOn, spare: true}, {after: s, state: platform.AirOn}, {after: 5900 * time.Millisecond, state: platform.AirOn},
			{after: 6 * s, state: platform.AirOn, want: true}, {after: 7 * s, state: platform.AirOn, unknown: true, want: true},
			{after: 8 * s, state: platform.AirOn, spare: true},
		},
		"a short lack": {
			{after: 0, state: platform.AirOn}, {after: 4 * s, state: platform.AirOn, spare: true}, {after: 5 * s, state: platform.AirOn}, {after: 9 * s, state: platform.AirOn},
		},
		"off air":  {{after: 0, state: platform.AirOff}, {after: 5 * s, state: platform.AirOff, want: true}},
		"starting": {{after: 0, state: platform.AirStarting}, {after: 9 * s, state: platform.AirStarting}},
		"ended":    {{after: 0, state: platform.AirEnded}, {after: 9 * s, state: platform.AirEnded}},
		"stopping": {{after: 0, state: platform.AirStopping}, {after: 9 * s, state: platform.AirStopping}},
	} {
		t.Run(name, func(t *testing.T) {
			var a spare
			for i, c := range steps {
				snapshot := platform.Snapshot{OnAir: platform.OnAir{State: c.state, Spare: c.spare}}
				if !c.unknown {
					snapshot.Details = []report.SignalStatus{{Signal: "live01"}}
				}
				a = a.next(snapshot, at.Add(c.after))
				if got := a.lacks(snapshot.OnAir, at.Add(c.after)); got != c.want {
					t.Errorf("step %d: got %t, want %t", i, got, c.want)
				}
			}
		})
	}
}

func TestADashboardThatIsJustOpenedKnowsSinceWhenTheSpareIsMissing(t *testing.T) {
	snapshot := platform.Snapshot{OnAir: platform.OnAir{State: platform.AirOn}, Details: []report.SignalStatus{{Signal: "live01"}}}
	a := spare{}.next(snapshot, at)
	for name, c := range map[string]struct {
		past []series.Spare
		want bool
	}{
		"missing for a minute": {[]series.Spare{{At: at.Add(-time.Hour), State: series.SpareThere}, {At: at.Add(-time.Minute), State: series.SpareMissing}}, true},
		"missing just now":     {[]series.Spare{{At: at.Add(-time.Second), State: series.SpareMissing}}, false},
		"there until now":      {[]series.Spare{{At: at.Add(-time.Hour), State: series.SpareThere}}, false},
		"an older supervisor":  {nil, false},
	} {
		if got := a.remembered(series.History{Spares: c.past}).lacks(snapshot.OnAir, at); got != c.want {
			t.Errorf("%s: got %t, want %t", name, got, c.want)
		}
	}
}

func TestOnlyAPackagerThatServesIsCalledActive(t *testing.T) {
	up := &platform.Process{Status: platform.Status{Name: "server1"}}
	up.PID, up.State = 7, platform.Ready
	exited := &platform.Process{Status: platform.Status{Name: "server1"}}
	exited.State = platform.Exited
	s := &Scene{Glyphs: canvas.UnicodeGlyphs()}
	for name, c := range map[string]struct {
		process *platform.Process
		state   report.State
		role    string
		ink     canvas.Ink
	}{
		"up":      {up, report.Up, "ACTIVE", canvas.InkGoodStrong},
		"stale":   {up, report.Stale, "ACTIVE", canvas.InkWarn},
		"down":    {up, report.Down, s.Glyphs.Dash, canvas.InkFaint},
		"exited":  {exited, report.Up, s.Glyphs.Dash, canvas.InkFaint},
		"foreign": {nil, report.Up, "ACTIVE", canvas.InkGoodStrong},
	} {
		p := Packager{Process: c.process}
		p.Active, p.Reported, p.Usable, p.Status.State = true, true, c.state == report.Up && c.process != exited, c.state
		if role, ink := s.RoleMark(p); role != c.role || ink != c.ink {
			t.Errorf("%s: got %q in %v, want %q in %v", name, role, ink, c.role, c.ink)
		}
	}
}
