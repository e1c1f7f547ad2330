package tui

import (
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
)

// filterInput is the filter of the logs while it is typed. The foot shows it.
type filterInput struct {
	input
	before string
}

func (m *model) startFilter() {
	text, _ := m.logs.Filter()
	m.dialog = &filterInput{input: input{text: []rune(text)}, before: text}
}

func (f *filterInput) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	switch k.String() {
	case "enter":
		return nil, nil
	case "esc":
		m.logs.SetFilter(f.before)
		return nil, nil
	case "up":
		m.logs.Step(-1)
		return f, nil
	case "down":
		m.logs.Step(1)
		return f, nil
	}
	if f.edit(k) {
		m.logs.SetFilter(string(f.text))
	}
	return f, nil
}

func (*filterInput) box(*model, int, int) (string, []*canvas.Line, int) { return "", nil, 0 }

// foot draws the input for the foot.
func (f *filterInput) foot(m *model) *canvas.Line {
	shown, kept := m.logs.Counts()
	l := f.line("/", m.scene.Glyphs).Put(canvas.InkDim, fmt.Sprintf("  %d of %d lines", shown, kept))
	if _, literal := m.logs.Filter(); literal {
		l.Put(canvas.InkWarn, "  not a regular expression: taken as text")
	}
	return l.Put(canvas.InkDim, "   enter keeps it, esc drops it")
}

// logsOfSelected shows only the logs of the selected process, or all again.
func (m *model) logsOfSelected() {
	if m.logs.Service() == m.scene.Selected {
		m.logs.Only("")
	} else {
		m.logs.Only(m.scene.Selected)
	}
}

// copyLogs copies the held line, or else the lines that are on the screen.
func (m *model) copyLogs() tea.Cmd {
	text, n := m.logs.Text(m.page() + 1)
	if n == 0 {
		m.notify("there are no lines to copy", true)
		return nil
	}
	write := m.outside.Copy
	return func() tea.Msg {
		if err := write(text); err != nil {
			return notice{"not copied: " + canvas.Clean(err.Error()), true}
		}
		return notice{canvas.Count(n, "line") + " copied", false}
	}
}

// saveLogs writes every line that passes the filter to a file.
func (m *model) saveLogs() tea.Cmd {
	text, n := m.logs.AllText()
	return m.save("logs", text, canvas.Count(n, "line")+" in ")
}

// save writes a file beside the logs, and says where it is after done.
func (m *model) save(kind, text, done string) tea.Cmd {
	write, folder := m.outside.Write, m.scene.Snapshot.LogFolder
	name := kind + "-" + m.scene.Now.Format("20060102-150405") + ".txt"
	return func() tea.Msg {
		path, err := write(folder, name, text)
		if err != nil {
			return notice{canvas.Clean(err.Error()), true}
		}
		return notice{done + canvas.Clean(path), false}
	}
}

// aroundSpan is how much before and after a moment its logs are shown.
const aroundSpan = 2 * time.Second

// newAround shows all logs around a moment.
func newAround(m *model, moment panel.Moment) dialog {
	lines := m.logs.Between(moment.At.Add(-aroundSpan), moment.At.Add(aroundSpan))
	before := 0 // the last line before the moment
	for i, l := range lines {
		if l.Time.Before(moment.At) {
			before = i
		}
	}
	return &pager{title: moment.Title, width: 160, first: max(0, before-5), content: func(m *model, _ int) []*canvas.Line {
		if len(lines) == 0 {
			return []*canvas.Line{canvas.Text(canvas.InkDim, " these logs are no longer in memory; the files are in "+canvas.Clean(m.scene.Snapshot.LogFolder))}
		}
		out := make([]*canvas.Line, len(lines))
		for i := range lines {
			after := lines[i].Time.Sub(moment.At).Seconds()
			out[i] = canvas.Text(canvas.InkDim, fmt.Sprintf(" %+6.3f ", after)).Add(panel.LogLine(&m.scene, &lines[i], 39, 0, nil))
			out[i].Selected = !lines[i].Time.Before(moment.At) && (i == 0 || lines[i-1].Time.Before(moment.At))
		}
		return out
	}}
}
