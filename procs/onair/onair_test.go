package onair

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

const s = time.Second

// noon is the time at which these tests look at the lights.
var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.Local)

// healthy is a platform whose processes are all ready, with two usable packagers of
// live01 and no report of the viewer.
func healthy() platform.Snapshot {
	snapshot := platform.Snapshot{At: noon, PlayURL: "http://localhost:8002"}
	for i, name := range []string{"worker", "server1", "server2", "reporter", "discovery", "origin", "proxy", "viewer"} {
		snapshot.Processes = append(snapshot.Processes, platform.Process{
			Status: platform.Status{Name: name, State: platform.Ready, PID: i + 1}, Service: name, Role: layouts.RoleOf(name), Port: 8080 + i,
		})
	}
	snapshot.Details = []report.SignalStatus{{Signal: "live01", Packagers: []report.PackagerStatus{
		{URL: "http://localhost:8081", State: report.Up}, {URL: "http://localhost:8082", State: report.Up},
	}}}
	snapshot.Live = []report.Live{{Signal: "live01", Server: "http://localhost:8081/live01/playlist.m3u8"}}
	return snapshot
}

// view is a viewer's report: ago is when it was made, since how long its state had lasted
// by noon.
func view(viewer, signal string, state event.ViewState, ago, since time.Duration) platform.ViewingAt {
	v := platform.ViewingAt{Time: noon.Add(-ago), Process: viewer, Viewing: event.Viewing{Signal: signal, State: state, Since: noon.Add(-since)}}
	if state == event.ViewPlaying || state == event.ViewStalled {
		v.Shown = v.Since
	}
	return v
}

// again is the report of a restarted viewer on a signal that it showed before.
func again(signal string) platform.ViewingAt {
	v := view("viewer", signal, event.ViewStarting, 0, s)
	v.Shown = noon.Add(-time.Minute)
	return v
}

func outage(signal string, since time.Duration) platform.OutageAt {
	return platform.OutageAt{Time: noon, Process: "viewer", Outage: event.OutageOf(signal, noon.Add(-since), noon)}
}

func TestLight(t *testing.T) {
	const playing, stalled, starting, ended = event.ViewPlaying, event.ViewStalled, event.ViewStarting, event.ViewEnded
	for _, c := range []struct {
		name     string
		viewings []platform.ViewingAt
		outages  []platform.OutageAt
		change   func(s *platform.Snapshot)
		want     platform.AirState
		since    time.Duration // before noon; 0 when it is not known
		noSpare  bool
	}{
		{name: "no viewer has reported", want: platform.AirStarting},
		{name: "a viewer that has shown nothing yet", viewings: []platform.ViewingAt{view("viewer", "live01", starting, 0, 0)}, want: platform.AirStarting},
		{name: "a viewer that plays", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 0, 9*s)}, want: platform.AirOn, since: 9 * s},
		{name: "a stall counts from when the picture stood still", viewings: []platform.ViewingAt{view("viewer", "live01", stalled, s, 1200*time.Millisecond)}, want: platform.AirOff, since: 1200 * time.Millisecond},
		{name: "the length of a stall is the outage's", viewings: []platform.ViewingAt{view("viewer", "live01", stalled, s, 2*s)}, outages: []platform.OutageAt{outage("live01", 7*s)}, want: platform.AirOff, since: 7 * s},
		{name: "one of two signals stalls", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 0, 0), view("viewer", "live02", stalled, s, 2*s)}, want: platform.AirOff, since: 2 * s},
		{name: "of two outages the first to have begun", viewings: []platform.ViewingAt{view("viewer", "live01", stalled, 0, s), view("viewer", "live02", stalled, 0, 9*s)}, want: platform.AirOff, since: 9 * s},
		{name: "a report of three seconds ago counts", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 3*s, 9*s)}, want: platform.AirOn, since: 9 * s},
		{name: "after that it is unknown, never off air", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 4*s, 9*s)}, want: platform.AirUnknown, since: 4 * s},
		{name: "and stays so", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 60*s, 90*s)}, want: platform.AirUnknown, since: 60 * s},
		{name: "the viewer that is silent counts", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 9*s, 9*s), view("viewer2", "live01", playing, 0, 9*s)}, want: platform.AirUnknown, since: 9 * s},
		{name: "of two viewers the one that lacks media counts, before the silent one", viewings: []platform.ViewingAt{view("viewer", "live01", stalled, 0, 2*s), view("viewer2", "live01", playing, 9*s, 9*s)}, want: platform.AirOff, since: 2 * s},
		{name: "of two signals the one that stalls counts, before the unknown one", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 9*s, 9*s), view("viewer", "live02", stalled, 0, 2*s)}, want: platform.AirOff, since: 2 * s},
		{name: "a restarted viewer knows nothing yet", viewings: []platform.ViewingAt{again("live01")}, want: platform.AirUnknown, since: s},
		{name: "a new signal makes it starting, never unknown", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 0, 9*s), view("viewer", "live02", starting, 0, 0)}, want: platform.AirStarting},
		{name: "the end of every signal", viewings: []platform.ViewingAt{view("viewer", "live01", ended, 20*s, 20*s)}, change: func(s *platform.Snapshot) { s.Details = nil }, want: platform.AirEnded, noSpare: true},
		{name: "a film that was removed before it was ever shown", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 0, 9*s), view("viewer", "live02", starting, 0, 0)}, change: func(s *platform.Snapshot) {
			s.Films = []platform.FilmAt{{Film: event.Film{File: "live02.mp4", Signal: "live02", State: event.FilmGone}}}
		}, want: platform.AirOn, since: 9 * s},
		{name: "stopping is neither", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 0, 0)}, change: func(s *platform.Snapshot) { s.Stopping = true }, want: platform.AirStopping},
		{name: "one packager is down", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 0, 9*s)}, change: func(s *platform.Snapshot) { s.Details[0].Packagers[1].State = report.Down }, want: platform.AirOn, since: 9 * s, noSpare: true},
		{name: "one packager's process is paused", viewings: []platform.ViewingAt{view("viewer", "live01", playing, 0, 9*s)}, change: func(s *platform.Snapshot) { s.Processes[1].Paused = true }, want: platform.AirOn, since: 9 * s, noSpare: true},
		{name: "without a viewer the platform's own reports count", viewings: []platform.ViewingAt{view("platform", "live01", playing, 0, 9*s)}, change: unwatched, want: platform.AirOn, since: 9 * s},
		{name: "without a viewer: the origin is gone, the proxy goes on", viewings: []platform.ViewingAt{view("platform", "live01", playing, 0, 9*s)}, change: func(s *platform.Snapshot) {
			unwatched(s)
			s.Processes[5].State, s.Live = platform.Backoff, nil
		}, want: platform.AirOn, since: 9 * s},
		{name: "without a viewer: the playlist stands still", viewings: []platform.ViewingAt{view("platform", "live01", stalled, 0, 9*s)}, outages: []platform.OutageAt{outage("live01", 9*s)}, change: unwatched, want: platform.AirOff, since: 9 * s},
		{name: "without a viewer, before the first look", change: unwatched, want: platform.AirStarting},
		{name: "without a viewer and a proxy", change: func(s *platform.Snapshot) { unwatched(s); s.PlayURL = "" }, want: platform.AirUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			snapshot := healthy()
			snapshot.Viewings, snapshot.Outages = c.viewings, c.outages
			if c.change != nil {
				c.change(&snapshot)
			}
			o := Complete(snapshot).OnAir
			since := time.Duration(0)
			if !o.Since.IsZero() {
				since = noon.Sub(o.Since)
			}
			if o.State != c.want || o.Spare == c.noSpare || (c.want == platform.AirOff || c.want == platform.AirUnknown || c.since != 0) && since != c.since {
				t.Errorf("got %s since %s, spare %t (%s), want %s since %s, %t", o.State, since, o.Spare, o.Reason, c.want, c.since, !c.noSpare)
			}
			if (o.State == platform.AirOn) != (o.Reason == "") {
				t.Errorf("got %s for the reason %q", o.State, o.Reason)
			}
		})
	}
}

// unwatched takes the viewer away.
func unwatched(s *platform.Snapshot) { s.Processes = s.Processes[:7] }

func TestAPlatformThatDoesNotAnswerIsUnknownAfterThreeSeconds(t *testing.T) {
	last := healthy()
	last.Viewings = []platform.ViewingAt{view("viewer", "live01", event.ViewPlaying, 0, 9*s)}
	last = Complete(last)
	gone := errors.New("the platform does not answer")
	if o := Unreachable(last, noon.Add(3*s), gone); o.State != platform.AirOn {
		t.Errorf("three seconds later: got %s, want the last state", o.State)
	}
	o := Unreachable(last, noon.Add(4*s), gone)
	if o.State != platform.AirUnknown || !o.Since.Equal(last.At) || o.Reason != gone.Error() || o.Signals[0].State != platform.AirUnknown {
		t.Errorf("four seconds later: got %+v, want unknown", o)
	}
	if last.OnAir.Signals[0].State != platform.AirOn {
		t.Error("the last snapshot was changed")
	}
}

func TestPackagers(t *testing.T) {
	snapshot := healthy()
	snapshot.Details[0].Packagers = append(snapshot.Details[0].Packagers[:1], report.PackagerStatus{URL: "http://elsewhere:80", State: report.Lagging})
	snapshot.Actives = []platform.ActiveAt{{Signal: "live01", URL: "http://localhost:8081"}}
	snapshot.Preferences = []report.Preference{{Signal: "live01", Active: "http://localhost:8081", Held: true}}
	say := func(list []platform.Packager) string {
		var b strings.Builder
		for _, p := range list {
			fmt.Fprintf(&b, "%s %d %s ours %t active %t held %t usable %t\n", p.Signal, p.Number, p.Name, p.Ours, p.Active, p.Held, p.Usable)
		}
		return b.String()
	}
	want := "live01 1 server1 ours true active true held true usable true\n" +
		"live01 2 elsewhere:80 ours false active false held false usable false\n" +
		"live01 3 server2 ours true active false held false usable true\n"
	if got := say(packagers(snapshot)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	snapshot.Details = nil
	want = " 1 server1 ours true active false held false usable true\n 2 server2 ours true active false held false usable true\n"
	if got := say(packagers(snapshot)); got != want {
		t.Errorf("before any report: got\n%swant\n%s", got, want)
	}
}
