package tui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// TestNoRowIsEmptyWhileThereIsMoreToShow has more of everything than there is room for.
func TestNoRowIsEmptyWhileThereIsMoreToShow(t *testing.T) {
	m, f := newTestModel(t, "a hundred signals", 100, 28, colour)
	s := f.snapshot
	s.Version++
	var lines []platform.LogLine
	for i := range 200 {
		at := s.At.Add(time.Duration(i-400) * time.Second)
		l := someLogs()[i%4]
		l.Seq, l.Line.Time = uint64(1000+i), at
		lines = append(lines, l)
		e := s.Failovers[i%3]
		e.Time = at
		s.Failovers = append(s.Failovers[:len(s.Failovers):len(s.Failovers)], e)
	}
	m.take(polled{s.At, completed(s), lines})
	for _, size := range [][2]int{{100, 28}, {80, 24}, {120, 36}} {
		m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		for _, p := range m.places() {
			text := m.panel(p)
			for i, line := range text {
				body := strings.Trim(ansi.Strip(line), " │┃")
				if edge := p.Frame == layouts.Boxed && (i == 0 || i == len(text)-1); body == "" && !edge {
					t.Errorf("at %v, row %d of %s is empty:\n%s", size, i, p.Panel, ansi.Strip(m.View()))
					break
				}
			}
		}
	}
}
