package local

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/event"
)

func logEvent(text string) platform.Event {
	return platform.Event{What: platform.Logged{Line: event.Line{Message: text}}}
}

func describe(e platform.Event) string {
	words := ""
	switch {
	case e.Log() != nil:
		words = e.Log().Message
	case e.Status() != nil:
		words = e.Status().Name + " " + e.Status().State.String()
	case e.What != nil:
		words = "failover"
	}
	if e.Dropped > 0 {
		words += fmt.Sprintf(" after %d lost", e.Dropped)
	}
	return words
}

func TestTheQueueDropsTheLeastImportantEvent(t *testing.T) {
	failover := platform.Event{What: event.Failover{}}
	for _, c := range []struct {
		name   string
		events []platform.Event
		want   []string
	}{
		{
			"all fit", []platform.Event{logEvent("a"), logEvent("b"), platformtest.StatusEvent("proxy", procs.Ready)},
			[]string{"a", "b", "proxy ready"},
		},
		{
			"the oldest line of log goes first", []platform.Event{failover, logEvent("a"), platformtest.StatusEvent("proxy", procs.Ready), logEvent("b")},
			[]string{"failover", "proxy ready after 1 lost", "b"},
		},
		{
			"an overtaken state goes before a failover", []platform.Event{platformtest.StatusEvent("proxy", procs.Starting), failover, platformtest.StatusEvent("origin", procs.Ready), platformtest.StatusEvent("proxy", procs.Ready)},
			[]string{"failover after 1 lost", "origin ready", "proxy ready"},
		},
		{
			"the latest states stay", []platform.Event{platformtest.StatusEvent("proxy", procs.Ready), platformtest.StatusEvent("origin", procs.Ready), failover, platformtest.StatusEvent("worker", procs.Ready)},
			[]string{"proxy ready", "origin ready", "worker ready after 1 lost"},
		},
		{
			"losses add up", []platform.Event{logEvent("a"), logEvent("b"), logEvent("c"), logEvent("d"), logEvent("e")},
			[]string{"c after 2 lost", "d", "e"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := queue{most: 3}
			for _, e := range c.events {
				q.push(e)
			}
			var got []string
			for e, ok := q.pop(); ok; e, ok = q.pop() {
				got = append(got, describe(e))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheQueueCountsEveryLossAndKeepsTheLatestState(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		q := queue{most: 8}
		latest := map[string]procs.State{}
		seen := map[string]procs.State{}
		pushed, popped, lost := 0, 0, 0
		take := func() bool {
			e, ok := q.pop()
			if ok {
				popped, lost = popped+1, lost+e.Dropped
				if e.Status() != nil {
					seen[e.Status().Name] = e.Status().State
				}
			}
			return ok
		}
		for range 300 {
			switch random.IntN(5) {
			case 0:
				take()
				continue
			case 1:
				q.push(platform.Event{What: event.Failover{}})
			case 2:
				q.push(logEvent("x"))
			default:
				name, state := fmt.Sprint("process", random.IntN(4)), procs.State(random.IntN(10))
				latest[name] = state
				q.push(platformtest.StatusEvent(name, state))
			}
			if pushed++; len(q.events) > q.most {
				t.Fatalf("seed %d: %d events are queued, want %d at most", seed, len(q.events), q.most)
			}
		}
		for take() {
		}
		if popped+lost != pushed {
			t.Errorf("seed %d: %d read and %d lost, want %d together", seed, popped, lost, pushed)
		}
		if fmt.Sprint(seen) != fmt.Sprint(latest) {
			t.Errorf("seed %d: states read %v, want the latest, %v", seed, seen, latest)
		}
	}
}
