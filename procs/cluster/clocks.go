package cluster

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"livestream-tui/procs/cluster/clock"
	"livestream-tui/services/cluster"
)

const (
	// clockEvery is how often each other machine is asked for its time.
	clockEvery = 5 * time.Second
	// clockFirst is how soon it is asked again while fewer than clockFew answers are known.
	clockFirst, clockFew = 500 * time.Millisecond, 4
	clockPatience        = time.Second
)

// answerClock answers another machine that asks for the time.
func answerClock(m cluster.Msg) {
	if m.Reply == nil {
		return
	}
	came := time.Now().UnixNano()
	if b, err := json.Marshal(cluster.Clock{Came: came, Sent: time.Now().UnixNano()}); err == nil {
		_ = m.Reply(b) // whoever asked asks again
	}
}

// askClocks measures the clocks of the other machines until ctx is cancelled.
func (a *Agent) askClocks(ctx context.Context) {
	asked := map[string]time.Time{}
	for {
		var work sync.WaitGroup
		for name, few := range a.toAsk() {
			every := clockEvery
			if few {
				every = clockFirst
			}
			if time.Since(asked[name]) < every {
				continue
			}
			asked[name] = time.Now()
			work.Go(func() { a.askClock(ctx, name) })
		}
		work.Wait()
		select {
		case <-ctx.Done():
			return
		case <-time.After(clockFirst):
		}
	}
}

// toAsk are the machines that are heard, and whether few trips to one are known.
func (a *Agent) toAsk() map[string]bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := map[string]bool{}
	for name, h := range a.heard {
		if h.isHeard(time.Now()) {
			list[name] = len(h.trips) < clockFew
		}
	}
	return list
}

func (a *Agent) askClock(ctx context.Context, machine string) {
	ctx, cancel := context.WithTimeout(ctx, clockPatience)
	defer cancel()
	sent := time.Now()
	b, err := a.link.Request(ctx, cluster.SubjectClock+machine, nil)
	took := time.Since(sent)
	var answer cluster.Clock
	if err != nil || json.Unmarshal(b, &answer) != nil || answer.Came == 0 {
		return // it is asked again
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if h := a.heard[machine]; h != nil {
		h.trips = h.trips.Add(clock.Measure(sent, took, answer))
	}
}
