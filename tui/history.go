package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform/series"
)

// historyPeriod is the time between two looks at the platform's figures: less than a step, so
// that a point is shown soon.
const historyPeriod = time.Second

// recalled is what a look at the platform's figures found; nothing when there is nothing new.
type recalled struct {
	history series.History
	again   bool
}

// recall looks at the platform's figures after a while. It joins them to the known ones off
// the screen's goroutine.
func (m *model) recall(after time.Duration) tea.Cmd {
	ctx, from, known := m.ctx, m.platform, m.scene.History
	look := func(time.Time) tea.Msg {
		found, err := from.History(ctx, known.To)
		if err != nil || found.To.Equal(known.To) {
			return recalled{} // it may be back later
		}
		return recalled{known.With(found), true}
	}
	if after == 0 {
		return func() tea.Msg { return look(time.Time{}) }
	}
	return tea.Tick(after, look)
}

// takeHistory takes over the platform's figures, and looks again.
func (m *model) takeHistory(r recalled) tea.Cmd {
	if r.again {
		m.scene.Keep(r.history)
	}
	return m.recall(historyPeriod)
}
