package cluster

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// roundsVariable is how often each fault comes in the long form; make cluster sets it.
const roundsVariable = "CLUSTER_ROUNDS"

// rounds is how often each fault is asked for; 0 when it is not.
func rounds() int {
	n, _ := strconv.Atoi(os.Getenv(roundsVariable)) // 0: not asked for
	return n
}

// isLong reports whether the long form of the tests is asked for.
func isLong() bool { return rounds() > 0 || harness.Soaking() }

// TestThreeMachines has three machines that have joined by an engine, and takes from them what
// can be taken. In its short form each fault of a few comes once.
func TestThreeMachines(t *testing.T) {
	times, players := rounds(), 8
	long := isLong()
	if long {
		players = 25
	}
	r := newRig(t, true)
	r.probed = long
	a := r.gather(players)
	results := map[string][]result{}
	for range max(times, 1) {
		for _, f := range faults() {
			switch {
			case !long && f.short == 0:
				continue
			case !long:
				f.hold = f.short
			}
			t.Run(f.name, func(t *testing.T) { results[f.name] = append(results[f.name], r.try(t, f, a)) })
			r.own(t)
		}
	}
	t.Log("\n" + table(results))
}

// TestThreeMachinesBySettings has three machines that know each other by settings, without an
// engine.
func TestThreeMachinesBySettings(t *testing.T) {
	if !harness.Soaking() {
		t.Skip("long: make soak runs it")
	}
	r := newRig(t, false)
	a := r.gather(8)
	for _, f := range faults() {
		if f.engine {
			continue
		}
		t.Run(f.name, func(t *testing.T) { r.try(t, f, a) })
		r.own(t)
	}
}

// table is the results of each fault.
func table(results map[string][]result) string {
	var b strings.Builder
	b.WriteString("| fault | rounds | clean | players | no new segment s | no write s | no message s | engine back s | table right s later |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, f := range faults() {
		list := results[f.name]
		if len(list) == 0 {
			continue
		}
		clean := 0
		for _, one := range list {
			if one.clean {
				clean++
			}
		}
		most := func(of func(result) time.Duration) float64 {
			return of(slices.MaxFunc(list, func(a, b result) int { return int(of(a) - of(b)) })).Seconds()
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %.1f | %.1f | %.2f | %.1f | %.1f |\n", f.name, len(list), clean, list[0].players,
			most(func(r result) time.Duration { return r.silence }), most(func(r result) time.Duration { return r.writes }), most(func(r result) time.Duration { return r.bus }),
			most(func(r result) time.Duration { return r.engine }), most(func(r result) time.Duration { return r.table }))
	}
	return b.String()
}
