package model

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// noon is the time at which these tests look at the lights.
var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.Local)

// modelOf is a model of the default layout.
func modelOf(t *testing.T) *Model {
	t.Helper()
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	m := &Model{Now: platform.Snapshot{Version: 1, At: noon}}
	for _, p := range layout.Processes {
		m.Now.Processes = append(m.Now.Processes, platform.Process{Status: platform.Status{Name: p.Name}, Service: p.Service, Role: p.Role()})
	}
	return m
}

// happening is a fact that a model takes, a while before noon.
type happening func(m *Model)

func view(signal string, state event.ViewState, since time.Duration) happening {
	return func(m *Model) {
		m.viewing(platform.ViewingAt{Time: noon.Add(-time.Second), Process: "viewer", Viewing: event.Viewing{Signal: signal, State: state, Since: noon.Add(-since)}})
	}
}

func outage(signal string, since time.Duration) happening {
	return func(m *Model) {
		m.outage(platform.OutageAt{Time: noon.Add(-time.Second), Process: "viewer", Outage: event.OutageOf(signal, noon.Add(-since), noon.Add(-time.Second))})
	}
}

func film(signal string, state event.FilmState) happening {
	return func(m *Model) {
		m.film(platform.FilmAt{Time: noon.Add(-time.Minute), Process: "worker", Film: event.Film{File: signal + ".mp4", Signal: signal, State: state, Reason: "because"}})
	}
}

// table is the ingest table.
func table(signals ...string) happening {
	return func(m *Model) {
		var a Answers
		for _, name := range signals {
			a.Details = append(a.Details, report.SignalStatus{Signal: name, Packagers: []report.PackagerStatus{{State: report.Up}, {State: report.Up}}})
			a.Live = append(a.Live, report.Live{Signal: name, Server: "http://a/" + name + "/playlist.m3u8"})
		}
		m.SetAnswers(a, noon)
		for i := range m.Now.Dropped {
			m.Now.Dropped[i].Time = noon.Add(-onair.DroppedAfter)
		}
	}
}

func process(name string, state platform.State) happening {
	return func(m *Model) { m.SetStatus(platform.Status{Name: name, State: state, PID: 9}, noon) }
}

func allReady(m *Model) {
	for _, p := range m.Now.Processes {
		process(p.Name, platform.Ready)(m)
	}
}

func TestEachSignalHasItsOwnLight(t *testing.T) {
	const playing, stalled, starting, ended = event.ViewPlaying, event.ViewStalled, event.ViewStarting, event.ViewEnded
	const s = time.Second
	for _, c := range []struct {
		name   string
		happen []happening
		want   platform.AirState
		says   string // in the platform's reason
		lights string // signal, state and whether it is due, of each
	}{
		{"all play", []happening{table("a", "b"), view("a", playing, 9*s), view("b", playing, 9*s)}, platform.AirOn, "", "a on air due, b on air due"},
		{"one stands still, the other's light is as it was", []happening{table("a", "b"), view("a", playing, 9*s), outage("b", 3*s), view("b", stalled, 3*s)},
			platform.AirOff, "b has stood still since 11:59:57", "a on air due, b off air due"},
		{"one that was removed before it was ever shown", []happening{table("a", "b"), view("a", playing, 9*s), view("b", starting, 9*s), film("a", event.FilmAired), film("b", event.FilmGone)},
			platform.AirOn, "", "a on air due, b starting"},
		{"one that was refused before it was ever shown", []happening{table("a"), view("a", playing, 9*s), view("b", starting, 9*s), film("a", event.FilmAired), film("b", event.FilmRefused)},
			platform.AirOn, "", "a on air due, b starting"},
		{"a signal left over from a film that is gone", []happening{table("a", "b"), view("a", playing, 9*s), view("b", starting, 9*s), film("a", event.FilmAired)},
			platform.AirOn, "", "a on air due, b starting"},
		{"one that was shown and refused then is missed", []happening{table("a", "b"), view("a", playing, 9*s), view("b", playing, 9*s), view("b", stalled, 2*s), film("a", event.FilmAired), film("b", event.FilmRefused)},
			platform.AirOff, "b has stood still", "a on air due, b off air due"},
		{"one that was shown and has gone from the ingest table", []happening{allReady, table("a", "b"), view("a", playing, 9*s), view("b", stalled, 2*s), table("a")},
			platform.AirOn, "", "a on air due, b off air"},
		{"one that its worker airs is due, table or not", []happening{allReady, table("a", "b"), view("a", playing, 9*s), view("b", stalled, 2*s), film("b", event.FilmAired), table("a")},
			platform.AirOff, "b has stood still", "a on air due, b off air due"},
		{"a table that is not filled says nothing", []happening{allReady, table("a"), view("a", stalled, 2*s), process("discovery", platform.Backoff), table()},
			platform.AirOff, "a has stood still", "a off air due"},
		{"a table that names it again", []happening{allReady, table("a"), view("a", stalled, 2*s), table(), table("a")},
			platform.AirOff, "a has stood still", "a off air due"},
		{"a table that it has just left", []happening{allReady, table("a"), view("a", stalled, 2*s), table(), func(m *Model) { m.Now.Dropped[0].Time = noon.Add(-s) }},
			platform.AirOff, "a has stood still", "a off air due"},
		{"one that plays is due whatever the table says", []happening{allReady, table("a"), view("a", playing, 9*s), table()}, platform.AirOn, "", "a on air due"},
		{"one that has ended", []happening{table("a", "b"), view("a", playing, 9*s), view("b", ended, 2*s)}, platform.AirOn, "", "a on air due, b ended"},
		{"all have ended", []happening{view("a", ended, 9*s)}, platform.AirEnded, "every signal has ended", "a ended"},
		{"a film that is being made is not waited for", []happening{table("a"), view("a", playing, 9*s), film("a", event.FilmAired), film("b", event.FilmWaiting)},
			platform.AirOn, "", "a on air due, b starting"},
		{"only films that are being made", []happening{allReady, film("a", event.FilmWaiting), film("b", event.FilmWaiting)},
			platform.AirStarting, "a: its film is waiting: because", "a starting, b starting"},
		{"one that is reported and not shown", []happening{table("a", "b"), view("a", playing, 9*s)}, platform.AirStarting, "no viewer has shown b yet", "a on air due, b starting due"},
		{"the viewer has restarted in an outage", []happening{table("a"), view("a", playing, 60*s), outage("a", 40*s), view("a", stalled, 40*s), view("a", starting, 2*s)},
			platform.AirOff, "a has stood still since 11:59:20", "a off air due"},
		{"the viewer has restarted in an outage, and plays media from before it", []happening{table("a"), view("a", playing, 60*s), func(m *Model) {
			o := event.OutageOf("a", noon.Add(-40*s), noon.Add(-s))
			o.MSN = 7
			m.outage(platform.OutageAt{Time: noon.Add(-s), Process: "viewer", Outage: o})
		}, view("a", playing, 2*s)}, platform.AirOff, "a has stood still since 11:59:20", "a off air due"},
		{"the viewer has restarted", []happening{table("a"), view("a", playing, 60*s), view("a", starting, 2*s)},
			platform.AirUnknown, "viewer has restarted and has not shown a yet", "a unknown due"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := modelOf(t)
			for _, happen := range c.happen {
				happen(m)
			}
			snapshot := m.Now
			snapshot.At = noon
			o := onair.Complete(snapshot).OnAir
			var lights []string
			for _, l := range o.Signals {
				light := l.Signal + " " + l.State.String()
				if l.Due {
					light += " due"
				}
				lights = append(lights, light)
			}
			if got := strings.Join(lights, ", "); got != c.lights {
				t.Errorf("lights: got %s, want %s", got, c.lights)
			}
			if o.State != c.want || !strings.Contains(o.Reason, c.says) || c.says == "" && o.Reason != "" {
				t.Errorf("the platform's: got %s, %q, want %s, %q", o.State, o.Reason, c.want, c.says)
			}
		})
	}
}

func TestNoMovingNumberStandsInAReason(t *testing.T) {
	for name, happen := range map[string][]happening{
		"an outage":       {table("a"), outage("a", 3*time.Second), view("a", event.ViewStalled, 3*time.Second)},
		"a silent viewer": {table("a"), func(m *Model) { m.viewing(platform.ViewingAt{Time: noon.Add(-time.Hour), Process: "viewer"}) }},
		"starting":        {table("a"), view("a", event.ViewStarting, 3*time.Second)},
		"a film":          {film("a", event.FilmWaiting)},
	} {
		m := modelOf(t)
		for _, h := range happen {
			h(m)
		}
		s := m.Now
		s.At = noon
		first := onair.Complete(s).OnAir
		s.At = noon.Add(1700 * time.Millisecond)
		if diff := cmp.Diff(first, onair.Complete(s).OnAir, cmpopts.IgnoreFields(platform.OnAir{}, "LastHour")); diff != "" {
			t.Errorf("%s: 1.7 s later the light is another:\n%s", name, diff)
		}
	}
}

func TestEveryFileHasALine(t *testing.T) {
	m := modelOf(t)
	var events []platform.Event
	m.Publish = func(e platform.Event) { events = append(events, e) }
	report := func(process, file string, state event.FilmState, at time.Duration) {
		m.film(platform.FilmAt{Time: noon.Add(at), Process: process, Film: event.Film{File: file, Signal: strings.TrimSuffix(file, ".mp4"), State: state}})
	}
	lines := func() string {
		var list []string
		for _, f := range m.Now.FilmList() {
			list = append(list, f.File+" "+string(f.State))
		}
		return strings.Join(list, ", ")
	}
	want := func(what, want string) {
		t.Helper()
		if got := lines(); got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	report("worker", "b.mp4", event.FilmWaiting, 0)
	report("worker", "a.mp4", event.FilmAired, 0)
	report("worker", "notes.txt", event.FilmPassed, 0)
	want("reported", "a.mp4 aired, b.mp4 waiting, notes.txt passed over")
	report("worker", "b.mp4", event.FilmAired, 0)
	report("worker2", "b.mp4", event.FilmWaiting, 0)
	want("two workers", "a.mp4 aired, b.mp4 aired, notes.txt passed over")
	table("a", "b")(m)
	report("worker", "b.mp4", event.FilmGone, 0)
	report("worker2", "b.mp4", event.FilmGone, 0)
	table("a", "b")(m)
	want("gone, and its signal is there", "a.mp4 aired, b.mp4 gone, notes.txt passed over")
	table("a")(m)
	want("gone", "a.mp4 aired, notes.txt passed over")
	report("worker", "a.mp4", event.FilmAired, 2*time.Second)
	m.SetStatus(platform.Status{Name: "worker", State: platform.Ready, PID: 9, Started: noon.Add(time.Second)}, noon)
	want("what an earlier worker reported", "a.mp4 aired")
	films := 0
	for _, e := range events {
		if _, is := e.What.(event.Film); is {
			films++
		}
	}
	if films != 7 || len(events) != 8 || events[7].Status() == nil {
		t.Errorf("got %d films among %d events, want 7 films that are news and a state", films, len(events))
	}
	for i := range 2 * filmsMost {
		report("worker", fmt.Sprintf("%05d.txt", i), event.FilmPassed, 2*time.Second)
	}
	if got := m.Now.Films; len(got) != filmsMost || got[len(got)-1].File != "a.mp4" {
		t.Errorf("got %d, the last %+v, want %d and the film among them", len(got), got[len(got)-1], filmsMost)
	}
}
