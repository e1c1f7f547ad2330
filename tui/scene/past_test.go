package scene

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs/journal/summary"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// began is when the platform of these tests started.
var began = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// after is an event so long after the start.
func after(late time.Duration, process string, what platform.What) platform.Event {
	return platform.Event{Time: began.Add(late), Process: process, What: what}
}

// outage is the events of an outage; it lasts when length is zero.
func outage(late time.Duration, signal string, length time.Duration, lost int) []platform.Event {
	o := event.OutageOf(signal, began.Add(late), began.Add(late))
	list := []platform.Event{after(late, "viewer", o)}
	if length > 0 {
		o = event.EndedOutageOf(signal, began.Add(late), began.Add(late+length))
		o.Lost = lost
		list = append(list, after(late+length, "viewer", o))
	}
	return list
}

func failover(late time.Duration, signal string, gap float64, pending bool) platform.Event {
	return after(late, "proxy", event.Failover{Signal: signal, From: "http://a", To: "http://b", Cause: "a refused", GapMS: gap, Pending: pending})
}

func on(late time.Duration, signal string) platform.Event {
	return after(late, "", platform.Aired{Signal: signal, State: platform.AirOn})
}

const second = time.Second

// brief is a row as these tests compare it.
func brief(h Happened) string {
	words := []string{h.At.Sub(began).String(), string(h.What.Kind())}
	if len(h.Signals) > 0 {
		words = append(words, strings.Join(h.Signals, "+"))
	}
	switch what := h.What.(type) {
	case event.Outage:
		word := "begins"
		switch {
		case h.Back:
			word = fmt.Sprintf("back after %s, lost %d", h.Longest, h.Lost)
		case h.Cut:
			word = "cut"
		}
		words = append(words, word)
		if h.Planned {
			words = append(words, "planned")
		}
	case event.Failover:
		words = append(words, what.From, fmt.Sprint(what.GapMS), fmt.Sprint(what.Pending))
	case platform.Exit:
		words = append(words, fmt.Sprint(what.Times))
	case platform.Drilled:
		words = append(words, string(what.Verdict))
	}
	return strings.Join(words, " ")
}

func TestWhatHappened(t *testing.T) {
	started := after(0, "", platform.Started{PID: 7, Packagers: map[string]string{"http://a": "server1"}})
	stop := after(60*second, "", platform.Commanded{Action: platform.Stop, Process: "server1"})
	exit := func(late time.Duration, times int) platform.Event {
		return after(late, "worker", platform.Exit{Times: times, Since: began.Add(50 * second)})
	}
	drill := func(late time.Duration, v platform.DrillVerdict) platform.Event {
		return after(late, "", platform.Drilled{Name: "kill-active", Verdict: v})
	}
	join := func(first platform.Event, lists ...[]platform.Event) []platform.Event {
		all := []platform.Event{first}
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for name, c := range map[string]struct {
		events    []platform.Event
		unwatched bool
		want      []string
	}{
		"nothing": {},
		"an outage, newest first": {join(on(5*second, "x"), outage(90*second, "x", 14*second, 3)), false,
			[]string{"1m44s outage x back after 14s, lost 3", "1m30s outage x begins", "5s air x"}},
		"one that lasts":    {outage(90*second, "x", 0, 0), false, []string{"1m30s outage x begins"}},
		"a planned one":     {join(stop, outage(70*second, "x", 2*second, 0)), false, []string{"1m12s outage x back after 2s, lost 0 planned", "1m10s outage x begins planned", "1m0s command"}},
		"one that was cut":  {append(outage(90*second, "x", 0, 0), after(95*second, "", platform.Ended{Killed: true})), false, []string{"1m35s ended", "1m30s outage x cut"}},
		"one without start": {outage(90*second, "x", 4*second, 0)[1:], false, []string{"1m34s outage x back after 4s, lost 0", "1m30s outage x begins"}},
		"a normal start has no failover": {[]platform.Event{started, failover(2*second, "x", 9, false), on(5*second, "x"), failover(9*second, "x", -1, false)}, false,
			[]string{"9s failover x server1 -1 false", "5s air x", "0s started"}},
		"nor has the next one": {[]platform.Event{started, on(5*second, "x"), after(8*second, "", platform.Started{}), failover(9*second, "x", 1, false)}, false,
			[]string{"8s started", "5s air x", "0s started"}},
		"without a viewer all count": {[]platform.Event{started, failover(2*second, "x", 9, false)}, true, []string{"2s failover x server1 9 false", "0s started"}},
		"a gap that is filled in":    {[]platform.Event{on(second, "x"), failover(9*second, "x", -1, true), failover(11*second, "x", 2100, false)}, false, []string{"9s failover x http://a 2100 false", "1s air x"}},
		"six signals at once": {[]platform.Event{on(second, "x"), on(second, "y"), on(4*second, "z"), failover(9*second, "x", -1, false), failover(9*second+1, "y", 7, false), failover(12*second, "z", 3, false)}, false,
			[]string{"12s failover z http://a 3 false", "9s failover x+y http://a 7 false", "4s air z", "1s air x+y"}},
		"outages of several signals": {append(append(outage(90*second, "x", 0, 0), outage(90*second+1, "y", 5*second, 2)...), outage(90*second, "x", 5*second, 3)[1]), false,
			[]string{"1m35s outage x+y back after 5s, lost 5", "1m30s outage x+y begins"}},
		"ends that follow closely":   {[]platform.Event{exit(50*second, 1), exit(55*second, 2), exit(59*second, 9)}, false, []string{"59s exit 9"}},
		"a drill and its verdict":    {[]platform.Event{drill(second, platform.DrillBegun), drill(9*second, platform.DrillFailed)}, false, []string{"9s drill failed"}},
		"a drill that goes on":       {[]platform.Event{drill(second, platform.DrillPassed), drill(9*second, platform.DrillBegun)}, false, []string{"9s drill begun", "1s drill passed"}},
		"the states of a process":    {[]platform.Event{after(0, "worker", platform.Changed{})}, false, nil},
		"a command and its end, one": {[]platform.Event{exit(60*second, 1), stop}, false, []string{"1m0s exit 1", "1m0s command"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, h := range PastOf(c.events, !c.unwatched).Happened {
				got = append(got, brief(h))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestATallyCountsWhatReachesIntoTheHour(t *testing.T) {
	stop := after(3000*second, "", platform.Commanded{Action: platform.Stop, Process: "server1"})
	var events []platform.Event
	for _, list := range [][]platform.Event{
		{on(second, "x"), on(second, "y")}, outage(100*second, "x", 14200*time.Millisecond, 3), outage(2000*second, "x", 10*second, 0), outage(2005*second, "y", 10*second, 0)[:1],
	} {
		events = append(events, list...)
	}
	events = append(events, outage(2005*second, "y", 10*second, 0)[1], stop)
	events = append(events, outage(3010*second, "x", 5*second, 0)...)
	events = append(events, outage(3500*second, "y", 0, 0)...)
	p, now := PastOf(events, true), began.Add(3520*second)
	span := func(from, to int) summary.Span {
		return summary.Span{From: began.Add(time.Duration(from) * second), To: began.Add(time.Duration(to) * second)}
	}
	for name, c := range map[string]struct {
		span  summary.Span
		tally Tally
		aired Aired
	}{
		"before the first picture":     {span(-10, 0), Tally{}, AiredUnknown},
		"well":                         {span(10, 90), Tally{}, AiredWell},
		"one":                          {span(90, 200), Tally{Outages: 1, Off: 14200 * time.Millisecond}, AiredBadly},
		"half of one":                  {span(110, 200), Tally{Outages: 1, Off: 4200 * time.Millisecond}, AiredBadly},
		"two at a time count once":     {span(1990, 2100), Tally{Outages: 2, Off: 15 * second}, AiredBadly},
		"a planned one":                {span(3005, 3100), Tally{Planned: 1, PlannedOff: 5 * second}, AiredPlanned},
		"one that lasts counts to now": {span(3400, 4000), Tally{Outages: 1, Off: 20 * second}, AiredBadly},
		"what is still to come":        {span(3530, 3600), Tally{}, AiredUnknown},
		"all":                          {span(0, 3600), Tally{4, 1, 14200*time.Millisecond + 35*second, 5 * second}, AiredBadly},
	} {
		if got := p.Tally(c.span, now); got != c.tally {
			t.Errorf("%s: got %+v, want %+v", name, got, c.tally)
		}
		if got := p.Aired(c.span, now); got != c.aired {
			t.Errorf("%s: got aired %d, want %d", name, got, c.aired)
		}
	}
}
