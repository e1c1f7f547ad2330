package origin

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/report"
)

const (
	one   = "http://localhost:8080"
	two   = "http://localhost:9090"
	three = "http://localhost:7070"
)

var (
	began  = time.Date(2024, 4, 5, 11, 23, 45, 0, time.UTC)
	limits = policy{FailbackAfter: 30 * time.Second, Settle: 5 * time.Second}
)

func at(s int) time.Time { return began.Add(time.Duration(s) * time.Second) }

func status(url string, state report.State, msn int64) report.PackagerStatus {
	return report.PackagerStatus{URL: url, State: state, MSN: msn, Part: -1}
}

// states are the statuses of one, two and three, all at the same position.
func states(list ...report.State) []report.PackagerStatus {
	var statuses []report.PackagerStatus
	for i, s := range list {
		statuses = append(statuses, status([]string{one, two, three}[i], s, 100))
	}
	return statuses
}

const (
	up         = report.Up
	suspect    = report.Suspect
	stale      = report.Stale
	down       = report.Down
	unknown    = report.Unknown
	lagging    = report.Lagging
	misaligned = report.Misaligned
)

// step is what is reported from a second on, each second until the next step;
// with nil statuses, it is the operator's failover.
type step struct {
	at       int
	statuses []report.PackagerStatus
}

// play runs the steps until the second `until` and returns the moves with their
// seconds.
func play(t *testing.T, steps []step, until int) (selection, []string) {
	t.Helper()
	var s selection
	var statuses []report.PackagerStatus
	var moves []string
	note := func(second int, c *change) {
		if c != nil {
			moves = append(moves, short(second, c))
		}
	}
	for second := 0; second <= until; second++ {
		for len(steps) > 0 && steps[0].at == second {
			if steps[0].statuses == nil {
				var c *change
				s, c, _ = s.away(statuses)
				note(second, c)
			} else {
				statuses = steps[0].statuses
			}
			steps = steps[1:]
		}
		if statuses == nil {
			continue // nothing is reported yet
		}
		var c *change
		s, c = s.next(statuses, at(second), limits)
		note(second, c)
	}
	return s, moves
}

// short is a change as tables write it: "31: 9090 -> 8080".
func short(second int, c *change) string {
	port := func(url string) string {
		if url == "" {
			return "none"
		}
		return url[strings.LastIndex(url, ":")+1:]
	}
	return at(second).Sub(began).String() + ": " + port(c.From) + " -> " + port(c.To)
}

func TestSelection(t *testing.T) {
	operator := func(second int) step { return step{at: second} }
	for _, c := range []struct {
		name  string
		steps []step
		until int
		want  []string
	}{
		{"the first one is preferred", []step{{0, states(up, up)}}, 60, []string{"0s: none -> 8080"}},
		{"nothing is usable", []step{{0, states(down, unknown)}}, 60, nil},
		{"the only one that is up, at a start", []step{{0, states(unknown, up)}}, 1, []string{"0s: none -> 9090"}},
		{"up before suspect", []step{{0, states(suspect, up)}}, 1, []string{"0s: none -> 9090"}},
		{"a suspect one rather than none", []step{{0, states(down, suspect)}}, 1, []string{"0s: none -> 9090"}},
		{"while a start settles the preferred one is taken as soon as it is up",
			[]step{{0, states(unknown, up)}, {3, states(up, up)}}, 60, []string{"0s: none -> 9090", "3s: 9090 -> 8080"}},
		{"the preferred one has to wait where it has failed, be it while a start settles",
			[]step{{0, states(up, up)}, {1, states(down, up)}, {2, states(up, up)}}, 60, []string{"0s: none -> 8080", "1s: 8080 -> 9090", "32s: 9090 -> 8080"}},
		{"a start begins with the one at the live edge",
			[]step{{0, []report.PackagerStatus{status(one, up, 60), status(two, up, 100)}}, {2, states(up, up)}}, 60, []string{"0s: none -> 9090", "2s: 9090 -> 8080"}},
		{"the failure of another than the preferred one does not end that",
			[]step{{0, states(unknown, up)}, {1, states(unknown, lagging)}, {2, states(unknown, up)}, {3, states(up, up)}}, 60,
			[]string{"0s: none -> 9090", "1s: 9090 -> none", "2s: none -> 9090", "3s: 9090 -> 8080"}},
		{"after a start has settled the preferred one has to wait",
			[]step{{0, states(unknown, up)}, {5, states(up, up)}}, 60, []string{"0s: none -> 9090", "35s: 9090 -> 8080"}},
		{"failover at once", []step{{0, states(up, up)}, {10, states(down, up)}}, 20, []string{"0s: none -> 8080", "10s: 8080 -> 9090"}},
		{"failover from a stale one", []step{{0, states(up, up)}, {10, states(stale, up)}}, 20, []string{"0s: none -> 8080", "10s: 8080 -> 9090"}},
		{"failover from a misaligned one", []step{{0, states(up, up)}, {10, states(misaligned, up)}}, 20, []string{"0s: none -> 8080", "10s: 8080 -> 9090"}},
		{"a suspect active one stays active", []step{{0, states(up, up)}, {10, states(suspect, up)}}, 60, []string{"0s: none -> 8080"}},
		{"failover to the first of several that are up",
			[]step{{0, states(up, down, up)}, {10, states(down, up, up)}}, 20, []string{"0s: none -> 8080", "10s: 8080 -> 9090"}},
		{"the standby may come and go", []step{{0, states(up, up)}, {10, states(up, down)}, {20, states(up, up)}}, 60, []string{"0s: none -> 8080"}},
		{"failback after a time of good health",
			[]step{{0, states(up, up)}, {10, states(down, up)}, {20, states(up, up)}}, 60,
			[]string{"0s: none -> 8080", "10s: 8080 -> 9090", "50s: 9090 -> 8080"}},
		{"good health that breaks counts from its start again",
			[]step{{0, states(up, up)}, {10, states(down, up)}, {20, states(up, up)}, {49, states(suspect, up)}, {51, states(up, up)}}, 90,
			[]string{"0s: none -> 8080", "10s: 8080 -> 9090", "1m21s: 9090 -> 8080"}},
		{"a packager that fails soon after its failback waits twice as long",
			[]step{{0, states(up, up)}, {10, states(down, up)}, {20, states(up, up)}, {55, states(down, up)}, {60, states(up, up)}}, 200,
			[]string{"0s: none -> 8080", "10s: 8080 -> 9090", "50s: 9090 -> 8080", "55s: 8080 -> 9090", "2m0s: 9090 -> 8080"}},
		{"a packager that fails long after its failback does not",
			[]step{{0, states(up, up)}, {10, states(down, up)}, {20, states(up, up)}, {90, states(down, up)}, {100, states(up, up)}}, 200,
			[]string{"0s: none -> 8080", "10s: 8080 -> 9090", "50s: 9090 -> 8080", "1m30s: 8080 -> 9090", "2m10s: 9090 -> 8080"}},
		{"no failback to one that is behind",
			[]step{{0, states(up, up)}, {10, states(down, up)}, {20, []report.PackagerStatus{status(one, up, 99), status(two, up, 100)}}}, 100,
			[]string{"0s: none -> 8080", "10s: 8080 -> 9090"}},
		{"no failback to one that is not the first",
			[]step{{0, states(down, up, up)}, {10, states(down, down, up)}, {20, states(down, up, up)}}, 200,
			[]string{"0s: none -> 9090", "10s: 9090 -> 7070"}},
		{"all fail together: none, and the one that is back first",
			[]step{{0, states(up, up)}, {10, states(stale, stale)}, {20, states(stale, up)}}, 30,
			[]string{"0s: none -> 8080", "10s: 8080 -> none", "20s: none -> 9090"}},
		{"all fail and come back together: players stay where they are",
			[]step{{0, states(down, up)}, {10, states(down, down)}, {20, states(up, up)}}, 40,
			[]string{"0s: none -> 9090", "10s: 9090 -> none", "20s: none -> 9090"}},
		{"the operator moves on, and the choice stays",
			[]step{{0, states(up, up)}, operator(10)}, 200, []string{"0s: none -> 8080", "10s: 8080 -> 9090"}},
		{"the operator's choice ends when it fails",
			[]step{{0, states(up, up)}, operator(10), {100, states(up, down)}, {110, states(up, up)}}, 200,
			[]string{"0s: none -> 8080", "10s: 8080 -> 9090", "1m40s: 9090 -> 8080"}},
		{"after the operator's choice has failed, failback is automatic again",
			[]step{{0, states(up, up, up)}, operator(10), {20, states(down, down, up)}, {30, states(up, up, up)}}, 200,
			[]string{"0s: none -> 8080", "10s: 8080 -> 9090", "20s: 9090 -> 7070", "1m0s: 7070 -> 8080"}},
		{"the operator goes round and round",
			[]step{{0, states(up, up, up)}, operator(10), operator(20), operator(30)}, 60,
			[]string{"0s: none -> 8080", "10s: 8080 -> 9090", "20s: 9090 -> 7070", "30s: 7070 -> 8080"}},
		{"the operator passes over what is not usable",
			[]step{{0, states(up, down, up)}, operator(10)}, 60, []string{"0s: none -> 8080", "10s: 8080 -> 7070"}},
		{"the operator cannot move where there is no other",
			[]step{{0, states(up, lagging)}, operator(10)}, 60, []string{"0s: none -> 8080"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := play(t, c.steps, c.until)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestFailbackBackoffIsBounded(t *testing.T) {
	s, _ := selection{}.next(states(up, up), at(0), limits)
	now := at(10)
	for range 12 {
		s, _ = s.next(states(down, up), now, limits)
		returned := false
		for waited := 0; !returned; waited++ {
			now = now.Add(time.Second)
			var c *change
			s, c = s.next(states(up, up), now, limits)
			returned = c != nil
			if waited > int(maxFailback.Seconds())+1 {
				t.Fatalf("no failback within %s", maxFailback)
			}
		}
		now = now.Add(time.Second)
	}
}

func TestGoodHealthThatNobodySawDoesNotCount(t *testing.T) {
	s, _ := selection{}.next(states(down, up), at(0), limits)
	s, _ = s.next(states(up, up), at(10), limits)
	s, c := s.next(states(up, up), at(100), limits) // the reporter was away in between
	if c != nil {
		t.Errorf("got %+v, want no move", c)
	}
	for second := 101; second < 130; second++ {
		if s, c = s.next(states(up, up), at(second), limits); c != nil {
			t.Fatalf("at %ds: got %+v, want no move", second, c)
		}
	}
	if _, c = s.next(states(up, up), at(130), limits); c == nil {
		t.Error("after 30 s of health that was seen: got no move, want the failback")
	}
}

func TestCauses(t *testing.T) {
	because := func(s report.State, reason string) []report.PackagerStatus {
		list := states(s, up)
		list[0].Reason = reason
		return list
	}
	for _, c := range []struct {
		name     string
		statuses []report.PackagerStatus
		want     string
	}{
		{"a reason", because(down, "down: connection refused"), one + " is down: connection refused"},
		{"a reason that says the state", because(stale, "stale: msn 927 unchanged for 3.2s"), one + " is stale: msn 927 unchanged for 3.2s"},
		{"no reason", because(down, ""), one + " is down"},
		{"not among the packagers any more", states(up, up)[1:], one + " is not reported any more"},
		{"no other either", states(down, down), one + " is down, and no other is usable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := selection{}.next(states(up, up), at(0), limits)
			_, got := s.next(c.statuses, at(10), limits)
			if got == nil || got.Cause != c.want {
				t.Errorf("got %+v, want the cause %q", got, c.want)
			}
		})
	}
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name  string
		first []report.PackagerStatus // what led to the choice
		then  []report.PackagerStatus
		want  []string
	}{
		{"the active one leads", states(up, up), states(up, up), []string{one, two}},
		{"a suspect active one leads still", states(up, up), states(suspect, up), []string{one, two}},
		{"the active one leads whatever its place", states(down, up, up), states(up, up, up), []string{two, one, three}},
		{"those that are no use come last", states(up, down, up), states(up, down, up), []string{one, three, two}},
		{"none is usable: the best one leads", states(up, up), states(down, stale), []string{two, one}},
		{"none is usable, all alike: where players are", states(down, up), states(stale, stale), []string{two, one}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := selection{}.next(c.first, at(0), limits)
			s, _ = s.next(c.then, at(10), limits)
			var got []string
			for _, p := range s.order(c.then) {
				got = append(got, p.URL)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}
