package failover

import (
	"testing"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
)

const (
	one = "http://server1"
	two = "http://server2"
)

var epoch = time.Date(2024, 4, 5, 11, 0, 0, 0, time.UTC)

func verdict(packager string, state report.State, msn int64) health.Verdict {
	v := health.Verdict{Packager: packager, State: state, Pos: m3u8.Pos{MSN: msn, Part: -1}}
	if state != report.Up {
		v.Reason = state.String() + ": a reason"
	}
	return v
}

const up, suspect, lagging, stale, misaligned, down = report.Up, report.Suspect, report.Lagging, report.Stale, report.Misaligned, report.Down

// choiceStep is what is seen at one moment, and who is active then.
type choiceStep struct {
	name      string
	after     time.Duration // since the step before
	one, two  report.State
	msn       [2]int64 // 100 for both when zero
	preferred string
	want      string
}

var choiceCases = []struct {
	name  string
	steps []choiceStep
}{
	{"the first that is usable", []choiceStep{
		{name: "nobody is", one: down, two: down},
		{name: "the second comes up", one: down, two: up, want: two},
		{name: "sticky", one: up, two: up, want: two},
	}},
	{"of two the one at the live edge", []choiceStep{{one: up, two: up, msn: [2]int64{60, 102}, preferred: one, want: two}}},
	{"of two, one about to list what the other has, the preferred one", []choiceStep{{one: up, two: up, msn: [2]int64{101, 102}, preferred: one, want: one}}},
	{"of two the preferred one", []choiceStep{{one: up, two: up, preferred: two, want: two}}},
	{"a stale one rather than none", []choiceStep{{one: down, two: stale, want: two}}},
	{"suspect is no reason to leave", []choiceStep{{one: up, two: up, want: one}, {one: suspect, two: up, want: one}}},
	{"left when it is no good", []choiceStep{{one: up, two: up, want: one}, {one: down, two: up, want: two}}},
	{"left when it is stale", []choiceStep{{one: up, two: up, want: one}, {one: stale, two: up, want: two}}},
	{"left when it lags", []choiceStep{{one: up, two: up, want: one}, {one: lagging, two: up, want: two}}},
	{"left when it is misaligned", []choiceStep{{one: up, two: up, want: one}, {one: misaligned, two: up, want: two}}},
	{"not for one that is no better", []choiceStep{{one: up, two: up, want: one}, {one: stale, two: stale, want: one}, {one: stale, two: down, want: one}, {one: down, two: stale, want: two}}},
	{"all gone and back", []choiceStep{{one: up, two: up, want: one}, {one: down, two: down, want: one}, {one: down, two: up, want: two}}},
	{"the origin's word is followed", []choiceStep{{one: up, two: up, preferred: one, want: one}, {one: up, two: up, preferred: two, want: two}, {one: up, two: up, preferred: one, want: one}}},
	{"not to one that is not well", []choiceStep{
		{one: up, two: suspect, preferred: two, want: one},
		{name: "as soon as it is", one: up, two: up, preferred: two, want: two},
	}},
	{"not to one that is behind", []choiceStep{
		{one: up, two: up, want: one},
		{one: up, two: up, msn: [2]int64{102, 100}, preferred: two, want: one},
		{name: "one segment is the moment between two polls", one: up, two: up, msn: [2]int64{102, 101}, preferred: two, want: two},
	}},
	{"an unknown name is nobody", []choiceStep{{one: up, two: up, preferred: "http://elsewhere", want: one}}},
	{"back to the preferred one only after a wait", []choiceStep{
		{one: up, two: up, preferred: one, want: one},
		{one: down, two: up, preferred: one, want: two},
		{name: "back, just now", after: time.Second, one: up, two: up, preferred: one, want: two},
		{name: "just before", after: returnFirst - time.Millisecond, one: up, two: up, preferred: one, want: two},
		{name: "then", after: time.Millisecond, one: up, two: up, preferred: one, want: one},
	}},
	{"a relapse begins the wait anew", []choiceStep{
		{one: up, two: up, preferred: one, want: one},
		{one: down, two: up, preferred: one, want: two},
		{after: time.Second, one: up, two: up, preferred: one, want: two},
		{after: returnFirst - time.Second, one: suspect, two: up, preferred: one, want: two},
		{after: time.Second, one: up, two: up, preferred: one, want: two},
		{after: returnFirst - time.Millisecond, one: up, two: up, preferred: one, want: two},
		{after: time.Millisecond, one: up, two: up, preferred: one, want: one},
	}},
	{"the wait doubles when it is left again", []choiceStep{
		{one: up, two: up, preferred: one, want: one},
		{one: down, two: up, preferred: one, want: two},
		{after: time.Second, one: up, two: up, preferred: one, want: two},
		{after: returnFirst, one: up, two: up, preferred: one, want: one},
		{after: time.Second, one: down, two: up, preferred: one, want: two},
		{after: time.Second, one: up, two: up, preferred: one, want: two},
		{after: 2*returnFirst - time.Millisecond, one: up, two: up, preferred: one, want: two},
		{after: time.Millisecond, one: up, two: up, preferred: one, want: one},
	}},
	{"the operator does not wait", []choiceStep{
		{one: up, two: up, preferred: one, want: one},
		{one: down, two: up, preferred: two, want: two},
		{after: time.Second, one: up, two: up, preferred: one, want: one},
	}},
	{"no other than the preferred one is gone back to", []choiceStep{
		{one: down, two: up, want: two},
		{after: time.Hour, one: up, two: up, want: two},
	}},
}

func TestChoice(t *testing.T) {
	for _, c := range choiceCases {
		t.Run(c.name, func(t *testing.T) {
			var ch Choice
			now := epoch
			for i, s := range c.steps {
				now = now.Add(s.after)
				if s.msn == [2]int64{} {
					s.msn = [2]int64{100, 100}
				}
				before := ch.Active
				var m *Move
				ch, m = ch.Next([]health.Verdict{verdict(one, s.one, s.msn[0]), verdict(two, s.two, s.msn[1])}, s.preferred, now)
				if ch.Active != s.want {
					t.Fatalf("step %d %s: active: got %q, want %q", i+1, s.name, ch.Active, s.want)
				}
				if moved := before != ch.Active; moved != (m != nil) || moved && (m.From != before || m.To != s.want || m.Cause == "") {
					t.Fatalf("step %d %s: move: got %+v from %q to %q", i+1, s.name, m, before, ch.Active)
				}
			}
		})
	}
}

func TestChoiceDoesNotWaitLongerThanItMay(t *testing.T) {
	var ch Choice
	now := epoch
	for range 20 {
		ch, _ = ch.Next([]health.Verdict{verdict(one, report.Up, 100), verdict(two, report.Up, 100)}, one, now)
		ch, _ = ch.Next([]health.Verdict{verdict(one, report.Down, 100), verdict(two, report.Up, 100)}, one, now)
		ch, _ = ch.Next([]health.Verdict{verdict(one, report.Up, 100), verdict(two, report.Up, 100)}, one, now)
		now = now.Add(returnMost)
		if ch, _ = ch.Next([]health.Verdict{verdict(one, report.Up, 100), verdict(two, report.Up, 100)}, one, now); ch.Active != one {
			t.Fatalf("active after %s of good health: got %s, want %s", returnMost, ch.Active, one)
		}
	}
}

func TestChoiceForgetsABadRecord(t *testing.T) {
	both := []health.Verdict{verdict(one, report.Up, 100), verdict(two, report.Up, 100)}
	ch, _ := Choice{}.Next(both, "", epoch)
	ch, _ = ch.Next([]health.Verdict{verdict(one, report.Down, 100), verdict(two, report.Up, 100)}, "", epoch)
	ch, _ = ch.Next(both, "", epoch)
	ch, _ = ch.Next(both, "", epoch.Add(3*returnMost))
	if len(ch.left) != 0 {
		t.Errorf("bad records: got %v, want none", ch.left)
	}
}
