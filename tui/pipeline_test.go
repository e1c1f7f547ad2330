package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
)

// TestThePipelineNeverDropsTheProxy has the pipeline in each state, and with more processes
// than there is room for, on each screen from 80x24 up.
func TestThePipelineNeverDropsTheProxy(t *testing.T) {
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
	}
	for state := range states() {
		for crowd, by := range crowds {
			t.Run(state+", "+crowd, func(t *testing.T) {
				m, f := newTestModel(t, state, 80, 24, colour)
				s := f.snapshot
				s.Version++
				s.Processes, s.Details = append([]platform.Process(nil), s.Processes...), append([]report.SignalStatus(nil), s.Details...)
				if len(s.Details) > 0 || crowd == "as it is" {
					by(&s)
				}
				m.take(polled{s.At, completed(s), nil})
				for w := 80; w <= 200; w += 9 {
					for h := 24; h <= 60; h += 12 {
						m.Update(tea.WindowSizeMsg{Width: w, Height: h})
						there := false
						for _, p := range m.places() {
							if p.Panel == "pipeline" {
								there = strings.Contains(ansi.Strip(strings.Join(m.panel(p), "\n")), "proxy")
							}
						}
						if !there {
							t.Fatalf("at %dx%d there is no proxy in the pipeline:\n%s", w, h, ansi.Strip(m.View()))
						}
					}
				}
			})
		}
	}
}
