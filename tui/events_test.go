package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/panel"
)

// journalOf returns what a journal tells of a snapshot.
func journalOf(s platform.Snapshot) []platform.Event {
	if s.Started.IsZero() {
		return nil
	}
	list := []platform.Event{{Time: s.Started, What: platform.Started{PID: 4700, Layout: s.Layout}}}
	for _, d := range s.Details {
		if len(s.Viewings) > 0 {
			list = append(list, platform.Event{Time: s.Started.Add(12 * time.Second), What: platform.Aired{Signal: d.Signal, State: platform.AirOn}})
		}
	}
	for _, f := range s.Failovers {
		list = append(list, platform.Event{Time: f.Time, Process: f.Process, What: f.Failover})
	}
	for _, c := range s.InputChanges {
		list = append(list, platform.Event{Time: c.Time, Process: c.Process, What: c.Input})
	}
	for _, o := range s.Outages {
		begun := o
		begun.Until, begun.LengthMS, begun.Lost = time.Time{}, 0, 0
		list = append(list, platform.Event{Time: o.Since, Process: o.Process, What: begun.Outage})
		if !o.Lasts() {
			list = append(list, platform.Event{Time: o.Until, Process: o.Process, What: o.Outage})
		}
	}
	slices.SortStableFunc(list, func(a, b platform.Event) int { return cmp.Compare(a.Time.UnixNano(), b.Time.UnixNano()) })
	return list
}

// memorable is a journal of what an operator may ask for in the morning, before the snapshot:
// an earlier run that was killed, an outage that nobody planned, one that the operator
// planned, a process that flaps, drills and a film that is refused.
func memorable() []platform.Event {
	at := func(ago time.Duration, process string, what platform.What) platform.Event {
		return platform.Event{Time: noon.Add(-ago), Process: process, What: what}
	}
	by := func(key string) platform.Actor {
		return platform.Actor{Via: platform.ViaAttach, Key: key, PID: 8121, User: "root"}
	}
	outage := func(ago, length time.Duration, lost int) []platform.Event {
		begun := event.OutageOf("live01", noon.Add(-ago), noon.Add(-ago))
		ended := event.EndedOutageOf("live01", noon.Add(-ago), noon.Add(length-ago))
		begun.Reason, ended.Reason, ended.Lost = "no packager", "no packager", lost
		return []platform.Event{at(ago, "viewer", begun), at(ago-length, "viewer", ended)}
	}
	list := []platform.Event{
		at(100*time.Minute, "", platform.Started{PID: 4100, Layout: "default"}), at(99*time.Minute, "", platform.Aired{Signal: "live01", State: platform.AirOn}),
		at(47*time.Minute, "", platform.Ended{Killed: true, Stopping: noon.Add(-47 * time.Minute)}),
	}
	list = append(list, outage(33*time.Minute, 14200*time.Millisecond, 3)...)
	list = append(list,
		at(25*time.Minute, "worker", platform.Exit{Incarnation: 1, State: platform.Backoff, Times: 1, Since: noon.Add(-25*time.Minute - time.Second), Reason: "exit status 1, restarting in 0.1s"}),
		at(25*time.Minute-8*time.Second, "worker", platform.Exit{Incarnation: 9, State: platform.Backoff, Times: 9, Since: noon.Add(-25*time.Minute - time.Second), Reason: "exit status 1, restarting in 6.4s"}),
		at(20*time.Minute, "", platform.Drilled{Name: "kill-active", Verdict: platform.DrillBegun, By: by("")}),
		at(20*time.Minute-9*time.Second, "", platform.Drilled{Name: "kill-active", Verdict: platform.DrillPassed, Seen: "no stall, longest wait 41 ms"}),
		at(19*time.Minute, "", platform.Drilled{Name: "pause-all", Verdict: platform.DrillFailed, Seen: "a player stood still for 3.2 s"}),
		at(12*time.Minute, "worker", event.Film{File: "broken.mp4", State: event.FilmRefused, Reason: "no video"}),
		at(11*time.Minute, "server2", platform.Commanded{Action: platform.Stop, Process: "server2", By: by("s")}),
	)
	list = append(list, outage(11*time.Minute-5*time.Second, 6*time.Second, 0)...)
	return append(list, at(10*time.Minute, "proxy", platform.Commanded{Action: platform.Kill, Process: "proxy", By: by("K"), Refused: "proxy does not run"}))
}

func TestTheMorningAfterIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		w, h int
		keys []string
		want []string
	}{
		"the whole hour": {120, 36, []string{"@events", "z"}, []string{
			"13:02 to now  outages 2 · 05:09 · planned 1", "13:29:45 ● BACK    live01      off air 14.2s, 3 segments lost", "13:29:31 ✗ OFF AIR live01      no packager",
			"13:37:39 ▲ flap    worker      ended 9 times in 9s: exit status 1", "13:42:40 ✓ drill   kill-active passed: no stall, longest wait 41 ms", "13:43:31 ✗ drill   pause-all   failed: a player stood still for 3.2 s",
			"13:50:31 ▲ refused broken.mp4  no video", "13:51:31 ⌁ stop    server2     root, attach pid 8121 (s)", "13:51:36 ✗ OFF AIR live01      planned: no packager",
			"13:52:31 ✗ kill    proxy       refused: proxy does not run, by root, attach pid 8121 (K)", "13:15:31 ✗ end                 platform killed, or the machine stopped", "13:20:26 ● BACK    live01      off air 04:55 ",
		}},
		"half an hour before": {120, 36, []string{"@events", "left", "left", "left"}, []string{"12:33 to 13:33  outages 2 · 05:09", "13:29:45 ● BACK    live01 off air 14.2s, 3 segments"}},
		"and back":            {120, 36, []string{"@events", "left", "left", "right", "right"}, []string{"13:03 to now"}},
		"the logs around one": {120, 36, []string{"@events", "down", "enter"}, []string{"━ 14:01:02.000  2→1 live01  server2 stale for 2.1s, paused · wait 38ms ━"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := newTestModel(t, "remembered", c.w, c.h, colour)
			for _, k := range c.keys {
				press(m, k)
			}
			checkFrame(t, m, c.w, c.h, name)
			got := ansi.Strip(m.View())
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("the screen lacks %q:\n%s", want, got)
				}
			}
		})
	}
}

func TestTheLogsAroundAMomentHaveItInTheMiddle(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	var lines []platform.LogLine
	for i := range 4000 { // for 40 s
		l := someLogs()[0]
		l.Seq, l.Time, l.Message = uint64(100+i), noon.Add(time.Duration(i-2000)*10*time.Millisecond), fmt.Sprint("line ", i)
		lines = append(lines, l)
	}
	m.take(polled{noon, m.scene.Snapshot, lines})
	m.dialog = newAround(m, panel.Moment{At: noon, Title: "noon"})
	rows := strings.Split(ansi.Strip(m.View()), "\n")
	at := slices.IndexFunc(rows, func(l string) bool { return strings.Contains(l, " +0.000 ") && strings.Contains(l, "line 2000") })
	if at < 16 || at > 20 {
		t.Errorf("got the moment on row %d of 36, want it in the middle:\n%s", at, strings.Join(rows, "\n"))
	}
}

func TestTheJournalIsReadOnAndOn(t *testing.T) {
	all := memorable()
	for name, c := range map[string]struct {
		known, found int // how many of all
		since        time.Duration
		change       bool // of what is found
		want         int
		again        bool
	}{
		"at first":                 {0, len(all), 0, false, len(all), true},
		"nothing new":              {len(all), len(all), 0, false, len(all), false},
		"nothing new, by the tail": {len(all), len(all), 15 * time.Minute, false, len(all), false},
		"one more":                 {len(all) - 1, len(all), 15 * time.Minute, false, len(all), true},
		"a late one":               {len(all), len(all), 15 * time.Minute, true, len(all) + 1, true},
	} {
		since := time.Time{}
		if c.since > 0 {
			since = noon.Add(-c.since)
		}
		found := slices.DeleteFunc(slices.Clone(all[:c.found]), func(e platform.Event) bool { return e.Time.Before(since) })
		if c.change {
			found = slices.Insert(found, 1, platform.Event{Time: found[0].Time, What: platform.Started{}})
		}
		events, again := merged(slices.Clone(all[:c.known]), since, found)
		if len(events) != c.want || again != c.again || !slices.IsSortedFunc(events, func(a, b platform.Event) int { return a.Time.Compare(b.Time) }) {
			t.Errorf("%s: got %d events, again %t, want %d and %t", name, len(events), again, c.want, c.again)
		}
	}
}

func TestACommandSaysWhichKeyItCameFrom(t *testing.T) {
	m, f := newTestModel(t, "no spare", 120, 36, colour)
	m.scene.Selected = "server1"
	typed(m, "K", "y", "f")
	if got := strings.Join(f.keys, " "); got != "K f" {
		t.Errorf("got the keys %q, want the one that asked, not the one that confirmed, and the next: K f", got)
	}
}

func TestAJournalThatCannotBeReadIsTriedAgain(t *testing.T) {
	m, f := newTestModel(t, "on air", 120, 36, colour)
	before := len(m.scene.Past.Happened)
	m.platform = unreadable{f}
	if r := m.remember(0)().(remembered); r.past != nil {
		t.Errorf("got a past without a journal: %+v", r)
	} else if m.takeJournal(r) == nil || len(m.scene.Past.Happened) != before {
		t.Errorf("got %d rows, want the %d that were there, and another try", len(m.scene.Past.Happened), before)
	}
}

// unreadable is a platform whose journal cannot be read.
type unreadable struct{ platform.Platform }

func (unreadable) Journal(context.Context, time.Time, int) ([]platform.Event, error) {
	return nil, errors.New("the socket is gone")
}
