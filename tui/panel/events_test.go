package panel

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// told returns a scene at noon whose journal has those events.
func told(events ...platform.Event) *scene.Scene {
	s := scene.New(layouts.Layout{}, canvas.UnicodeGlyphs())
	at := noon
	s.Take(platform.Snapshot{At: at, OnAir: platform.OnAir{State: platform.AirOn, Spare: true}, Packagers: []platform.Packager{
		{Signal: "live01", Name: "server1", Number: 1}, {Signal: "live01", Name: "server2", Number: 2},
	}}, at)
	s.Remember(scene.PastOf(events, false))
	return &s
}

// ago is an event so long before noon.
func ago(d time.Duration, process string, what platform.What) platform.Event {
	return platform.Event{Time: noon.Add(-d), Process: process, What: what}
}

// wentOff is an outage of 14.2 s that began so long before noon; it lasts if length is zero.
func wentOff(d, length time.Duration, lost int) platform.Event {
	o := event.OutageOf("live01", noon.Add(-d), noon)
	if length > 0 {
		o = event.EndedOutageOf("live01", noon.Add(-d), noon.Add(length-d))
		o.Lost = lost
	}
	o.Reason = "no packager"
	return ago(d-length, "viewer", o)
}

func switched(d time.Duration, signal string, gap float64, cause string) platform.Event {
	return ago(d, "proxy", event.Failover{Signal: signal, From: "server1", To: "server2", Cause: cause, GapMS: gap, MSNBefore: 927081240, MSNAfter: 927081241, Saved: 2})
}

func TestEveryEventHasItsRow(t *testing.T) {
	const s = time.Second
	key := platform.Actor{Via: platform.ViaAttach, Key: "s", PID: 8121, User: "root"}
	on := ago(50*time.Minute, "", platform.Aired{Signal: "live01", State: platform.AirOn})
	for name, c := range map[string]struct {
		events []platform.Event
		w      int
		want   string
	}{
		"on air":                        {[]platform.Event{on}, 80, " 11:10:00 ● ON AIR  live01 "},
		"back":                          {[]platform.Event{wentOff(30*s, 14200*time.Millisecond, 3)}, 80, " 11:59:44 ● BACK    live01 off air 14.2s, 3 segments lost"},
		"back, in little room":          {[]platform.Event{wentOff(30*s, 14200*time.Millisecond, 3)}, 50, " 11:59:44 ● BACK    live01 14.2s, 3 segments lost"},
		"back, in less":                 {[]platform.Event{wentOff(30*s, 14200*time.Millisecond, 3)}, 41, " 11:59:44 ● BACK    live01 14.2s, 3 lost"},
		"back, nothing lost":            {[]platform.Event{wentOff(30*s, 1200*time.Millisecond, 0)}, 80, "off air 1.2s, nothing lost"},
		"off air":                       {[]platform.Event{wentOff(14*s, 0, 0)}, 80, " 11:59:46 ✗ OFF AIR live01 no packager · for 00:14"},
		"a stop":                        {[]platform.Event{ago(s, "server2", platform.Commanded{Action: platform.Stop, Process: "server2", By: key})}, 80, " 11:59:59 ⌁ stop    server2 root, attach pid 8121 (s)"},
		"a drill's pause":               {[]platform.Event{ago(s, "server2", platform.Commanded{Action: platform.Pause, Process: "server2", By: platform.Actor{Via: platform.ViaDrill}})}, 80, "⌁ pause   server2 drill"},
		"a fault":                       {[]platform.Event{ago(s, "server2", platform.Commanded{Action: platform.SetFault, Process: "server2", Fault: "slow", By: key})}, 80, "⌁ fault   server2 slow, by root, attach pid 8121 (s)"},
		"hold for one signal":           {[]platform.Event{ago(s, "", platform.Commanded{Action: platform.Hold, Process: "server2", Signal: "live01", By: key})}, 80, "⌁ hold    server2 for live01, by root, attach pid 8121 (s)"},
		"fail all over":                 {[]platform.Event{ago(s, "", platform.Commanded{Action: platform.Failover, By: key})}, 80, "⌁ failover all    root, attach pid 8121 (s)"},
		"an upgrade":                    {[]platform.Event{ago(s, "", platform.Commanded{Action: platform.Upgrade, By: key})}, 80, "⌁ upgrade all    root, attach pid 8121 (s)"},
		"one that is refused":           {[]platform.Event{ago(s, "", platform.Commanded{Action: platform.Kill, Process: "server2", By: key, Refused: "it does not run"})}, 90, "✗ kill    server2 refused: it does not run, by root, attach pid 8121 (s)"},
		"a switch":                      {[]platform.Event{switched(s, "live01", -1, "server1 killed (K)")}, 80, " 11:59:59 ⇄ 1→2     live01 server1 killed (K) · wait 0"},
		"a switch, with room":           {[]platform.Event{switched(s, "live01", 41, "server1 killed (K)")}, 100, "server1 killed (K) · wait 41ms  msn …240→…241  2 saved"},
		"a switch, in no room":          {[]platform.Event{switched(s, "live01", 41, "server1 refused the connection")}, 58, "server1 refused the … · 41ms"},
		"six signals at once":           {[]platform.Event{switched(2*s, "a", -1, "x"), switched(2*s, "b", 7, "x")}, 80, "⇄ 1→2     2 signals x · wait 7.0ms"},
		"a gap not yet known":           {[]platform.Event{ago(s, "proxy", event.Failover{Signal: "a", From: "", To: "server2", Cause: "x", Pending: true})}, 80, "⇄ –→2     a      x · still waiting"},
		"packagers of the past":         {[]platform.Event{ago(s, "proxy", event.Failover{Signal: "a", From: "http://packager.example:1", To: "server2", Cause: "x", GapMS: -1, MSNBefore: -1, MSNAfter: -1})}, 80, "⇄ switch  a      packager.example:1→server2: x · wait 0"},
		"a switch that brought nothing": {[]platform.Event{ago(s, "proxy", event.Failover{Signal: "a", From: "http://packager.example:1", To: "server2", Cause: "x", GapMS: -1, MSNBefore: 7, MSNAfter: 7})}, 80, "⇄ switch  a      packager.example:1→server2: x · nothing new came"},
		"an exit":                       {[]platform.Event{ago(s, "worker", platform.Exit{Times: 1, Since: noon.Add(-s), Reason: "exit status 1, restarting in 1.6s"})}, 80, "✗ exit    worker ended: exit status 1, restarting in 1.6s"},
		"a flap":                        {[]platform.Event{ago(s, "worker", platform.Exit{Times: 9, Since: noon.Add(-10 * s), Reason: "exit status 1"})}, 80, "▲ flap    worker ended 9 times in 9s: exit status 1"},
		"a countdown that ended":        {[]platform.Event{ago(s, "", platform.Averted{Signal: "live01", Cause: platform.NoPackager, LeftMS: 3100, LengthMS: 9100})}, 80, "▲ averted live01 down to 4s, no packager for 9s"},
		"a film refused":                {[]platform.Event{ago(s, "worker", event.Film{File: "broken.mp4", State: event.FilmRefused, Reason: "no video"})}, 80, "▲ refused broken.mp4 no video"},
		"a drill that passed":           {[]platform.Event{ago(s, "", platform.Drilled{Name: "kill-active", Verdict: platform.DrillPassed, Seen: "no stall"})}, 80, "✓ drill   kill-active passed: no stall"},
		"a drill that failed":           {[]platform.Event{ago(s, "", platform.Drilled{Name: "kill-active", Verdict: platform.DrillFailed, Seen: "stalled 3 s"})}, 80, "✗ drill   kill-active failed: stalled 3 s"},
		"a drill that goes on":          {[]platform.Event{ago(s, "", platform.Drilled{Name: "kill-active", Verdict: platform.DrillBegun, By: key})}, 80, "○ drill   kill-active begun, by root, attach pid 8121 (s)"},
		"a start":                       {[]platform.Event{ago(s, "", platform.Started{PID: 7, Layout: "default"})}, 80, "▶ start          platform, layout default, pid 7"},
		"an end":                        {[]platform.Event{ago(s, "", platform.Ended{})}, 80, "○ end            platform, stopped in order"},
		"a killed one":                  {[]platform.Event{ago(s, "", platform.Ended{Killed: true})}, 80, "✗ end            platform killed, or the machine stopped"},
		"an ended signal":               {[]platform.Event{ago(s, "", platform.Aired{Signal: "live01", State: platform.AirEnded, Reason: "the film was removed"})}, 80, "○ ended   live01 the film was removed"},
		"a note of the platform":        {[]platform.Event{ago(s, "", platform.Logged{Line: event.Line{Level: event.LevelWarn, Module: "platform", Message: "the disk is full"}})}, 80, "· note           the disk is full"},
	} {
		t.Run(name, func(t *testing.T) {
			sc := told(c.events...)
			p := newEvents()
			var got []string
			for _, l := range p.Lines(sc, c.w, 7) {
				got = append(got, l.String())
				if l.Width > c.w {
					t.Errorf("%q has %d cells, want %d at most", l, l.Width, c.w)
				}
			}
			if !strings.Contains(strings.Join(got, "\n"), c.want) {
				t.Errorf("got\n%s\nwant %q in it", strings.Join(got, "\n"), c.want)
			}
		})
	}
}

func TestAGapThatLostSegmentsIsRed(t *testing.T) {
	for lost, want := range map[int]canvas.Ink{0: canvas.InkText, 3: canvas.InkBadStrong} {
		sc := told(wentOff(30*time.Second, 5*time.Second, lost))
		if r := rowOf(sc, sc.Past.Happened[0]); r.word != "BACK" || r.textInk != want {
			t.Errorf("%d lost: got %s in ink %d, want BACK in %d", lost, r.word, r.textInk, want)
		}
	}
}

func TestTheTitleCountsTheHourThatIsShown(t *testing.T) {
	stop := ago(100*time.Second, "server2", platform.Commanded{Action: platform.Stop, Process: "server2"})
	on := ago(3*time.Hour, "", platform.Aired{Signal: "live01", State: platform.AirOn})
	sc := told(on, wentOff(101*time.Minute, 2*time.Second, 0), wentOff(30*time.Minute, 14200*time.Millisecond, 3), stop, wentOff(90*time.Second, time.Second, 0))
	p := newEvents()
	for i, c := range []struct {
		motion Motion
		times  int
		note   string
		rows   int
	}{
		{MoveRight, 1, "11:00 to now  outages 1 · 14.2s · planned 1", 8},
		{MoveLeft, 1, "10:50 to 11:50  outages 1 · 14.2s", 5},
		{MoveLeft, 3, "10:20 to 11:20  no outages", 3},
		{MoveLeft, 1, "10:10 to 11:10  outages 1 · 2.0s", 3},
		{MoveLeft, 40, "09:00 to 10:00  no outages", 1}, // where the journal begins
		{MoveRight, 40, "11:00 to now  outages 1 · 14.2s · planned 1", 8},
	} {
		for range c.times {
			p.Move(sc, c.motion, 5)
		}
		if _, note := p.Title(sc); note != c.note || len(p.rows(sc)) != c.rows {
			t.Errorf("step %d: got %q and %d rows, want %q and %d", i, note, len(p.rows(sc)), c.note, c.rows)
		}
	}
	p.Move(sc, MoveLeft, 5)
	p.Move(sc, MoveDown, 5)
	if !p.Back() || p.chosen >= 0 || !p.Back() || p.back > 0 || p.Back() {
		t.Errorf("esc: chosen %d, %s back; want first the choice to end, then the strip to return, then nothing", p.chosen, p.back)
	}
}

func TestTheStripShowsWhenItWasOnAir(t *testing.T) {
	stop := ago(5*time.Minute+10*time.Second, "server2", platform.Commanded{Action: platform.Stop, Process: "server2"})
	on := ago(50*time.Minute, "", platform.Aired{Signal: "live01", State: platform.AirOn})
	sc := told(on, wentOff(30*time.Minute, 2*time.Minute, 3), stop, wentOff(5*time.Minute, time.Second, 0))
	for name, c := range map[string]struct {
		w, h int
		want []string
	}{
		"beside each other": {90, 5, []string{" on air ········████████████████▁▁██████████████████▄███  spare  ······"}},
		"below each other":  {69, 9, []string{" on air ··········████████████████████▁▁███████████████████████▄████", " spare  ·········"}},
		"alone":             {60, 5, []string{" on air ·······"}},
		"not at all":        {60, 1, nil},
	} {
		var got []string
		for _, l := range newEvents().strip(sc, c.w, c.h) {
			got = append(got, l.String())
		}
		all := strings.Join(got, "\n")
		for _, want := range c.want {
			if !strings.Contains(all, want) {
				t.Errorf("%s: got\n%s\nwant %q in it", name, all, want)
			}
		}
		if (c.want == nil) != (got == nil) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestAChosenRowStaysWhenOthersCome(t *testing.T) {
	events := []platform.Event{switched(30*time.Second, "a", 1, "one"), switched(20*time.Second, "a", 1, "two")}
	sc := told(events...)
	p := newEvents()
	p.Move(sc, MoveDown, 5)
	p.Move(sc, MoveDown, 5)
	for range 3 {
		events = append(events, switched(10*time.Second, "a", 1, fmt.Sprint(len(events))))
		sc.Remember(scene.PastOf(events, false))
		if m, ok := p.Chosen(sc); !ok || !strings.Contains(m.Title, "one") || !m.At.Equal(noon.Add(-30*time.Second)) {
			t.Errorf("got %q, want the same row", m.Title)
		}
	}
}
