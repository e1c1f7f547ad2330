package origin

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/report"
)

func newTestMemory() *memory { return newMemory([]string{one, two}, limits, 10*time.Second) }

// word is an answer and the second at which it comes by the clock of the origin; zero
// means long after.
type word struct {
	answer
	second int
}

// stepped is an answer of a reporter whose clock has been set by so many seconds.
func stepped(a word, seconds int) word {
	by := time.Duration(seconds) * time.Second
	a.reported = a.reported.Add(by)
	for i := range a.signals {
		a.signals[i].LastReported = a.signals[i].LastReported.Add(by)
	}
	return a
}

// tells is the answer of a reporter at a second at which a discovery has reported.
func tells(second int, signals ...string) word {
	t := word{answer{reported: at(second)}, second}
	for _, name := range signals {
		t.signals = append(t.signals, report.SignalStatus{Signal: name, Packagers: states(up, up), LastReported: at(second)})
	}
	return t
}

func TestWhichSignalsEnd(t *testing.T) {
	for _, c := range []struct {
		name  string
		then  []word
		want  []string
		ended []string
	}{
		{"both are reported on", []word{tells(1, "a", "b"), tells(2, "a", "b")}, []string{"a", "b"}, nil},
		{"one is missing for a moment", []word{tells(1, "a"), tells(9, "a")}, []string{"a", "b"}, nil},
		{"one is missing for its time", []word{tells(1, "a"), tells(10, "a")}, []string{"a"}, []string{"b"}},
		{"one is missing for a moment, and the reporter's clock steps forward", []word{tells(1, "a"), stepped(tells(2, "a"), 3600)}, []string{"a", "b"}, nil},
		{"one is missing for its time, and the reporter's clock steps back", []word{tells(1, "a"), stepped(tells(10, "a"), -3600)}, []string{"a"}, []string{"b"}},
		{"none is ingested any more", []word{tells(10)}, []string{}, []string{"a", "b"}},
		{"discovery has gone and the reporter has forgotten", []word{{answer: answer{reported: at(0)}}, {answer: answer{reported: at(0)}}}, []string{"a", "b"}, nil},
		{"the reporter has started again and knows nothing", []word{{}, {}}, []string{"a", "b"}, nil},
		{"a new one appears", []word{tells(1, "a", "b", "c")}, []string{"a", "b", "c"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newTestMemory()
			m.learn(tells(0, "a", "b").answer, at(0))
			var ended []string
			for i, a := range c.then {
				now := at(100 + i)
				if a.second > 0 {
					now = at(a.second)
				}
				_, e := m.learn(a.answer, now)
				ended = append(ended, e...)
			}
			if diff := cmp.Diff(c.want, m.names()); diff != "" {
				t.Errorf("signals: want (-), got (+):\n%s", diff)
			}
			if diff := cmp.Diff(c.ended, ended); diff != "" {
				t.Errorf("ended: want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestMergeKeepsWhatTheReporterHasForgotten(t *testing.T) {
	known := []report.PackagerStatus{status(one, up, 7), status(two, stale, 5)}
	unreported := func(url string) report.PackagerStatus {
		return report.PackagerStatus{URL: url, State: unknown, Reason: "not reported", MSN: -1, Part: -1, AgeMS: -1}
	}
	for _, c := range []struct {
		name             string
		old, fresh, want []report.PackagerStatus
	}{
		{"the newest word counts", known, []report.PackagerStatus{status(one, down, 7), status(two, up, 8)},
			[]report.PackagerStatus{status(one, down, 7), status(two, up, 8)}},
		{"unknown does not replace what is known", known, []report.PackagerStatus{unreported(one), status(two, up, 8)},
			[]report.PackagerStatus{status(one, up, 7), status(two, up, 8)}},
		{"one that is left out stays as it was", known, nil, known},
		{"one that was never reported is unknown", nil, []report.PackagerStatus{status(two, up, 8)},
			[]report.PackagerStatus{unreported(one), status(two, up, 8)}},
		{"the order is that of PACKAGERS", nil, []report.PackagerStatus{status(two, up, 8), status(one, up, 8)},
			[]report.PackagerStatus{status(one, up, 8), status(two, up, 8)}},
		{"one that is not in PACKAGERS is left out", nil, []report.PackagerStatus{status(three, up, 9), status(one, up, 8), status(two, up, 8)},
			[]report.PackagerStatus{status(one, up, 8), status(two, up, 8)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, newTestMemory().merge(c.old, c.fresh)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestWhatMakesANewVersion(t *testing.T) {
	says := func(statuses ...report.PackagerStatus) answer {
		return answer{reported: at(1), signals: []report.SignalStatus{{Signal: "a", Packagers: statuses, LastReported: at(1)}}}
	}
	for _, c := range []struct {
		name string
		then answer
		want bool
	}{
		{"the same again", says(states(up, up)...), false},
		{"other numbers", says(status(one, up, 200), status(two, up, 201)), false},
		{"another state of the standby", says(states(up, stale)...), true},
		{"another active packager", says(states(down, up)...), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newTestMemory()
			m.learn(says(states(up, up)...), at(0))
			before := m.signals["a"]
			m.learn(c.then, at(10))
			after := m.signals["a"]
			if got := before.version != after.version; got != c.want {
				t.Errorf("another version: got %t, want %t", got, c.want)
			}
			woken := false
			select {
			case <-before.replaced:
				woken = true
			default:
			}
			if woken != c.want {
				t.Errorf("woken: got %t, want %t", woken, c.want)
			}
		})
	}
}

func TestTheOperatorsFailover(t *testing.T) {
	m := newTestMemory()
	m.learn(answer{reported: at(0), signals: []report.SignalStatus{
		{Signal: "b", Packagers: states(up, up), LastReported: at(0)},
		{Signal: "a", Packagers: states(up, up), LastReported: at(0)},
		{Signal: "c", Packagers: states(up, down), LastReported: at(0)},
	}}, at(0))
	why := "failover asked for by the operator"
	all := []moved{{"a", change{one, two, why}}, {"b", change{one, two, why}}}
	if diff := cmp.Diff(all, m.failover(""), cmp.AllowUnexported(moved{})); diff != "" {
		t.Errorf("all: want (-), got (+):\n%s", diff)
	}
	if diff := cmp.Diff([]moved{{"b", change{two, one, why}}}, m.failover("b"), cmp.AllowUnexported(moved{})); diff != "" {
		t.Errorf("one: want (-), got (+):\n%s", diff)
	}
	if got := m.failover("c"); got != nil {
		t.Errorf("where there is no other: got %+v, want no move", got)
	}
}
