package panel

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/logbook"
	"livestream-tui/tui/scene"
)

// LogsMost is how many lines Logs keeps. It may hold a quarter more before it drops the
// oldest.
const LogsMost = logbook.Most

// Logs shows the logs of all processes and of the platform itself. It keeps lines of its
// own, so that a line that is being read stays where it is while more arrive.
type Logs struct {
	book *logbook.Book
	// stamp grows with every change.
	stamp uint64
	// search is what to mark in the lines.
	search logbook.Pattern
	// wrap breaks long lines instead of cutting them.
	wrap bool
	// at is the held row; the zero Mark follows the newest.
	at logbook.Mark
	// bottom is the lowest row on the screen while a row is held.
	bottom logbook.Mark
	// right is how many cells of each message are scrolled away at the left.
	right int
	// width is that of the last call of Lines, and drawn its rows, one a line.
	width int
	drawn []logbook.Mark
}

// newLogs returns a panel without lines, which shows level info and up.
func newLogs() *Logs { return &Logs{book: logbook.New()} }

// Seq returns the newest sequence number; 0 means that there are no lines yet.
func (p *Logs) Seq() uint64 { return p.book.Seq() }

// Take adds new lines.
func (p *Logs) Take(lines []platform.LogLine) {
	if len(lines) > 0 {
		p.stamp++
		p.book.Take(lines)
	}
}

// Between returns the lines from one time to another, whatever the filter; a zero to
// means up to the newest.
func (p *Logs) Between(from, to time.Time) []platform.LogLine { return p.book.Between(from, to) }

// Counts returns how many lines pass the filter, and of how many.
func (p *Logs) Counts() (shown, kept int) { return p.book.Counts() }

// Only shows the lines of one process, and follows. An empty name shows all processes.
func (p *Logs) Only(service string) {
	p.Follow()
	p.book.Only(service)
}

// Service returns the only process whose lines are shown; empty means all.
func (p *Logs) Service() string { return p.book.Service() }

// Since shows the lines from a time on, which has a name. A zero time shows all.
func (p *Logs) Since(at time.Time, what string) {
	p.stamp++
	p.book.SetSince(at, what)
}

// SinceWhat returns the name of Since's time; empty means that lines of all times are shown.
func (p *Logs) SinceWhat() string { return p.book.Since() }

// ShiftLevel moves the lowest level that is shown by n.
func (p *Logs) ShiftLevel(n int) {
	p.stamp++
	p.book.ShiftLevel(n)
}

// SetFilter shows only the lines that match a pattern; see logbook.NewPattern.
func (p *Logs) SetFilter(text string) {
	p.stamp++
	p.book.SetFilter(text)
}

// Filter returns the text of SetFilter, and whether it is taken literally.
func (p *Logs) Filter() (text string, literal bool) {
	f := p.book.Filter()
	return f.Text, f.Literal
}

// ToggleWrap breaks long lines, or cuts them again. It reports whether they are broken.
func (p *Logs) ToggleWrap() bool {
	p.stamp++
	p.wrap, p.right = !p.wrap, 0
	return p.wrap
}

// Follow goes back to the newest line.
func (p *Logs) Follow() {
	p.stamp++
	p.at, p.bottom = logbook.Mark{}, logbook.Mark{}
}

// Held reports whether a line is held, so that newer lines do not move it.
func (p *Logs) Held() bool { return p.at != logbook.Mark{} }

// Back implements Backer: it takes back the search, then the filter, the held line, the
// time that lines are shown since, and the service.
func (p *Logs) Back() bool {
	filter, _ := p.Filter()
	switch {
	case p.search.Text != "":
		p.SetSearch("")
	case filter != "":
		p.SetFilter("")
	case p.Held():
		p.Follow()
	case p.SinceWhat() != "":
		p.Since(time.Time{}, "")
	case p.Service() != "":
		p.Only("")
	default:
		return false
	}
	return true
}

// Title implements Panel. The note has what fits, and no half words.
func (p *Logs) Title(s *scene.Scene) (name, note string) {
	var list []canvas.Piece
	put := func(rank int, text string) {
		if text != "" {
			list = append(list, canvas.Piece{Line: canvas.Text(canvas.InkDim, text), Rank: rank})
		}
	}
	service, since, mode := "all services", "", "FOLLOW"
	if p.Service() != "" {
		service = p.Service()
	}
	if what := p.SinceWhat(); what != "" {
		since = "since " + what
	}
	if p.Held() {
		mode = "HELD"
	}
	put(2, service)
	put(6, "level "+logbook.LevelText(p.book.Level())+" and up")
	put(3, since)
	if f := p.book.Filter(); f.Text != "" {
		shown, kept := p.Counts()
		put(4, patternText("&", f)+fmt.Sprintf(" %d of %d", shown, kept))
	}
	put(5, patternText("/", p.search))
	if missed := p.book.Missed(); missed > 0 {
		put(7, fmt.Sprintf("%d missed", missed))
	}
	errors, warnings := p.book.Trouble()
	put(1, fmt.Sprintf("%d ERR %d WRN", errors, warnings))
	put(0, mode)
	const frame = 18 // the panel's name and number, and what is between
	return "LOGS", canvas.Fitted(list, max(0, p.width-frame)).String()
}

// patternText shows a pattern between two signs.
func patternText(sign string, p logbook.Pattern) string {
	if p.Text == "" {
		return ""
	}
	text := sign + ansi.Truncate(p.Text, 24, "~") + sign
	if p.Literal {
		text += " as text"
	}
	return text
}

// Content implements Panel.
func (*Logs) Content(*scene.Scene, int) layouts.Content { return layouts.Content{Least: 2} }

// Stamp implements Panel.
func (p *Logs) Stamp(*scene.Scene) uint64 { return p.stamp }

// Lines implements Panel. It draws upwards from the lowest row.
func (p *Logs) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	p.width, p.drawn = w, nil
	p.book.SetNames(LogNames(s))
	n := p.book.Rows()
	if n == 0 || h < 1 {
		text := " no lines yet"
		if _, kept := p.Counts(); kept > 0 {
			text = fmt.Sprintf(" none of %d lines passes the filter", kept)
		}
		return []*canvas.Line{canvas.Text(canvas.InkDim, text)}
	}
	bottom := n - 1
	if p.Held() {
		bottom = p.settle(s, w, h)
		p.bottom = p.book.Row(bottom).Mark
	}
	out, marks := make([]*canvas.Line, h), make([]logbook.Mark, h)
	y := h
	for i := bottom; i >= 0 && y > 0; i-- {
		block := p.block(s, i, w)
		if len(block) > y && y < h {
			block = block[len(block)-y:]
		} else if len(block) > y {
			block = block[:y] // a line that is longer than the panel, from its beginning
		}
		y -= len(block)
		copy(out[y:], block)
		for j := range block {
			marks[y+j] = p.book.Row(i).Mark
		}
	}
	p.drawn = marks[y:]
	return out[y:]
}

// block draws a row.
func (p *Logs) block(s *scene.Scene, i, w int) []*canvas.Line {
	r := p.book.Row(i)
	held := r.Mark == p.at
	fields := r.Line.Fields
	if !held {
		fields = p.book.Changed(i)
	}
	lines := lineLook{scene: s, names: p.book.Names(), w: w, right: p.right, wrap: p.wrap, pattern: p.marked()}.lines(r.Line, fields, r.Times)
	for _, l := range lines {
		l.Selected = held
	}
	return lines
}

// settle returns the lowest row to draw, so that the held row is on the screen and moves
// as little as possible.
func (p *Logs) settle(s *scene.Scene, w, h int) int {
	held := p.index()
	bottom := min(max(p.book.Find(p.bottom), held), p.book.Rows()-1)
	if !p.wrap {
		return max(min(bottom, held+h-1), min(h, p.book.Rows())-1)
	}
	for i, used := held, 0; i <= bottom; i++ {
		if used += len(p.block(s, i, w)); used > h {
			return max(held, i-1)
		}
	}
	return bottom
}

// marked is what stands out in the lines: what is searched for, or else the filter.
func (p *Logs) marked() *logbook.Pattern {
	if p.search.Text != "" {
		return &p.search
	}
	f := p.book.Filter()
	return &f
}

// Text returns the held line, or else the newest n rows that are shown, and how many
// there are.
func (p *Logs) Text(n int) (text string, count int) {
	rows := p.book.Rows()
	first, end := max(0, rows-n), rows
	if p.Held() && rows > 0 {
		first = p.index()
		end = first + 1
	}
	var b strings.Builder
	for i := first; i < end; i++ {
		b.WriteString(p.book.Row(i).Plain() + "\n")
	}
	return b.String(), end - first
}

// AllText returns every line that passes the filter, and how many lines these are.
func (p *Logs) AllText() (text string, count int) {
	var b strings.Builder
	lines := p.book.Passing()
	for _, l := range lines {
		b.WriteString(logbook.Plain(l) + "\n")
	}
	return b.String(), len(lines)
}

// HeldLine returns the held line, or else the newest; nil when there is none.
func (p *Logs) HeldLine() *platform.LogLine {
	if i := p.index(); i >= 0 {
		return p.book.Row(i).Line
	}
	return nil
}

// LogNames returns the names of the scene's services, by their addresses.
func LogNames(s *scene.Scene) logbook.Names {
	names := logbook.Names{}
	if s == nil {
		return names
	}
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		if p.Port == 0 {
			continue
		}
		name := canvas.Clean(p.Name)
		machine, _ := platform.SplitMachine(p.Name)
		names[logbook.Address{Host: machine, Port: p.Port}] = name
		if m, known := s.Snapshot.Machine(p.Machine); known && m.Address != "" {
			host := m.Address
			if strings.Contains(host, ":") {
				host = "[" + host + "]"
			}
			names[logbook.Address{Host: host, Port: p.Port}] = name
		}
	}
	return names
}
