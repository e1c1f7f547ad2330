package panel

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// LogsMost is how many lines Logs keeps. It may hold a quarter more before it drops the
// oldest.
const LogsMost = 10_000

// Logs shows the logs of all processes. It keeps lines of its own, so that a line that is
// being read stays where it is while more arrive.
type Logs struct {
	filter logFilter
	// stamp grows with every change.
	stamp uint64
	kept  []platform.LogLine
	// shown are the sequence numbers of the lines that pass the filter, oldest first.
	shown []uint64
	// at is the sequence number of the held line; 0 follows the newest.
	at uint64
	// bottom is the lowest line on the screen while a line is held.
	bottom uint64
	// right is how many cells of each message are scrolled away at the left.
	right int
	// missed counts the lines that were lost between two polls.
	missed uint64
}

// newLogs returns a panel without lines, which shows level info and up.
func newLogs() *Logs { return &Logs{filter: logFilter{level: event.LevelInfo}} }

// Seq returns the newest sequence number; 0 means that there are no lines yet.
func (p *Logs) Seq() uint64 {
	if len(p.kept) == 0 {
		return 0
	}
	return p.kept[len(p.kept)-1].Seq
}

// Take appends new lines.
func (p *Logs) Take(lines []platform.LogLine) {
	if len(lines) == 0 {
		return
	}
	p.stamp++
	if last := p.Seq(); last > 0 && lines[0].Seq > last+1 {
		p.missed += lines[0].Seq - last - 1
	}
	p.kept = append(p.kept, lines...)
	for i := range lines {
		if p.filter.passes(&lines[i]) {
			p.shown = append(p.shown, lines[i].Seq)
		}
	}
	if len(p.kept) > LogsMost+LogsMost/4 {
		p.kept = slices.Clone(p.kept[len(p.kept)-LogsMost:])
		p.shown = slices.Clone(p.shown[p.from(p.kept[0].Seq):])
	}
}

// from is the index of the first line shown with that sequence number or a higher one.
func (p *Logs) from(seq uint64) int {
	return sort.Search(len(p.shown), func(i int) bool { return p.shown[i] >= seq })
}

// line is the line with that sequence number; nil when it is not kept.
func (p *Logs) line(seq uint64) *platform.LogLine {
	i := sort.Search(len(p.kept), func(i int) bool { return p.kept[i].Seq >= seq })
	if i < len(p.kept) && p.kept[i].Seq == seq {
		return &p.kept[i]
	}
	return nil
}

// Between returns the lines from one time to another, whatever the filter; a zero to
// means up to the newest.
func (p *Logs) Between(from, to time.Time) []platform.LogLine {
	var lines []platform.LogLine
	for _, l := range p.kept {
		if !l.Time.Before(from) && (to.IsZero() || !l.Time.After(to)) {
			lines = append(lines, l)
		}
	}
	return lines
}

// Counts returns how many lines pass the filter, and of how many.
func (p *Logs) Counts() (shown, kept int) { return len(p.shown), len(p.kept) }

// refilter chooses again which lines to show.
func (p *Logs) refilter() {
	p.stamp++
	p.shown = p.shown[:0]
	for i := range p.kept {
		if p.filter.passes(&p.kept[i]) {
			p.shown = append(p.shown, p.kept[i].Seq)
		}
	}
}

// Only shows the lines of one process, and follows. An empty name shows all processes.
func (p *Logs) Only(service string) {
	p.filter.service = service
	p.Follow()
	p.refilter()
}

// Service returns the only process whose lines are shown; empty means all.
func (p *Logs) Service() string { return p.filter.service }

// ShiftLevel moves the lowest level that is shown by n.
func (p *Logs) ShiftLevel(n int) {
	p.filter.level = event.Level(min(max(int(p.filter.level)+n, int(event.LevelTrace)), int(event.LevelError)))
	p.refilter()
}

// SetFilter shows the lines that match a regular expression. It ignores case unless it
// has a capital letter. A text that is not a regular expression is taken literally; an
// empty one shows every line.
func (p *Logs) SetFilter(text string) {
	p.filter.setText(text)
	p.refilter()
}

// Filter returns the text of SetFilter, and whether it is taken literally.
func (p *Logs) Filter() (text string, literal bool) { return p.filter.text, p.filter.literal }

// Follow goes back to the newest line.
func (p *Logs) Follow() {
	p.stamp++
	p.at, p.bottom = 0, 0
}

// Held reports whether a line is held, so that newer lines do not move it.
func (p *Logs) Held() bool { return p.at != 0 }

// Back implements Backer: it drops the filter, or else follows again, or else shows the
// lines of all processes.
func (p *Logs) Back() bool {
	switch {
	case p.filter.text != "":
		p.SetFilter("")
	case p.Held():
		p.Follow()
	case p.filter.service != "":
		p.Only("")
	default:
		return false
	}
	return true
}

// index is the held line's index among those shown, or that of the newest.
func (p *Logs) index() int {
	if !p.Held() {
		return len(p.shown) - 1
	}
	return min(p.from(p.at), len(p.shown)-1)
}

func (p *Logs) Move(_ *scene.Scene, m Motion, page int) {
	p.stamp++
	switch m {
	case MoveLeft:
		p.right = max(0, p.right-8)
	case MoveRight:
		p.right = min(p.right+8, 2000)
	case MoveBottom:
		p.Follow()
	default:
		p.Step(m.lines(page))
	}
}

// Step holds the line that is n below the held one, or below the newest if no line is
// held. Below the newest line it follows again.
func (p *Logs) Step(n int) {
	p.stamp++
	if len(p.shown) == 0 {
		p.Follow()
		return
	}
	i := p.index() + n
	if n > 0 && (i >= len(p.shown)-1 || !p.Held()) {
		p.Follow()
		return
	}
	if !p.Held() {
		p.bottom = p.shown[len(p.shown)-1]
	}
	p.at = p.shown[max(i, 0)]
}

func (p *Logs) Title(*scene.Scene) (name, note string) {
	note = "all services"
	if p.filter.service != "" {
		note = p.filter.service
	}
	note += "  level " + levelText(p.filter.level) + " and up"
	if p.filter.text != "" {
		note += fmt.Sprintf("  /%s/ %d of %d", p.filter.text, len(p.shown), len(p.kept))
		if p.filter.literal {
			note += " as text"
		}
	}
	if p.missed > 0 {
		note += fmt.Sprintf("  %d missed", p.missed)
	}
	if p.Held() {
		return "LOGS", note + "  HELD"
	}
	return "LOGS", note + "  FOLLOW"
}

func (*Logs) Content(*scene.Scene, int) layouts.Content { return layouts.Content{Least: 2} }

func (p *Logs) Stamp(*scene.Scene) uint64 { return p.stamp }

func (p *Logs) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	if len(p.shown) == 0 {
		text := " no lines yet"
		if len(p.kept) > 0 {
			text = fmt.Sprintf(" none of %d lines passes the filter", len(p.kept))
		}
		return []*canvas.Line{canvas.Text(canvas.InkDim, text)}
	}
	end := len(p.shown)
	if p.Held() {
		// The window stays where it is as long as the held line is in it.
		first := canvas.Scrolled(p.from(p.bottom)-h+1, p.index(), len(p.shown), h)
		end = min(len(p.shown), first+h)
		p.bottom = p.shown[end-1]
	}
	var out []*canvas.Line
	for _, seq := range p.shown[max(0, end-h):end] {
		if v := p.line(seq); v != nil {
			l := LogLine(s, v, w, p.right, p.filter.pattern)
			l.Selected = seq == p.at
			out = append(out, l)
		}
	}
	return out
}

// Text returns the held line, or else the newest n lines that are shown, and how many
// lines these are.
func (p *Logs) Text(n int) (string, int) {
	if p.Held() {
		return p.text([]uint64{p.at})
	}
	return p.text(p.shown[max(0, len(p.shown)-n):])
}

// AllText returns every line that passes the filter, and how many lines these are.
func (p *Logs) AllText() (string, int) { return p.text(p.shown) }

func (p *Logs) text(list []uint64) (string, int) {
	var b strings.Builder
	count := 0
	for _, seq := range list {
		if l := p.line(seq); l != nil {
			b.WriteString(PlainLine(l) + "\n")
			count++
		}
	}
	return b.String(), count
}
