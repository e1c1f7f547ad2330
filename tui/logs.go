package tui

import (
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
)

// logInput is a pattern for the logs while it is typed. The foot shows it.
type logInput struct {
	input
	// search marks the matches; otherwise only they are shown.
	search bool
	before string
}

// startFilter types the pattern of the lines to show.
func (m *model) startFilter() {
	text, _ := m.logs.Filter()
	m.dialog = &logInput{input: input{text: []rune(text)}, before: text}
}

// startSearch types the pattern to mark.
func (m *model) startSearch() {
	text := m.logs.Search().Text
	m.dialog = &logInput{input: input{text: []rune(text)}, search: true, before: text}
}

func (f *logInput) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	switch k.String() {
	case "enter":
		return nil, nil
	case "esc":
		f.set(m, f.before)
		m.logs.Follow()
		return nil, nil
	case "up":
		m.stepLogs(-1, m.logs.Match, "")
		return f, nil
	case "down":
		m.stepLogs(1, m.logs.Match, "")
		return f, nil
	}
	if f.edit(k) {
		f.set(m, string(f.text))
	}
	return f, nil
}

// set takes the pattern. A search holds the newest line that matches.
func (f *logInput) set(m *model, text string) {
	if !f.search {
		m.logs.SetFilter(text)
		return
	}
	m.logs.SetSearch(text)
	m.logs.Follow()
	if text != "" {
		m.logs.NewestMatch()
	}
}

func (*logInput) box(*model, int, int) (string, []*canvas.Line, int) { return "", nil, 0 }

// foot draws the input for the foot.
func (f *logInput) foot(m *model) *canvas.Line {
	sign, ends := "&", "enter keeps it, esc drops it"
	shown, kept := m.logs.Counts()
	found := fmt.Sprintf("%d of %d lines", shown, kept)
	_, literal := m.logs.Filter()
	if f.search {
		sign, ends, found, literal = "/", fmt.Sprintf("enter keeps it, %s and %s go on", m.keyNamed("next-match"), m.keyNamed("previous-match")), "", m.logs.Search().Literal
		if len(f.text) > 0 && !m.logs.Held() {
			found = "no match"
		}
	}
	pieces := []canvas.Piece{{Line: f.line(sign, m.scene.Glyphs)}}
	if found != "" {
		pieces = append(pieces, canvas.Piece{Line: canvas.Text(canvas.InkDim, found), Rank: 1})
	}
	if literal {
		pieces = append(pieces, canvas.Piece{Line: canvas.Text(canvas.InkWarn, "not a regular expression: taken as text"), Rank: 2})
	}
	pieces = append(pieces, canvas.Piece{Line: canvas.Text(canvas.InkDim, ends), Rank: 3})
	return canvas.Fitted(pieces, m.w)
}

// stepLogs moves in the logs, and says so where there is nothing more.
func (m *model) stepLogs(by int, step func(by int) bool, what string) {
	if step(by) || what == "" {
		return
	}
	where := "below"
	if by < 0 {
		where = "above"
	}
	m.notify("no "+what+" "+where, false)
}

// nextMatch returns what goes to the next line that the search matches, or to the previous
// one.
func nextMatch(by int) func(*model) {
	return func(m *model) { m.stepLogs(by, m.logs.Match, "match") }
}

// nextTrouble returns what goes to the next error or warning, or to the previous one.
func nextTrouble(by int) func(*model) {
	return func(m *model) { m.stepLogs(by, m.logs.Trouble, "error or warning") }
}

// wrapLogs breaks long lines, or cuts them again.
func (m *model) wrapLogs() {
	if m.logs.ToggleWrap() {
		m.notify("long lines are wrapped", false)
	} else {
		m.notify("long lines are cut", false)
	}
}

// logsSince shows the logs since the selected process was started, or all again.
func (m *model) logsSince() {
	p := m.scene.SelectedProcess()
	switch {
	case m.logs.SinceWhat() != "":
		m.logs.Since(time.Time{}, "")
	case p == nil || p.Started.IsZero():
		m.notify("the selected process does not run", true)
	default:
		m.logs.Since(p.Started, fmt.Sprintf("%s start %d", p.Name, p.Incarnation))
	}
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

// aroundSpan is how much before and after a moment its logs are shown, aroundMost how many
// lines of each.
const (
	aroundSpan = 10 * time.Second
	aroundMost = 500
)

// newAround shows the logs of all services around a moment, which is in the middle.
func newAround(m *model, moment panel.Moment) dialog {
	lines := m.logs.Between(moment.At.Add(-aroundSpan), moment.At.Add(aroundSpan))
	at := 0 // the first line from the moment on
	for at < len(lines) && lines[at].Time.Before(moment.At) {
		at++
	}
	from := max(0, at-aroundMost)
	lines, at = lines[from:min(len(lines), at+aroundMost)], at-from
	const width, count = 160, 24 // of the box, and of what its title says of the lines
	title := canvas.Shortened(moment.Title, min(width, m.w-6)-count, m.scene.Glyphs.Ellipsis)
	return &pager{title: title, width: width, first: max(0, at-(m.h-6)/2), content: func(m *model, w int) []*canvas.Line {
		if len(lines) == 0 {
			return canvas.Wrapped(canvas.InkDim, "these logs are no longer in memory; the files are in "+canvas.Clean(m.scene.Snapshot.LogFolder), w-1, 4)
		}
		out := make([]*canvas.Line, len(lines))
		for i := range lines {
			after := lines[i].Time.Sub(moment.At).Seconds()
			out[i] = canvas.Text(canvas.InkDim, fmt.Sprintf("%+7.3f ", after)).Add(panel.LogLine(&m.scene, &lines[i], w-8))
			out[i].Selected = i == at
		}
		return out
	}}
}
