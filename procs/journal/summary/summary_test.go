package summary

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/machine"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// night is when the tables begin.
var night = time.Date(2026, 1, 2, 23, 0, 0, 0, time.Local)

// at returns the moment so many seconds after night.
func at(seconds float64) time.Time {
	return night.Add(time.Duration(seconds * float64(time.Second)))
}

func started(s float64) platform.Event {
	return platform.Event{Time: at(s), What: platform.Started{PID: 1, Layout: "default"}}
}

func ended(s float64, killed bool) platform.Event {
	return platform.Event{Time: at(s + 1), What: platform.Ended{Stopping: at(s), Killed: killed}}
}

func aired(s float64, signal string, state platform.AirState) platform.Event {
	return platform.Event{Time: at(s), What: platform.Aired{Signal: signal, State: state}}
}

func off(from float64, signal string) platform.Event {
	o := event.OutageOf(signal, at(from), at(from))
	o.Reason = "connection refused"
	return platform.Event{Time: at(from), Process: "viewer", What: o}
}

func back(from, to float64, signal string, lost int) platform.Event {
	o := event.EndedOutageOf(signal, at(from), at(to))
	o.Reason, o.Lost = "connection refused", lost
	return platform.Event{Time: at(to), Process: "viewer", What: o}
}

func command(s float64, a platform.Action, refused string) platform.Event {
	return platform.Event{Time: at(s), Process: "server2", What: platform.Commanded{
		Action: a, Process: "server2", Refused: refused, By: platform.Actor{Via: platform.ViaAttach, Key: "s", PID: 8121, User: "root"},
	}}
}

func exit(s float64, times int, since float64) platform.Event {
	return platform.Event{Time: at(s), Process: "server1", What: platform.Exit{State: platform.Backoff, Cause: machine.CauseExit, Reason: "exit status 1", Times: times, Since: at(since)}}
}

func moved(s float64, signal string, gap float64, pending bool) platform.Event {
	return platform.Event{Time: at(s), Process: "proxy", What: event.Failover{Signal: signal, From: "http://a", To: "http://b", MSNBefore: int64(s), GapMS: gap, Pending: pending, Cause: "a refused"}}
}

// told is a summary in short.
func told(s Summary) string {
	var parts []string
	for _, one := range append(s.Signals, s.All) {
		on, _ := one.Percent()
		parts = append(parts, fmt.Sprintf("%s %.2f%% counted %s off %s planned %s", one.Name, on, spans(one.Counted).length(), spans(one.Off).length(), spans(one.Planned).length()))
	}
	return strings.TrimSpace(strings.Join(parts, "; "))
}

func TestAvailability(t *testing.T) {
	on := platform.AirOn
	for _, c := range []struct {
		name   string
		events []platform.Event
		until  float64 // the journal's end; the window is 0 to 100
		want   string
	}{
		{"nothing", nil, 100, "0.00% counted 0s off 0s planned 0s"},
		{"it counts from the first picture", []platform.Event{started(0), aired(20, "a", on)}, 100,
			"a 100.00% counted 1m20s off 0s planned 0s;  100.00% counted 1m20s off 0s planned 0s"},
		{"an outage", []platform.Event{started(0), aired(0, "a", on), off(10, "a"), back(10, 24.2, "a", 3)}, 100,
			"a 85.80% counted 1m40s off 14.2s planned 0s;  85.80% counted 1m40s off 14.2s planned 0s"},
		{"one that lasts", []platform.Event{started(0), aired(0, "a", on), off(90, "a")}, 100,
			"a 90.00% counted 1m40s off 10s planned 0s;  90.00% counted 1m40s off 10s planned 0s"},
		{"one that an operator caused", []platform.Event{started(0), aired(0, "a", on), command(5, platform.Stop, ""), off(10, "a"), back(10, 20, "a", 0)}, 100,
			"a 90.00% counted 1m40s off 10s planned 10s;  90.00% counted 1m40s off 10s planned 10s"},
		{"one of two signals; together they are off while any is", []platform.Event{started(0), aired(0, "a", on), aired(0, "b", on),
			off(10, "a"), off(15, "b"), back(10, 20, "a", 0), back(15, 30, "b", 0)}, 100,
			"a 90.00% counted 1m40s off 10s planned 0s; b 85.00% counted 1m40s off 15s planned 0s;  80.00% counted 1m40s off 20s planned 0s"},
		{"no viewer reports", []platform.Event{started(0), aired(0, "a", on), aired(20, "a", platform.AirUnknown), aired(70, "a", on)}, 100,
			"a 100.00% counted 50s off 0s planned 0s;  100.00% counted 50s off 0s planned 0s"},
		{"it has ended", []platform.Event{started(0), aired(0, "a", on), aired(40, "a", platform.AirEnded)}, 100,
			"a 100.00% counted 40s off 0s planned 0s;  100.00% counted 40s off 0s planned 0s"},
		{"it began before the window", []platform.Event{started(-500), aired(-500, "a", on), off(-10, "a"), back(-10, 10, "a", 0)}, 100,
			"a 90.00% counted 1m40s off 10s planned 0s;  90.00% counted 1m40s off 10s planned 0s"},
		{"no platform runs between two", []platform.Event{started(0), aired(0, "a", on), off(18, "a"), ended(20, false), started(40), aired(50, "a", on)}, 100,
			"a 97.14% counted 1m10s off 2s planned 0s;  97.14% counted 1m10s off 2s planned 0s"},
		{"a platform that was killed takes its signals off air", []platform.Event{started(0), aired(0, "a", on), ended(20, true), started(25), aired(30, "a", on)}, 100,
			"a 90.00% counted 1m40s off 10s planned 0s;  90.00% counted 1m40s off 10s planned 0s"},
		{"so it does in the middle of an outage", []platform.Event{started(0), aired(0, "a", on), off(15, "a"), ended(20, true), started(25), aired(30, "a", on)}, 100,
			"a 85.00% counted 1m40s off 15s planned 0s;  85.00% counted 1m40s off 15s planned 0s"},
		{"a signal that does not come back is gone with the next start", []platform.Event{started(0), aired(0, "a", on), ended(20, true), started(25)}, 100,
			"a 80.00% counted 25s off 5s planned 0s;  80.00% counted 25s off 5s planned 0s"},
		{"it was killed, and nothing runs", []platform.Event{started(0), aired(0, "a", on)}, 60,
			"a 60.00% counted 1m40s off 40s planned 0s;  60.00% counted 1m40s off 40s planned 0s"},
		{"the same, as the next platform found out", []platform.Event{started(0), aired(0, "a", on), ended(60, true)}, 62,
			"a 60.00% counted 1m40s off 40s planned 0s;  60.00% counted 1m40s off 40s planned 0s"},
		{"it ended in order, and nothing runs", []platform.Event{started(0), aired(0, "a", on), ended(60, false)}, 62,
			"a 100.00% counted 1m0s off 0s planned 0s;  100.00% counted 1m0s off 0s planned 0s"},
		{"two viewers see one outage", []platform.Event{started(0), aired(0, "a", on), back(10, 20, "a", 0),
			{Time: at(21), Process: "viewer2", What: event.EndedOutageOf("a", at(11), at(21))}}, 100,
			"a 89.00% counted 1m40s off 11s planned 0s;  89.00% counted 1m40s off 11s planned 0s"},
	} {
		if got := told(Of(c.events, Span{at(0), at(100)}, at(c.until))); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestTheCauseOfAnOutage(t *testing.T) {
	const byOperator = "stop server2 (root, attach pid 8121 (s))"
	for _, c := range []struct {
		name    string
		before  []platform.Event
		planned bool
		want    string
	}{
		{"what its viewer saw", nil, false, "connection refused"},
		{"a command", []platform.Event{command(48, platform.Stop, "")}, true, byOperator},
		{"a command that was refused", []platform.Event{command(48, platform.Stop, "no such process")}, false, "connection refused"},
		{"a command long ago", []platform.Event{command(10, platform.Stop, "")}, false, "connection refused"},
		{"a command that takes nothing off air", []platform.Event{command(48, platform.Start, "")}, false, "connection refused"},
		{"an exit", []platform.Event{exit(48, 9, 39)}, false, "server1 ended 9 times in 9s: exit status 1"},
		{"an exit after a command", []platform.Event{command(40, platform.Kill, ""), exit(48, 1, 48)}, false, "server1 ended: exit status 1"},
		{"a command after an exit", []platform.Event{exit(40, 1, 40), command(48, platform.Stop, "")}, true, byOperator},
		{"a command after it", []platform.Event{command(61, platform.Stop, "")}, false, "connection refused"},
	} {
		events := append([]platform.Event{started(0), aired(0, "a", platform.AirOn)}, c.before...)
		s := Of(append(events, back(60, 74.2, "a", 3)), Span{at(0), at(100)}, at(100))
		if len(s.Outages) != 1 || s.Outages[0].Planned != c.planned || s.Outages[0].Cause != c.want || s.Outages[0].Length != 14200*time.Millisecond {
			t.Errorf("%s: got %+v, want planned %t, cause %q", c.name, s.Outages, c.planned, c.want)
		}
	}
}

func TestAGapIsFilledInOnceItIsKnown(t *testing.T) {
	s := Of([]platform.Event{started(0), aired(0, "a", platform.AirOn), moved(10, "a", -1, true), moved(10, "a", 41, false), moved(20, "a", 7, false), exit(30, 1, 30), exit(31, 2, 30)},
		Span{at(0), at(100)}, at(100))
	if len(s.Failovers) != 2 || s.Failovers[0].GapMS != 41 || s.Failovers[0].Pending || s.All.WorstWaitMS != 41 || s.Signals[0].Failovers != 2 {
		t.Errorf("got %+v, want two failovers, the first with 41 ms", s.Failovers)
	}
	if len(s.Exits) != 1 || s.Exits[0].What.(platform.Exit).Times != 2 {
		t.Errorf("got %v, want one row of two exits", s.Exits)
	}
}

func TestTheTimesWithoutAPlatform(t *testing.T) {
	s := Of([]platform.Event{started(0), ended(20, false), started(40), ended(50, true), started(60)}, Span{at(10), at(100)}, at(80))
	var got []string
	for _, d := range s.Down {
		got = append(got, fmt.Sprint(d.From.Sub(night).Seconds(), d.To.Sub(night).Seconds(), d.Killed))
	}
	if want := "20 40 false, 50 60 true, 80 100 true"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestAReportIsWritten(t *testing.T) {
	s := Of([]platform.Event{
		started(0), aired(0, "live01", platform.AirOn), command(48, platform.Stop, ""), off(60, "live01"), back(60, 74.2, "live01", 3), exit(75, 2, 74),
		back(76, 77, "<b>|x", 0), moved(80, "live01", 41, false), ended(90, false),
		{Time: at(79), What: platform.Averted{Signal: "live01", Cause: platform.NoPackager, LeftMS: 3100, LengthMS: 9100}},
		{Time: at(10), Process: "receiver", What: event.Input{Signal: "stage", Change: event.InputSwitched, From: "main", Input: "backup", GapMS: 640, Frames: 16, Cause: "main sent nothing for 1s"}},
		{Time: at(11), Process: "receiver", What: event.Input{Signal: "stage", Change: event.InputLost, Input: "main", Cause: "main sent nothing for 1s"}},
		{Time: at(200), Process: "receiver", What: event.Input{Signal: "later"}},
		{Time: at(81), What: platform.Drilled{Name: "kill-active", Verdict: platform.DrillPassed, Seen: "no failover"}},
	}, Span{at(0), at(100)}, at(90))
	var markdown, page bytes.Buffer
	if err := s.WriteMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Report from 2026-01-02 23:00:00 to 2026-01-02 23:01:40\n",
		"On air for 83.11 % of 1m30s, 98.88 % without what operators caused. Outages: 1, planned: 1. Failovers: 1, longest wait of a player: 41 ms.\n",
		"| live01 | 84.22 % | 100.00 % | 1m30s | 14.2s | 14.2s | 1 | 3 | 1 | 41 ms |\n",
		"| 2026-01-02 23:01:00 | live01 | 14.2s | 3 | stop server2 (root, attach pid 8121 (s)); connection refused |\n",
		`| 2026-01-02 23:01:16 | <b>\|x | 1s | 0 | server1 ended 2 times in 1s: exit status 1; connection refused |` + "\n",
		"## Live inputs\n",
		"| 2026-01-02 23:00:10 | stage | main -> backup | 640 ms | 16 | main sent nothing for 1s |\n",
		"| 2026-01-02 23:00:11 | stage | main lost |  |  | main sent nothing for 1s |\n",
		"| 2026-01-02 23:01:30 | 10s | in order; not started since |\n",
		"| 2026-01-02 23:01:19 | live01 | down to 4s, no packager for 9s |\n",
		"| 2026-01-02 23:01:21 | kill-active | passed: no failover |  |\n",
	} {
		if !strings.Contains(markdown.String(), want) {
			t.Errorf("Markdown lacks %q:\n%s", want, markdown.String())
		}
	}
	for _, want := range []string{"<svg", "off air, planned from 2026-01-02 23:01:00 for 14.2s", "<td>&lt;b&gt;|x</td>", "<circle", "</html>\n"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, page.String())
		}
	}
	if strings.Contains(page.String(), "<b>") {
		t.Error("the page has text of a signal's name as HTML")
	}
}

func TestSpans(t *testing.T) {
	span := func(from, to float64) Span { return Span{at(from), at(to)} }
	show := func(s spans) string {
		var list []string
		for _, one := range s {
			list = append(list, fmt.Sprintf("%g-%g", one.From.Sub(night).Seconds(), one.To.Sub(night).Seconds()))
		}
		return strings.Join(list, " ")
	}
	some := union(span(5, 6), span(1, 3), span(2, 4), span(4, 4.5), span(9, 9), span(8, 7))
	for _, c := range []struct {
		name string
		got  spans
		want string
	}{
		{"together", some, "1-4.5 5-6"},
		{"within", some.within(span(2, 5.5)), "2-4.5 5-5.5"},
		{"within nothing", some.within(span(7, 8)), ""},
		{"without", some.without(union(span(0, 2), span(3, 4), span(4.5, 9))), "2-3 4-4.5"},
		{"without anything", some.without(nil), "1-4.5 5-6"},
		{"without itself", some.without(some), ""},
	} {
		if got := show(c.got); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if got := some.length(); got != 4500*time.Millisecond {
		t.Errorf("length: got %s, want 4.5s", got)
	}
}
