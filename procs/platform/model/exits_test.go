package model

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/machine"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

func TestExitsThatNoOneAskedForAreToldOnceEach(t *testing.T) {
	began := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	done := []platform.Ending{{Incarnation: 1, Exit: platform.ExitSuccess}}
	var x exits
	for _, c := range []struct {
		name string
		s    platform.Status
		at   time.Duration
		want string // empty when there is nothing to tell
	}{
		{"it starts", platform.Status{State: platform.Starting, Incarnation: 1}, 0, ""},
		{"killed by an operator", platform.Status{State: platform.Backoff, Cause: machine.CauseKilled, Incarnation: 1}, 0, ""},
		{"restarted by an operator", platform.Status{State: platform.Stopping, Cause: machine.CauseRestart, Incarnation: 1}, 0, ""},
		{"stopped by an operator", platform.Status{State: platform.Exited, Cause: machine.CauseStop, Incarnation: 1}, 0, ""},
		{"it was done", platform.Status{State: platform.Exited, Cause: machine.CauseExit, Incarnation: 1, Exits: done}, 0, ""},
		{"it crashes", platform.Status{State: platform.Backoff, Cause: machine.CauseExit, Reason: "exit status 1", Incarnation: 2}, time.Second, "ended: exit status 1"},
		{"the same end", platform.Status{State: platform.Backoff, Cause: machine.CauseExit, Reason: "exit status 1, soon", Incarnation: 2}, time.Second, ""},
		{"it hangs", platform.Status{State: platform.Backoff, Cause: machine.CauseHung, Reason: "hung", Incarnation: 3}, 3 * time.Second, "ended 2 times in 2s: hung"},
		{"it fails", platform.Status{State: platform.Failed, Cause: machine.CauseExit, Reason: "exit status 1", Incarnation: 4}, 10 * time.Second, "ended 3 times in 9s: exit status 1"},
		{"tried once a minute", platform.Status{State: platform.Failed, Cause: machine.CauseExit, Incarnation: 5}, 71 * time.Second, "ended 4 times in 1m10s"},
		{"much later", platform.Status{State: platform.Backoff, Cause: machine.CauseExit, Incarnation: 6}, time.Hour, "ended"},
	} {
		got := ""
		c.s.Name = "server1"
		if exit, is := x.take(c.s, began.Add(c.at)); is {
			got = exit.String(began.Add(c.at))
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestASignalIsToldToBeOnAirOnce(t *testing.T) {
	began := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	var got []string
	m := Model{Now: platform.Snapshot{Processes: []platform.Process{{Status: platform.Status{Name: "viewer", State: platform.Ready}, Role: layouts.Viewer}}}}
	m.Publish = func(e platform.Event) {
		if a, is := e.What.(platform.Aired); is {
			got = append(got, e.Time.Sub(began).String()+" "+a.Signal+" "+a.State.String())
		}
	}
	for _, c := range []struct {
		name  string
		at    time.Duration
		state event.ViewState
		since time.Duration
		want  string // what is told after this report and a look; empty for nothing
	}{
		{"starting", 0, event.ViewStarting, 0, ""},
		{"the first picture", 2 * time.Second, event.ViewPlaying, time.Second, "1s live01 on air"},
		{"it still plays", 3 * time.Second, event.ViewPlaying, time.Second, ""},
		{"an outage has events of its own", 4 * time.Second, event.ViewStalled, 4 * time.Second, ""},
		{"it is back", 5 * time.Second, event.ViewPlaying, 5 * time.Second, ""},
		{"no report", 20 * time.Second, 0, -1, "20s live01 unknown"},
		{"reports again", 21 * time.Second, event.ViewPlaying, 5 * time.Second, "21s live01 on air"},
		{"ended", 22 * time.Second, event.ViewEnded, 22 * time.Second, "22s live01 ended"},
		{"and stays so", 23 * time.Second, event.ViewEnded, 22 * time.Second, ""},
	} {
		now := began.Add(c.at)
		if c.since >= 0 {
			m.ApplyLine("viewer", event.Line{Time: now}, event.Viewing{Signal: "live01", State: c.state, Since: began.Add(c.since), PlaylistAgeMS: -1})
		}
		got = nil
		m.SetMeasurements(nil, now)
		if told := strings.Join(got, ", "); told != c.want {
			t.Errorf("%s: got %q, want %q", c.name, told, c.want)
		}
	}
}

func TestAPendingFailoverIsReplacedOnceItsGapIsKnown(t *testing.T) {
	var m Model
	at := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	f := event.Failover{Signal: "live01", From: "http://a", To: "http://b", MSNBefore: 7, GapMS: -1, Pending: true}
	m.ApplyLine("proxy", event.Line{Time: at}, f)
	f.Pending, f.GapMS = false, 41
	m.ApplyLine("proxy", event.Line{Time: at.Add(time.Second)}, f)
	m.ApplyLine("proxy", event.Line{Time: at.Add(time.Minute)}, f)
	if list := m.Now.Failovers; len(list) != 2 || list[0].GapMS != 41 || !list[0].Time.Equal(at) || list[0].Pending {
		t.Errorf("got %+v, want two, the first with its gap and its first time", list)
	}
}

func TestAnOutageKeepsItsReasonToTheEnd(t *testing.T) {
	at := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	var m Model
	o := event.OutageOf("live01", at, at)
	o.Reason = "connection refused"
	m.ApplyLine("viewer", event.Line{Time: at}, o)
	end := event.EndedOutageOf("live01", at, at.Add(14200*time.Millisecond))
	end.Lost = 3
	m.ApplyLine("viewer", event.Line{Time: at.Add(15 * time.Second)}, end)
	got := m.Now.Outages
	if len(got) != 1 || got[0].Lasts() || got[0].Reason != o.Reason || got[0].Lost != 3 || got[0].LengthMS != 14200 {
		t.Errorf("got %+v, want one that has ended, with its reason, its length and what was lost", got)
	}
}
