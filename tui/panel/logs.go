package panel

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// LogsMost is how many lines the panel keeps; it may hold a quarter more before
// it lets go of the oldest.
const LogsMost = 10_000

// LogsPanel shows the children's logs. It keeps lines of its own, so that what is
// being read does not move away while more come.
type LogsPanel struct {
	Rev  uint64
	Kept []platform.LogLine
	// Shown are the sequence numbers of the lines that pass, oldest first.
	Shown []uint64
	// Service is the only process shown, empty for all; level the least level.
	Service string
	Level   event.Level
	// Filter is what was typed; pattern is made of it, nil for none. literal: it
	// is no regular expression and is taken as plain text.
	Filter  string
	pattern *regexp.Regexp
	// lower is the pattern for text in small letters: many times faster than one
	// without regard to case. nil where case counts.
	lower   *regexp.Regexp
	Literal bool
	// At is the sequence number of the line that was gone to; 0 follows.
	At uint64
	// bottom is the last line shown while not following.
	bottom uint64
	// Right is how many cells of each line are left out at the left.
	Right int
	// whole is what matches looks at, kept for its memory.
	whole []byte
	// lost counts lines that came and went between two looks.
	lost uint64
}

func newLogsPanel() *LogsPanel { return &LogsPanel{Level: event.LevelInfo} }

// Seq is the newest sequence number seen.
func (p *LogsPanel) Seq() uint64 {
	if len(p.Kept) == 0 {
		return 0
	}
	return p.Kept[len(p.Kept)-1].Seq
}

// Take appends new lines.
func (p *LogsPanel) Take(lines []platform.LogLine) {
	if len(lines) == 0 {
		return
	}
	p.Rev++
	if last := p.Seq(); last > 0 && lines[0].Seq > last+1 {
		p.lost += lines[0].Seq - last - 1
	}
	p.Kept = append(p.Kept, lines...)
	for i := range lines {
		if p.passes(&lines[i]) {
			p.Shown = append(p.Shown, lines[i].Seq)
		}
	}
	if len(p.Kept) > LogsMost+LogsMost/4 {
		p.Kept = append([]platform.LogLine(nil), p.Kept[len(p.Kept)-LogsMost:]...)
		oldest := p.Kept[0].Seq
		p.Shown = append([]uint64(nil), p.Shown[sort.Search(len(p.Shown), func(i int) bool { return p.Shown[i] >= oldest }):]...)
	}
}

// Line is the kept line with that sequence number.
func (p *LogsPanel) Line(seq uint64) *platform.LogLine {
	i := sort.Search(len(p.Kept), func(i int) bool { return p.Kept[i].Seq >= seq })
	if i < len(p.Kept) && p.Kept[i].Seq == seq {
		return &p.Kept[i]
	}
	return nil
}

func (p *LogsPanel) passes(l *platform.LogLine) bool {
	level := l.Level
	if level > event.LevelDebug && isViewing(l) {
		level = event.LevelDebug // once a second, and the screen says it elsewhere
	}
	return level >= p.Level && (p.Service == "" || l.Process == p.Service) &&
		(p.pattern == nil || p.matches(l))
}

// isViewing reports whether a line is a viewer's word.
func isViewing(l *platform.LogLine) bool {
	return event.KindOf(l.Line) == event.KindViewing
}

// matches looks at all that is said of a line, its time aside.
func (p *LogsPanel) matches(l *platform.LogLine) bool {
	p.whole = append(p.whole[:0], levelText(l.Level)...)
	for _, part := range []string{l.Process, l.Message, l.FieldText()} {
		p.whole = append(append(p.whole, ' '), part...)
	}
	if p.lower == nil {
		return p.pattern.Match(p.whole)
	}
	for i, c := range p.whole {
		if 'A' <= c && c <= 'Z' {
			p.whole[i] = c + 'a' - 'A'
		}
	}
	return p.lower.Match(p.whole)
}

// PlainLine is a line as it is copied and saved.
func PlainLine(l *platform.LogLine) string {
	text := l.Time.Format("15:04:05.000") + " " + levelText(l.Level) + " " + l.Process + " " + l.Message
	if len(l.Fields) > 0 {
		text += " " + l.FieldText()
	}
	return text
}

// again chooses anew which lines pass.
func (p *LogsPanel) again() {
	p.Rev++
	p.Shown = p.Shown[:0]
	for i := range p.Kept {
		if p.passes(&p.Kept[i]) {
			p.Shown = append(p.Shown, p.Kept[i].Seq)
		}
	}
}

// Only shows one process's lines, or all with "".
func (p *LogsPanel) Only(service string) {
	p.Service = service
	p.Follow()
	p.again()
}

func (p *LogsPanel) SetLevel(l event.Level) {
	p.Level = min(max(l, event.LevelTrace), event.LevelError)
	p.again()
}

// SetFilter takes a regular expression, without regard to case unless it has a
// capital letter; what is none is taken as it stands.
func (p *LogsPanel) SetFilter(text string) {
	p.Filter, p.pattern, p.lower, p.Literal = text, nil, nil, false
	if text != "" {
		if _, err := regexp.Compile("(?i)" + text); err != nil {
			p.Literal = true
			text = regexp.QuoteMeta(text)
		}
		if strings.ToLower(text) == text {
			p.pattern, p.lower = regexp.MustCompile("(?i)"+text), regexp.MustCompile(text)
		} else {
			p.pattern = regexp.MustCompile(text)
		}
	}
	p.again()
}

// Follow goes back to the newest line.
func (p *LogsPanel) Follow() {
	p.Rev++
	p.At, p.bottom = 0, 0
}

// index is the place of the line gone to among those shown.
func (p *LogsPanel) index() int {
	if p.At == 0 {
		return len(p.Shown) - 1
	}
	i := sort.Search(len(p.Shown), func(i int) bool { return p.Shown[i] >= p.At })
	return min(i, len(p.Shown)-1)
}

func (p *LogsPanel) Move(_ *scene.Scene, m Motion, page int) {
	p.Rev++
	switch m {
	case MoveLeft:
		p.Right = max(0, p.Right-8)
		return
	case MoveRight:
		p.Right = min(p.Right+8, 2000)
		return
	case MoveBottom:
		p.Follow()
		return
	}
	p.Step(m.by(page))
}

// Step moves by n of the lines shown; down at the newest it follows again.
func (p *LogsPanel) Step(n int) {
	p.Rev++
	if len(p.Shown) == 0 {
		p.Follow()
		return
	}
	i := p.index() + n
	if n > 0 && (i >= len(p.Shown)-1 || p.At == 0) {
		p.Follow()
		return
	}
	if p.At == 0 {
		p.bottom = p.Shown[len(p.Shown)-1]
	}
	p.At = p.Shown[max(i, 0)]
}

func (p *LogsPanel) Title(*scene.Scene) (name, note string) {
	what := "all services"
	if p.Service != "" {
		what = p.Service
	}
	note = what + "  level " + strings.TrimSpace(levelText(p.Level)) + " and up"
	if p.Filter != "" {
		note += fmt.Sprintf("  /%s/ %d of %d", p.Filter, len(p.Shown), len(p.Kept))
		if p.Literal {
			note += " as text"
		}
	}
	if p.lost > 0 {
		note += fmt.Sprintf("  %d not seen", p.lost)
	}
	if p.At == 0 {
		return "LOGS", note + "  FOLLOW"
	}
	return "LOGS", note + "  HELD"
}

func (*LogsPanel) Content(*scene.Scene, int) layouts.Content { return layouts.Content{Least: 2} }

func (p *LogsPanel) Stamp(*scene.Scene) uint64 { return p.Rev }

func (p *LogsPanel) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	if len(p.Shown) == 0 {
		text := " no line yet"
		if len(p.Kept) > 0 {
			text = fmt.Sprintf(" none of %d lines passes", len(p.Kept))
		}
		return []*canvas.Line{(&canvas.Line{}).Put(canvas.InkDim, text)}
	}
	end := len(p.Shown)
	if p.At != 0 {
		// The window stays where it is as long as the chosen line is in it.
		bottom := sort.Search(len(p.Shown), func(i int) bool { return p.Shown[i] >= p.bottom })
		first := canvas.Scrolled(bottom-h+1, p.index(), len(p.Shown), h)
		end = min(len(p.Shown), first+h)
		p.bottom = p.Shown[end-1]
	}
	var out []*canvas.Line
	for _, seq := range p.Shown[max(0, end-h):end] {
		if v := p.Line(seq); v != nil {
			l := LogLine(s, v, w, p.Right, p.pattern)
			l.Selected = seq == p.At
			out = append(out, l)
		}
	}
	return out
}

func levelText(l event.Level) string {
	return [...]string{"TRC", "DBG", "INF", "WRN", "ERR"}[min(l, event.LevelError)]
}

func levelInk(l event.Level) canvas.Ink {
	switch l {
	case event.LevelError:
		return canvas.InkBadStrong
	case event.LevelWarn:
		return canvas.InkWarn
	case event.LevelInfo:
		return canvas.InkGood
	}
	return canvas.InkFaint
}

// nameInk tells processes apart.
func nameInk(name string) canvas.Ink {
	sum := 0
	for i := range len(name) {
		sum += int(name[i]) * (i + 1)
	}
	return canvas.InkNames + canvas.Ink(sum%canvas.NamesCount)
}

// LogLine draws a line of log. ParseLine has cleaned it, except for its process.
func LogLine(s *scene.Scene, v *platform.LogLine, w, right int, pattern *regexp.Regexp) *canvas.Line {
	l := &canvas.Line{}
	switch {
	case w >= 100:
		l.Put(canvas.InkDim, v.Time.In(s.Now.Location()).Format("15:04:05.000 "))
	case w >= 60:
		l.Put(canvas.InkDim, v.Time.In(s.Now.Location()).Format("15:04:05 "))
	case w >= 40:
		l.Put(canvas.InkDim, v.Time.In(s.Now.Location()).Format("04:05 "))
	}
	l.Put(levelInk(v.Level), levelText(v.Level)+" ")
	name := 10
	if w < 70 {
		name = 9
	}
	l.Cell(nameInk(v.Process), canvas.Clean(v.Process), name, false, s.Glyphs.Ellipsis).Put(canvas.InkText, " ")
	message := canvas.InkText
	if v.Level >= event.LevelWarn {
		message = levelInk(v.Level)
	}
	rest := &canvas.Line{}
	marked(rest, message, v.Message, pattern)
	if len(v.Fields) > 0 {
		if w >= 110 && right == 0 {
			rest.Gap(28)
		}
		rest.Put(canvas.InkFaint, " ")
		marked(rest, canvas.InkDim, v.FieldText(), pattern)
	}
	return l.Add(rest.From(right))
}

// marked appends text with what the pattern matches standing out.
func marked(l *canvas.Line, k canvas.Ink, text string, pattern *regexp.Regexp) {
	if pattern == nil {
		l.Put(k, text)
		return
	}
	last := 0
	for _, m := range pattern.FindAllStringIndex(text, 20) {
		l.Put(k, text[last:m[0]]).Put(canvas.InkMatch, text[m[0]:m[1]])
		last = m[1]
	}
	l.Put(k, text[last:])
}

// Text is the held line, else the newest n lines that pass (0 for all), and how
// many these are.
func (p *LogsPanel) Text(n int) (string, int) {
	list := p.Shown
	switch {
	case n > 0 && p.At != 0:
		list = []uint64{p.At}
	case n > 0:
		list = list[max(0, len(list)-n):]
	}
	var b strings.Builder
	count := 0
	for _, seq := range list {
		if l := p.Line(seq); l != nil {
			b.WriteString(PlainLine(l) + "\n")
			count++
		}
	}
	return b.String(), count
}
