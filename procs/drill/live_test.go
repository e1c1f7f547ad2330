package drill

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

func TestLiveIsJudgedByTheViewersWord(t *testing.T) {
	at := time.Date(2024, 4, 5, 14, 2, 31, 0, time.UTC)
	word := func(at time.Time, v event.Viewing) []platform.ViewingAt {
		v.Signal, v.State = "live01", event.ViewPlaying
		return []platform.ViewingAt{{Time: at, Process: "viewer", Viewing: v}}
	}
	had := event.Viewing{Stalls: 2, Violations: 1, FailedRequests: 3, StalledMS: 500}
	for name, c := range map[string]struct {
		now  event.Viewing
		said time.Duration // how long after the fault the last word came
		want string        // in the error; empty for none
	}{
		"what was before is not held against it": {had, 9 * time.Second, ""},
		"a stall": {event.Viewing{Stalls: 3, Violations: 1, FailedRequests: 3, StalledMS: 1700}, 9 * time.Second,
			"1 stall, stood still for 1200 ms"},
		"a broken rule":     {event.Viewing{Stalls: 2, Violations: 2, FailedRequests: 3}, 9 * time.Second, "viewer of live01: 1 broken rule"},
		"a failed request":  {event.Viewing{Stalls: 2, Violations: 1, FailedRequests: 5}, 9 * time.Second, "2 failed requests"},
		"a viewer silenced": {had, time.Second, "viewer says nothing of live01 any more"},
	} {
		t.Run(name, func(t *testing.T) {
			words, err := witnesses(onair.Complete(platform.Snapshot{At: at, Viewings: word(at, had)}))
			if err != nil {
				t.Fatal(err)
			}
			err = noticed(words, onair.Complete(platform.Snapshot{At: at.Add(10 * time.Second), Viewings: word(at.Add(c.said), c.now)}))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	ended := word(at, had)
	ended[0].Signal, ended[0].State = "live02", event.ViewEnded
	if words, err := witnesses(onair.Complete(platform.Snapshot{At: at, Viewings: append(word(at, had), ended...)})); err != nil || len(words) != 1 {
		t.Errorf("got %v, %v, want the word on the signal that has not ended", words, err)
	}
	if _, err := witnesses(onair.Complete(platform.Snapshot{At: at.Add(time.Minute), Viewings: word(at, had)})); err == nil {
		t.Error("a word of a minute ago counts")
	}
}
