package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/control"
)

const pollPeriod = 100 * time.Millisecond

type (
	polled struct {
		snapshot control.Snapshot
		logs     []control.LogLine
	}
	stopped struct{}
	told    struct{ text string }
)

type model struct {
	ctx      context.Context
	platform control.Platform
	options  Options
	w, h     int
	snapshot control.Snapshot
	logs     []control.LogLine
	selected int
	notice   string
	quitting bool
}

func newModel(ctx context.Context, p control.Platform, _ layouts.Layout, o Options) *model {
	return &model{ctx: ctx, platform: p, options: o, snapshot: p.Snapshot()}
}

func (m *model) Init() tea.Cmd {
	return tea.Batch(m.poll(0), func() tea.Msg {
		<-m.options.Stopped
		return stopped{}
	})
}

func (m *model) poll(seq uint64) tea.Cmd {
	return tea.Tick(pollPeriod, func(time.Time) tea.Msg {
		return polled{m.platform.Snapshot(), m.platform.Logs(seq, 10_000)}
	})
}

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case polled:
		m.snapshot = msg.snapshot
		m.logs = append(m.logs, msg.logs...)
		m.logs = m.logs[max(0, len(m.logs)-200):]
		var seq uint64
		if len(m.logs) > 0 {
			seq = m.logs[len(m.logs)-1].Seq
		}
		return m, m.poll(seq)
	case stopped:
		return m, tea.Quit
	case told:
		m.notice = msg.text
	case tea.KeyMsg:
		return m, m.key(msg)
	}
	return m, nil
}

func (m *model) key(k tea.KeyMsg) tea.Cmd {
	switch k.String() {
	case "q", "ctrl+c":
		m.quitting = true
		return func() tea.Msg { m.options.Stop(); return nil }
	case "up", "k":
		m.selected = max(0, m.selected-1)
	case "down", "j":
		m.selected = max(0, min(len(m.snapshot.Processes)-1, m.selected+1))
	case "K":
		return m.command(actionKill)
	case "r":
		return m.command(actionRestart)
	}
	return nil
}

func (m *model) command(a control.Action) tea.Cmd {
	if m.selected >= len(m.snapshot.Processes) {
		return nil
	}
	c := control.Command{Process: m.snapshot.Processes[m.selected].Name, Action: a}
	return func() tea.Msg {
		if err := m.platform.Command(m.ctx, c); err != nil {
			return told{err.Error()}
		}
		return told{a.String() + " " + c.Process}
	}
}

func (m *model) View() string {
	if m.w < 1 || m.h < 1 {
		return ""
	}
	s := m.snapshot
	var b []string
	put := func(format string, args ...any) { b = append(b, fmt.Sprintf(format, args...)) }
	head := "livestream-tui  " + s.Layout
	if m.quitting || s.Stopping {
		head += "  STOPPING"
	}
	put("%s  %s  %s", head, s.PlayURL, m.notice)
	for i, p := range s.Processes {
		mark := " "
		if i == m.selected {
			mark = ">"
		}
		put("%s%-12s %7d %-9s rst %2d cpu %5.1f  %s", mark, p.Name, p.PID, p.State, p.Restarts, p.CPU, p.Reason)
	}
	put("INGEST %s", s.IngestsErr)
	for _, i := range s.Ingests {
		put(" %s %s %s", i.Signal, strings.Join(i.Packagers, ", "), i.LastReported)
	}
	for _, l := range s.Live {
		put(" %s is played from %s", l.Signal, l.Server)
	}
	put("PACKAGERS")
	for _, d := range s.Details {
		for _, p := range d.Packagers {
			put(" %s %s %s %s msn %d age %d ms latency %.1f ms", d.Signal, p.URL, p.State, p.Reason, p.MSN, p.AgeMS, p.LatencyMS)
		}
	}
	put("FAILOVERS")
	for _, f := range s.Failovers[max(0, len(s.Failovers)-3):] {
		put(" %s %s -> %s %s gap %.0f ms", f.Time.Format("15:04:05"), f.From, f.To, f.Cause, f.GapMS)
	}
	put("LOGS")
	for _, l := range m.logs[max(0, len(m.logs)-max(0, m.h-len(b)-1)):] {
		put(" %s %s %s %s %s", l.Time.Format("15:04:05"), l.Level, l.Process, l.Message, l.FieldText())
	}
	for len(b) < m.h-1 {
		put("")
	}
	b = append(b[:min(len(b), m.h-1)], " up/down select  K kill  r restart  q quit")
	for i := range b {
		b[i] = ansi.Truncate(b[i], m.w, "")
	}
	return strings.Join(b, "\n")
}
