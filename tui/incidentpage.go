package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/tui/canvas"
)

// incidentReport is an incident report. Its texts may come from anywhere.
type incidentReport struct {
	title string
	// lead are the sentences that it begins with.
	lead  []string
	parts []part
}

// part is a table, or lines of text.
type part struct {
	title string
	heads []string
	rows  [][]string
	// more is how many rows are left out.
	more  int
	lines []string
}

// add adds a table of the first rows, if there are any.
func (r *incidentReport) add(p part, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	n := min(len(rows), incidentRows)
	p.rows, p.more = rows[:n], len(rows)-n
	r.parts = append(r.parts, p)
}

// name is the title of a part, with what is left out.
func (p part) name() string {
	if p.more == 0 {
		return p.title
	}
	return fmt.Sprintf("%s: %d of %d", p.title, len(p.rows), len(p.rows)+p.more)
}

// markdown returns the report as Markdown.
func (r incidentReport) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", canvas.Clean(r.title), canvas.Clean(strings.Join(r.lead, " ")))
	for _, p := range r.parts {
		fmt.Fprintf(&b, "\n## %s\n\n", p.name())
		if len(p.heads) > 0 {
			markdownRow(&b, p.heads)
			fmt.Fprintln(&b, strings.Repeat("|---", len(p.heads))+"|")
		}
		for _, row := range p.rows {
			markdownRow(&b, row)
		}
		for _, line := range p.lines {
			fmt.Fprintf(&b, "    %s\n", canvas.Clean(line))
		}
	}
	return b.String()
}

func markdownRow(b *strings.Builder, cells []string) {
	for _, c := range cells {
		fmt.Fprintf(b, "| %s ", strings.ReplaceAll(canvas.Clean(c), "|", `\|`))
	}
	fmt.Fprintln(b, "|")
}

// draw returns the report in lines of w cells.
func (r incidentReport) draw(w int) []*canvas.Line {
	lines := canvas.Wrapped(canvas.InkStrong, canvas.Clean(strings.Join(r.lead, " ")), w-1, 8)
	for _, p := range r.parts {
		lines = append(lines, &canvas.Line{}, canvas.Text(canvas.InkTitle, " "+strings.ToUpper(p.name())))
		lines = append(lines, p.drawTable(w)...)
		for _, line := range p.lines {
			lines = append(lines, canvas.Text(canvas.InkText, " "+canvas.Clean(line)))
		}
	}
	return broken(lines, w)
}

// drawTable aligns the columns. A row that is wider than w goes on below itself.
func (p part) drawTable(w int) []*canvas.Line {
	wide := make([]int, len(p.heads))
	for _, row := range append([][]string{p.heads}, p.rows...) {
		for i, c := range row {
			wide[i] = max(wide[i], min(ansi.StringWidth(canvas.Clean(c)), w/3))
		}
	}
	line := func(k canvas.Ink, row []string) *canvas.Line {
		l := canvas.Text(k, " ")
		for i, c := range row {
			c = canvas.Clean(c)
			if l.Put(k, c); i < len(row)-1 {
				l.Gap(l.Width + max(0, wide[i]-ansi.StringWidth(c)) + 2)
			}
		}
		return l
	}
	var lines []*canvas.Line
	if len(p.heads) > 0 {
		lines = append(lines, line(canvas.InkDim, p.heads))
	}
	for _, row := range p.rows {
		lines = append(lines, line(canvas.InkText, row))
	}
	return lines
}

// reported is the message that an incident report is written; err is why it is not.
type reported struct {
	incidentReport
	path string
	err  error
}

// reportPage shows an incident report. The key that copies copies its path.
type reportPage struct {
	pager
	path string
}

// showReport opens a report that was just written.
func (m *model) showReport(r reported) {
	saved := canvas.Text(canvas.InkGood, " saved as "+canvas.Clean(r.path)).Put(canvas.InkDim, "; "+m.keyNamed("copy")+" copies this path")
	if r.err != nil {
		saved = canvas.Text(canvas.InkBad, " not saved: "+canvas.Clean(r.err.Error()))
	}
	var lines []*canvas.Line
	drawn := 0 // for this width
	m.dialog = &reportPage{pager{title: strings.ToUpper(r.title), width: 160, content: func(_ *model, w int) []*canvas.Line {
		if w != drawn {
			drawn, lines = w, append(append(broken([]*canvas.Line{saved}, w), &canvas.Line{}), r.draw(w)...)
		}
		return lines
	}}, r.path}
}

func (p *reportPage) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	if b, known := m.bound("copy"); known && key.Matches(k, b.Binding) && p.path != "" {
		write, path := m.outside.Copy, p.path
		return p, func() tea.Msg {
			if err := write(path); err != nil {
				return notice{"not copied: " + canvas.Clean(err.Error()), true}
			}
			return notice{"copied: " + canvas.Clean(path), false}
		}
	}
	if d, cmd := p.pager.press(m, k); d == nil {
		return nil, cmd
	}
	return p, nil
}
