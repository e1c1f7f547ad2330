//go:build linux

package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// rest is what one process uses while only the stream runs.
type rest struct {
	Process string  `json:"process"`
	CPU     float64 `json:"cpu_percent"`
	RSS     float64 `json:"rss_mb"`
}

const restTime = 30 * time.Second

// TestBenchAtRest measures the supervisor and its processes while one small signal
// plays, headless and with the dashboard.
func TestBenchAtRest(t *testing.T) {
	benching(t)
	var all []rest
	t.Run("headless", func(t *testing.T) {
		p := harness.Launch(t, harness.Settings(t))
		p.AwaitOnAir(harness.Every...)
		pids := map[string][]int{"supervisor, headless": {p.PID()}, "guardian": nil}
		for _, name := range harness.Every {
			pids[name] = []int{p.Status(name).PID}
		}
		for _, pid := range harness.Children(t, p.PID()) {
			if name := harness.CommandLine(pid); strings.Contains(name, "guardian") {
				pids["guardian"] = []int{pid}
			}
		}
		pids["worker's FFmpeg"] = harness.Children(t, p.Status("worker").PID)
		all = append(all, atRest(pids)...)
	})
	t.Run("dashboard", func(t *testing.T) {
		path := harness.Binary(t)
		s := harness.OpenShell(t, harness.Settings(t), path)
		s.Start()
		s.Await(60*time.Second, `ON AIR`)
		all = append(all, atRest(map[string][]int{"supervisor, with the dashboard": {s.PID()}})...)
		s.Press("q", "y")
		s.AwaitEnd(0)
	})
	var b strings.Builder
	fmt.Fprintf(&b, "CPU over %s in percent of a core, while one signal of 320x180 plays.\n\n| process | CPU %% | RSS MB |\n|---|---|---|\n", restTime)
	for _, r := range all {
		fmt.Fprintf(&b, "| %s | %.2f | %.0f |\n", r.Process, r.CPU, r.RSS)
	}
	addToReport(t, "At rest", b.String(), all)
}

// atRest measures for restTime.
func atRest(pids map[string][]int) []rest {
	time.Sleep(5 * time.Second) // the start is over
	before, began := map[string]time.Duration{}, time.Now()
	for name, list := range pids {
		before[name] = cpuOf(list)
	}
	time.Sleep(restTime)
	var all []rest
	for name, list := range pids {
		all = append(all, rest{name, 100 * (cpuOf(list) - before[name]).Seconds() / time.Since(began).Seconds(), rssOf(list)})
	}
	slices.SortFunc(all, func(a, b rest) int { return strings.Compare(a.Process, b.Process) })
	return all
}
