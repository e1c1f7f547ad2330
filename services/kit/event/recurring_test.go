package event

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestNoticesOfSomethingThatRecurs(t *testing.T) {
	epoch := time.Date(2024, 4, 5, 11, 23, 45, 0, time.Local)
	type step struct {
		at   time.Duration // since the epoch
		do   string        // seen, ended or only
		text string
		want []string
	}
	const s = time.Second
	for _, c := range []struct {
		name  string
		r     Recurring
		steps []step
	}{
		{"an error that recurs is told once and then each ten seconds", Recurring{}, []step{
			{0, "seen", "refused", []string{"refused"}},
			{1 * s, "seen", "refused", nil},
			{9 * s, "seen", "refused", nil},
			{10 * s, "seen", "refused", []string{"refused (since 11:23:45, 4 times)"}},
			{19 * s, "seen", "refused", nil},
			{20 * s, "seen", "refused", []string{"refused (since 11:23:45, 6 times)"}}}},
		{"what is not seen for long has ended, once", Recurring{Quiet: 3 * s}, []step{
			{0, "seen", "refused", []string{"refused"}},
			{2 * s, "seen", "refused", nil},
			{4 * s, "ended", "", nil},
			{5 * s, "ended", "", []string{"refused (stopped after 2 times in 2s)"}},
			{9 * s, "ended", "", nil},
			{9 * s, "seen", "refused", []string{"refused"}}}},
		{"what is quiet for as long as it is told has ended", Recurring{Every: 2 * s}, []step{
			{0, "seen", "refused", []string{"refused"}},
			{1 * s, "ended", "", nil},
			{2 * s, "ended", "", []string{"refused (stopped)"}}}},
		{"two that take turns are told apart", Recurring{}, []step{
			{0, "seen", "a", []string{"a"}},
			{1 * s, "seen", "b", []string{"b"}},
			{2 * s, "seen", "a", nil},
			{3 * s, "seen", "b", nil},
			{10 * s, "seen", "a", []string{"a (since 11:23:45, 3 times)"}},
			{10 * s, "seen", "b", nil}}},
		{"a state ends at once when another one is", Recurring{}, []step{
			{0, "seen", "a", []string{"a"}},
			{0, "end except", "a", nil},
			{1 * s, "seen", "b", []string{"b"}},
			{1 * s, "end except", "b", []string{"a (stopped)"}},
			{2 * s, "end except", "", []string{"b (stopped)"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, step := range c.steps {
				var got []string
				switch step.do {
				case "seen":
					if telling, tell := c.r.Seen(step.text, epoch.Add(step.at)); tell {
						got = append(got, telling.String())
					}
				case "ended":
					for _, telling := range c.r.Ended(epoch.Add(step.at)) {
						got = append(got, telling.String())
					}
				case "end except":
					for _, telling := range c.r.EndExcept(step.text) {
						got = append(got, telling.String())
					}
				}
				if !slices.Equal(got, step.want) {
					t.Errorf("step %d: got %q, want %q", i, got, step.want)
				}
			}
		})
	}
}

func TestEndlesslyManyTextsTakeNoEndlessMemory(t *testing.T) {
	var r Recurring
	now := time.Now()
	for i := range 10 * recurringMost {
		r.Seen(fmt.Sprint(i), now.Add(time.Duration(i)))
	}
	if len(r.seen) != recurringMost {
		t.Errorf("got %d remembered, want %d", len(r.seen), recurringMost)
	}
	if _, tell := r.Seen(fmt.Sprint(10*recurringMost-1), now.Add(time.Second)); tell {
		t.Error("the newest was forgotten, want the oldest")
	}
}
