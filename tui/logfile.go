package tui

import (
	"context"
	"path/filepath"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
)

// logPath returns the log file that the operator looks at: that of the held line, or else of
// the only process that the logs show, or else of the selected one.
func (m *model) logPath() string {
	name := m.scene.Selected
	if only := m.logs.Service(); only != "" {
		name = only
	}
	if l := m.logs.HeldLine(); m.panels[m.focus] == panel.Panel(m.logs) && m.logs.Held() && l != nil {
		name = l.Process
	}
	if name == platform.Self {
		return filepath.Join(m.scene.Snapshot.LogFolder, platform.Self+".log")
	}
	if p := m.scene.Process(name); p != nil && p.IsOwn() {
		return p.LogPath
	}
	return ""
}

// readLog gives the terminal to a program that shows a log file, until that ends. The
// platform goes on meanwhile, and ends the program when it has stopped itself.
func (m *model) readLog() tea.Cmd {
	path := m.logPath()
	if path == "" {
		m.notify("this process has no log on this machine", true)
		return nil
	}
	ctx, read, stopped := m.ctx, m.outside.Read, m.options.Stopped
	var failed error
	show := func() error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			select {
			case <-stopped: // never, without such a channel
				cancel()
			case <-ctx.Done():
			}
		}()
		failed = read(ctx, path)
		return nil
	}
	return tea.Exec(pause{show}, func(err error) tea.Msg {
		messages := tea.BatchMsg{func() tea.Msg { return retaken{err} }}
		if failed != nil {
			messages = append(messages, func() tea.Msg { return notice{canvas.Clean(failed.Error()), true} })
		}
		return messages
	})
}
