package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/logbook"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/scene"
)

// logFields shows the held line of the logs as fields. The keys n and N go on to other
// lines.
type logFields struct{ pager }

// openLine opens the held line of the logs; false means that none is held.
func (m *model) openLine() bool {
	if m.panels[m.focus] != panel.Panel(m.logs) || !m.logs.Held() || m.logs.HeldLine() == nil {
		return false
	}
	m.dialog = &logFields{pager{title: "LINE", width: 110, content: func(m *model, w int) []*canvas.Line {
		if l := m.logs.HeldLine(); l != nil {
			ends := fmt.Sprintf("%s and %s go to the next and the previous line, or match; esc goes back", m.keyNamed("next-match"), m.keyNamed("previous-match"))
			return append(append(fieldLines(&m.scene, l, w), &canvas.Line{}), canvas.Wrapped(canvas.InkDim, ends, w-1, 3)...)
		}
		return []*canvas.Line{canvas.Text(canvas.InkDim, " this line is no longer in memory")}
	}}}
	return true
}

func (f *logFields) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	next, _ := m.bound("next-match")
	previous, _ := m.bound("previous-match")
	switch {
	case k.String() == "right", key.Matches(k, next.Binding):
		m.logs.Match(1)
	case k.String() == "left", key.Matches(k, previous.Binding):
		m.logs.Match(-1)
	default:
		if d, cmd := f.pager.press(m, k); d == nil {
			return nil, cmd
		}
		return f, nil
	}
	f.first = 0
	return f, nil
}

// fieldLines draws a line of log as fields, a line each at least.
func fieldLines(s *scene.Scene, l *platform.LogLine, w int) []*canvas.Line {
	names := panel.LogNames(s)
	wide := 7 // as wide as "message"
	for _, f := range l.Fields {
		wide = max(wide, min(24, len(f.Key)))
	}
	var lines []*canvas.Line
	put := func(name string, k canvas.Ink, text string) {
		head := (&canvas.Line{}).Cell(canvas.InkDim, " "+name, wide+1, false, s.Glyphs.Ellipsis).Put(canvas.InkText, "  ")
		for i, part := range panel.Wrapped(canvas.Text(k, text), max(8, w-head.Width-1)) {
			if i > 0 {
				head = (&canvas.Line{}).Gap(wide + 3)
			}
			lines = append(lines, head.Add(part))
		}
	}
	at := l.Time.In(s.Now.Location())
	put("time", canvas.InkText, at.Format("2006-01-02 15:04:05.000")+fmt.Sprintf(", %s ago", canvas.Elapsed(s.Now.Sub(at))))
	put("level", panel.LevelInk(l.Level), logbook.LevelText(l.Level))
	put("from", canvas.InkText, canvas.Clean(l.Process))
	put("message", canvas.InkStrong, l.Message)
	for _, f := range l.Fields {
		value := event.Line{Fields: []event.Field{f}}.Field(f.Key)
		k := canvas.InkText
		if value == "" {
			value, k = "empty", canvas.InkFaint
		}
		put(f.Key, k, named(names, value, l.Process))
	}
	return lines
}

// named returns a value with the name of the service whose address it has.
func named(names logbook.Names, value, process string) string {
	if with := names.In(value, process); with != value {
		return value + "  (" + strings.TrimSpace(with) + ")"
	}
	return value
}
