package health

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
)

const (
	one    = "http://localhost:8080"
	two    = "http://localhost:9090"
	three  = "http://localhost:9091"
	target = 2 * time.Second
)

var now = time.Date(2024, 4, 5, 11, 23, 45, 0, time.UTC)

func ago(s float64) time.Time { return now.Add(-time.Duration(s * float64(time.Second))) }

// seen is a packager whose newest segment has been msn for so many seconds, asked
// just now with a good answer, and then changed.
func seen(url string, msn int64, seconds float64, changes ...func(*Observation)) Observation {
	o := Observation{
		Packager: url, At: now, Pos: m3u8.Pos{MSN: msn, Part: -1}, First: ago(3600), Advanced: ago(seconds),
		Latency: 3 * time.Millisecond, TargetDuration: target, Tail: tail(msn-4, msn),
	}
	for i := range o.Steps {
		o.Steps[i] = Step{msn - int64(i), ago(seconds + float64(i)*target.Seconds())}
	}
	for _, change := range changes {
		change(&o)
	}
	return o
}

// filling is a packager that has listed its first segment for so many seconds, and
// from there has come to where it is in a moment.
func filling(first int64, seconds float64) func(*Observation) {
	return func(o *Observation) {
		o.First, o.Steps = ago(seconds), [8]Step{o.Steps[0], {first, ago(seconds)}}
	}
}

// tail lists segments as one encoder makes them: all who list one list the same.
func tail(from, to int64) []Mark {
	var list []Mark
	for msn := from; msn <= to; msn++ {
		list = append(list, Mark{MSN: msn, URI: fmt.Sprintf("%d.m4s", msn), Duration: target, ProgramDateTime: time.Unix(2*msn, 0)})
	}
	return list
}

func failing(times int, why string) func(*Observation) {
	return func(o *Observation) { o.Fails, o.Err = times, why }
}

func neverGood(o *Observation) {
	o.First, o.Advanced, o.TargetDuration, o.Tail, o.Pos = time.Time{}, time.Time{}, 0, nil, m3u8.Pos{MSN: -1, Part: -1}
}

func asked(seconds float64) func(*Observation) {
	return func(o *Observation) { o.At = ago(seconds) }
}

func since1(seconds float64) func(*Observation) {
	return func(o *Observation) { o.First, o.Advanced = ago(seconds), time.Time{} }
}

// newest changes the newest segment that is listed.
func newest(change func(*Mark)) func(*Observation) {
	return func(o *Observation) { change(&o.Tail[len(o.Tail)-1]) }
}

var otherURI = newest(func(m *Mark) { m.URI = "other.m4s" })

// judgements are observations, and the verdicts on them.
var judgements = []struct {
	name string
	obs  []Observation
	// want is `state` or the whole reason, which begins with it.
	want []string
}{
	{"nobody", nil, nil},
	{"alone and well", []Observation{seen(one, 927, 1)}, []string{"up"}},
	{"both well", []Observation{seen(one, 927, 1), seen(two, 927, 1.2)}, []string{"up", "up"}},

	{"not asked yet", []Observation{{Packager: one}}, []string{"unknown: no request has ended yet"}},
	{"asked, but no playlist was seen", []Observation{seen(one, 0, 0, neverGood)}, []string{"unknown: no playlist yet"}},

	{"one bad request", []Observation{seen(one, 927, 1, failing(1, "status 502"))}, []string{"suspect: status 502"}},
	{"two bad requests in a row", []Observation{seen(one, 927, 1, failing(2, "connection refused"))}, []string{"down: connection refused"}},
	{"one bad request, and never a good one", []Observation{seen(one, 0, 0, neverGood, failing(1, "connection refused"))}, []string{"down: connection refused"}},
	{"a bad request without its cause", []Observation{seen(one, 927, 1, failing(1, ""))}, []string{"suspect: bad request"}},
	{"a bad request, and stale before that", []Observation{seen(one, 927, 3.2, failing(1, "timeout"))}, []string{"stale: msn 927 unchanged for more than 3s, target duration 2s"}},
	{"down, however long it stood still", []Observation{seen(one, 927, 60, failing(9, "timeout"))}, []string{"down: timeout"}},

	{"unchanged for one and a half target durations", []Observation{seen(one, 927, 3)}, []string{"up"}},
	{"unchanged for longer", []Observation{seen(one, 927, 3.2)}, []string{"stale: msn 927 unchanged for more than 3s, target duration 2s"}},
	{"unchanged while a request is held", []Observation{seen(one, 927, 3.2, asked(3.2))}, []string{"stale: msn 927 unchanged for more than 3s, target duration 2s"}},
	{"never seen growing, but new", []Observation{seen(one, 927, 0, since1(2.9))}, []string{"up"}},
	{"never seen growing, and not new", []Observation{seen(one, 927, 0, since1(3.2))}, []string{"stale: msn 927 unchanged for more than 3s, target duration 2s"}},
	{"an empty playlist", []Observation{seen(one, -1, 0)}, []string{"stale: its playlist lists no segment"}},
	{
		"the encoder died: all are stale", []Observation{seen(one, 927, 10), seen(two, 926, 11)},
		[]string{"stale: msn 927 unchanged for more than 3s, target duration 2s", "stale: msn 926 unchanged for more than 3s, target duration 2s"},
	},
	{
		"a peer went on without it",
		[]Observation{seen(one, 927, 2.9), seen(two, 928, 1.1)},
		[]string{"stale: msn 927 unchanged, http://localhost:9090 has newer ones, target duration 2s", "up"},
	},

	{"a peer is ahead for half a target duration", []Observation{seen(one, 927, 2), seen(two, 928, 1)}, []string{"up", "up"}},
	{
		"a peer is ahead for longer, but it moves",
		[]Observation{seen(one, 927, 0.3), seen(two, 928, 1.2)},
		[]string{"lagging: behind http://localhost:9090 for more than 1s, target duration 2s", "up"},
	},
	{
		"a peer has just grown to two more",
		[]Observation{seen(one, 926, 0.5), seen(two, 928, 0)},
		[]string{"lagging: behind http://localhost:9090 for more than 1s, target duration 2s", "up"},
	},
	{"a peer has just grown to two more, it was not asked since the first of them", []Observation{seen(one, 926, 2.9, asked(2.3)), seen(two, 928, 0.1)}, []string{"up", "up"}},
	{"a peer has just grown to two more, it was asked between them", []Observation{seen(one, 926, 1, asked(0.4)), seen(two, 928, 0.1)}, []string{"lagging", "up"}},
	{"two behind, and a bad request", []Observation{seen(one, 926, 1, failing(1, "reset")), seen(two, 928, 0.1)}, []string{"lagging", "up"}},
	{
		"behind the first of two peers who had it",
		[]Observation{seen(one, 927, 0.3), seen(two, 928, 0.1), seen(three, 928, 1.4)},
		[]string{"lagging: behind http://localhost:9091 for more than 1s, target duration 2s", "up", "up"},
	},
	{"a peer had many more at once", []Observation{seen(one, 922, 0.4, filling(918, 0.5)), seen(two, 928, 0.1, filling(919, 0.5))}, []string{"up", "up"}},
	{"a peer had many more at once, and it still lacks them", []Observation{seen(one, 919, 0.4, filling(918, 0.5)), seen(two, 928, 1.2, filling(919, 1.3))}, []string{"lagging: behind http://localhost:9090 for more than 1s, target duration 2s", "up"}},
	{"numbers far apart do not overflow", []Observation{seen(one, 4, 0.3), seen(two, 1<<62, 0)}, []string{"lagging: behind http://localhost:9090 for more than 1s, target duration 2s", "up"}},
	{"behind a peer that is down since", []Observation{seen(one, 927, 1), seen(two, 928, 1.5, failing(2, "reset"))}, []string{"up", "down: reset"}},
	{"behind a peer that is suspect", []Observation{seen(one, 927, 1), seen(two, 928, 1.5, failing(1, "reset"))}, []string{"lagging", "suspect: reset"}},
	{"behind a peer that stands still since", []Observation{seen(one, 926, 1), seen(two, 928, 3.2)}, []string{"up", "stale"}},
	{
		"behind a peer whose numbers are others",
		[]Observation{seen(one, 927, 1), seen(two, 927, 1), seen(three, 930, 1.5, func(o *Observation) { o.Tail[0].URI = "x" })},
		[]string{"up", "up", "misaligned"},
	},

	{
		"another URI: the first is right",
		[]Observation{seen(one, 927, 1), seen(two, 927, 1, otherURI)},
		[]string{"up", "misaligned: its segments have other URIs than at http://localhost:8080"},
	},
	{"another URI: the majority is right", []Observation{seen(one, 927, 1, otherURI), seen(two, 927, 1), seen(three, 927, 1)}, []string{"misaligned", "up", "up"}},
	{"another URI: who is usable is right", []Observation{seen(one, 927, 9, otherURI), seen(two, 927, 1)}, []string{"misaligned", "up"}},
	{"another URI: of the stale, the first is right", []Observation{seen(one, 927, 9), seen(two, 927, 9, otherURI)}, []string{"stale", "misaligned"}},
	{"another URI at one that is down", []Observation{seen(one, 927, 1, otherURI, failing(2, "reset")), seen(two, 927, 1)}, []string{"down", "up"}},
	{
		"another duration",
		[]Observation{seen(one, 927, 1), seen(two, 927, 1, newest(func(m *Mark) { m.Duration = 2100 * time.Millisecond }))},
		[]string{"up", "misaligned: its segments have other durations than at http://localhost:8080"},
	},
	{
		"a discontinuity more",
		[]Observation{seen(one, 927, 1), seen(two, 927, 1, newest(func(m *Mark) { m.Discontinuity = true }))},
		[]string{"up", "misaligned: it has a discontinuity that is not at http://localhost:8080"},
	},
	{
		"a discontinuity less",
		[]Observation{seen(one, 927, 1, newest(func(m *Mark) { m.Discontinuity = true })), seen(two, 927, 1)},
		[]string{"up", "misaligned: it lacks a discontinuity that is at http://localhost:8080"},
	},
	{"a duration of fewer digits", []Observation{seen(one, 927, 1), seen(two, 927, 1, newest(func(m *Mark) { m.Duration += 10 * time.Millisecond }))}, []string{"up", "up"}},
	// Dates are written by clocks, and clocks drift: by themselves they contradict nothing.
	{"dates that drift", []Observation{seen(one, 927, 1), seen(two, 927, 1, newest(func(m *Mark) { m.ProgramDateTime = m.ProgramDateTime.Add(-7 * time.Second) }))}, []string{"up", "up"}},
	{"another token", []Observation{seen(one, 927, 1), seen(two, 927, 1, newest(func(m *Mark) { m.URI += "?token=2" }))}, []string{"up", "up"}},
	{"another target duration", []Observation{seen(one, 927, 1), seen(two, 927, 1, func(o *Observation) { o.TargetDuration = 3 * target / 2 })}, []string{"up", "up"}},
	{"no dates", []Observation{seen(one, 927, 1), seen(two, 927, 1, newest(func(m *Mark) { m.ProgramDateTime = time.Time{} }))}, []string{"up", "up"}},
	{"windows that do not meet", []Observation{seen(one, 927, 1), seen(two, 900, 1)}, []string{"up", "lagging"}},

	{"a clock that was set back", []Observation{seen(one, 927, -5), seen(two, 927, -5)}, []string{"up", "up"}},
	{"no target duration, so no limit", []Observation{seen(one, 927, 100, func(o *Observation) { o.TargetDuration = 0 }), seen(two, 928, 0)}, []string{"up", "up"}},
}

func TestJudge(t *testing.T) {
	for _, c := range judgements {
		t.Run(c.name, func(t *testing.T) { expect(t, Judge(c.obs, now), c.want) })
	}
}

func TestNumbersThatBeginAgainAreOtherSegments(t *testing.T) {
	obs := []Observation{{Packager: one, Pos: m3u8.Pos{MSN: -1, Part: -1}}, {Packager: two, Pos: m3u8.Pos{MSN: -1, Part: -1}}}
	at := now
	both := func(first, second int64) {
		poll(&obs[0], at, first, true)
		poll(&obs[1], at, second, true)
	}
	for msn := range int64(10) {
		both(100+msn, 100+msn)
		at = at.Add(target)
	}
	both(3, 0)
	at = at.Add(300 * time.Millisecond)
	both(4, 2)
	expect(t, Judge(obs, at), []string{"up", "up"})
	at = at.Add(target/2 + time.Millisecond)
	both(4, 2)
	expect(t, Judge(obs, at)[1:], []string{"lagging"})
}

func TestAVerdictTellsWhatWasSeen(t *testing.T) {
	v := Judge([]Observation{seen(one, 927, 1.5), seen(two, 0, 0, neverGood, failing(2, "timeout"))}, now)
	for i, want := range []report.PackagerStatus{
		{URL: one, State: report.Up, MSN: 927, Part: -1, AgeMS: 1500, LatencyMS: 3},
		{URL: two, State: report.Down, Reason: "down: timeout", MSN: -1, Part: -1, AgeMS: -1, LatencyMS: 3},
	} {
		if got := v[i].Status(); got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

// TestNoFalseAlarmAndFastDetection plays two packagers and an observer that asks
// each every quarter of a target duration, all with jitter, and breaks the first
// packager in the middle: before that all are up; after it the first is found out
// in time, the second never.
func TestNoFalseAlarmAndFastDetection(t *testing.T) {
	const broken = 60 * time.Second
	for _, c := range []struct {
		name string
		// newest is the MSN that the first lists at t; false where it does not answer.
		newest func(t time.Duration) (int64, bool)
		want   report.State
		within time.Duration // of the fault
	}{
		{"killed", func(at time.Duration) (int64, bool) { return int64(at / target), at < broken }, report.Down, target},
		{"frozen", func(at time.Duration) (int64, bool) { return int64(min(at, broken) / target), true }, report.Stale, 2 * target},
		{"three segments late", func(at time.Duration) (int64, bool) {
			if at < broken {
				return int64(at / target), true
			}
			return int64(max(broken, at-3*target) / target), true
		}, report.Lagging, 6 * target},
		{"well", func(at time.Duration) (int64, bool) { return int64(at / target), true }, report.Up, 0},
	} {
		for seed := range uint64(20) {
			random := rand.New(rand.NewPCG(seed, 1))
			jitter := func(most time.Duration) time.Duration { return time.Duration(random.Int64N(int64(most))) }
			delay := [2]time.Duration{jitter(200 * time.Millisecond), jitter(200 * time.Millisecond)}
			obs := []Observation{{Packager: one, Pos: m3u8.Pos{MSN: -1, Part: -1}}, {Packager: two, Pos: m3u8.Pos{MSN: -1, Part: -1}}}
			ask := [2]time.Duration{20 * time.Second, 20*time.Second + jitter(target)}
			found := time.Duration(-1)
			for at := 21 * time.Second; at < 2*broken; at += 50 * time.Millisecond {
				for i := range obs {
					if ask[i] > at {
						continue
					}
					ask[i] = at + target/4 + jitter(100*time.Millisecond)
					msn, ok := int64((at-delay[i])/target), true
					if i == 0 {
						msn, ok = c.newest(at - delay[i])
					}
					poll(&obs[i], now.Add(at), msn, ok)
				}
				v := Judge(obs, now.Add(at))
				if s := v[1].State; s != report.Up && s != report.Unknown {
					t.Fatalf("%s, seed %d, at %s: the second is %s", c.name, seed, at, v[1].Reason)
				}
				switch s := v[0].State; {
				case at < broken && s != report.Up && s != report.Unknown:
					t.Fatalf("%s, seed %d, at %s: the first is %s", c.name, seed, at, v[0].Reason)
				case s == c.want && at >= broken && found < 0:
					found = at - broken
				case found >= 0 && Usable(s) != Usable(c.want):
					t.Fatalf("%s, seed %d, at %s: the first is %s again, %s", c.name, seed, at, s, v[0].Reason)
				}
			}
			if found < 0 || found > c.within+delay[0]+100*time.Millisecond {
				t.Errorf("%s, seed %d: found %s after %s, want within %s", c.name, seed, c.want, found, c.within)
			}
		}
	}
}

func poll(o *Observation, at time.Time, msn int64, ok bool) {
	o.At = at
	if !ok {
		o.Fails++
		return
	}
	o.Fails, o.TargetDuration, o.Tail = 0, target, tail(msn-4, msn)
	o.moved(at, m3u8.Pos{MSN: msn, Part: -1})
}

func expect(t *testing.T, got []Verdict, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d verdicts, want %d", len(got), len(want))
	}
	for i, v := range got {
		state, _, whole := strings.Cut(want[i], ":")
		if v.State.String() != state || whole && v.Reason != want[i] {
			t.Errorf("%d: got %s, %q, want %q", i, v.State, v.Reason, want[i])
		}
		if (v.State == report.Up) != (v.Reason == "") || v.Reason != "" && !strings.HasPrefix(v.Reason, state+": ") {
			t.Errorf("%d: got reason %q for %s, want it to begin with the state, none when up", i, v.Reason, v.State)
		}
	}
}
