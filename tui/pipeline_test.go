package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
)

// TestThePipelineNeverDropsTheProxy has the pipeline in each state, and with more processes
// and longer names than there is room for, on each screen that is drawn.
func TestThePipelineNeverDropsTheProxy(t *testing.T) {
	withoutDetector(t)
	crowds := map[string]func(s *platform.Snapshot){
		"as it is": func(*platform.Snapshot) {},
		"twelve packagers that are down and three proxies": func(s *platform.Snapshot) {
			for i := range 12 {
				name := fmt.Sprintf("packager-%d", i)
				s.Processes = append(s.Processes, platform.Process{Role: layouts.Packager, Port: 7000 + i, Status: platform.Status{Name: name, State: platform.Backoff, Reason: "signal: killed"}})
				s.Details[0].Packagers = append(s.Details[0].Packagers, report.PackagerStatus{URL: fmt.Sprintf("http://localhost:%d", 7000+i), State: report.Misaligned})
			}
			for i := range 2 {
				s.Processes = append(s.Processes, platform.Process{Role: layouts.Proxy, Status: platform.Status{Name: fmt.Sprintf("proxy-of-region-%d", i), State: platform.Starting}})
			}
		},
		"long names": func(s *platform.Snapshot) {
			for i := range s.Processes {
				s.Processes[i].Name += "-of-the-northern-region"
			}
		},
	}
	crowded := []string{"on air", "off air", "several signals", "a hundred signals"}
	for state := range states() {
		for crowd, by := range crowds {
			if crowd != "as it is" && !slices.Contains(crowded, state) {
				continue
			}
			t.Run(state+", "+crowd, func(t *testing.T) {
				m, f := newTestModel(t, state, 80, 24, colour)
				s := f.snapshot
				s.Version++
				s.Processes, s.Details = append([]platform.Process(nil), s.Processes...), append([]report.SignalStatus(nil), s.Details...)
				if len(s.Details) > 0 || crowd == "as it is" {
					by(&s)
				}
				m.take(polled{s.At, completed(s), nil})
				for screen := range m.scene.Layout.Screens {
					m.goTo(screen)
					checkProxy(t, m)
				}
			})
		}
	}
}

// checkProxy fails unless the pipeline names the proxy, from the smallest screen on, with the
// focus on each of the panels in turn, and on the smallest with the focus on any.
func checkProxy(t *testing.T, m *model) {
	t.Helper()
	panels, n := m.order(), 0
	check := func(w, h int, focus string) {
		t.Helper()
		m.focus = focus
		m.Update(tea.WindowSizeMsg{Width: w, Height: h})
		for _, p := range m.places() {
			if p.Panel == "pipeline" && strings.Contains(ansi.Strip(strings.Join(m.panel(p), "\n")), "proxy") {
				return
			}
		}
		t.Fatalf("at %dx%d with the focus on %s there is no proxy in the pipeline:\n%s", w, h, focus, ansi.Strip(m.View()))
	}
	for _, name := range panels {
		check(leastW, leastH, name)
	}
	for w := leastW; w <= 200; w += 20 {
		for h := leastH; h <= 60; h += 10 {
			check(w, h, panels[n%len(panels)])
			n++
		}
	}
}
