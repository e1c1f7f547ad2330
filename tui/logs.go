package tui

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// logsMost is how many lines the panel keeps; it may hold a quarter more before
// it lets go of the oldest.
const logsMost = 10_000

// logsPanel shows the children's logs. It keeps lines of its own, so that what is
// being read does not move away while more come.
type logsPanel struct {
	rev  uint64
	kept []platform.LogLine
	// shown are the sequence numbers of the lines that pass, oldest first.
	shown []uint64
	// service is the only process shown, empty for all; level the least level.
	service string
	level   event.Level
	// filter is what was typed; pattern is made of it, nil for none. literal: it
	// is no regular expression and is taken as plain text.
	filter  string
	pattern *regexp.Regexp
	// lower is the pattern for text in small letters: many times faster than one
	// without regard to case. nil where case counts.
	lower   *regexp.Regexp
	literal bool
	// at is the sequence number of the line that was gone to; 0 follows.
	at uint64
	// bottom is the last line shown while not following.
	bottom uint64
	// right is how many cells of each line are left out at the left.
	right int
	// whole is what matches looks at, kept for its memory.
	whole []byte
	// lost counts lines that came and went between two looks.
	lost uint64
}

func newLogsPanel() *logsPanel { return &logsPanel{level: event.LevelInfo} }

// seq is the newest sequence number seen.
func (p *logsPanel) seq() uint64 {
	if len(p.kept) == 0 {
		return 0
	}
	return p.kept[len(p.kept)-1].Seq
}

// take appends new lines.
func (p *logsPanel) take(lines []platform.LogLine) {
	if len(lines) == 0 {
		return
	}
	p.rev++
	if last := p.seq(); last > 0 && lines[0].Seq > last+1 {
		p.lost += lines[0].Seq - last - 1
	}
	p.kept = append(p.kept, lines...)
	for i := range lines {
		if p.passes(&lines[i]) {
			p.shown = append(p.shown, lines[i].Seq)
		}
	}
	if len(p.kept) > logsMost+logsMost/4 {
		p.kept = append([]platform.LogLine(nil), p.kept[len(p.kept)-logsMost:]...)
		oldest := p.kept[0].Seq
		p.shown = append([]uint64(nil), p.shown[sort.Search(len(p.shown), func(i int) bool { return p.shown[i] >= oldest }):]...)
	}
}

// line is the kept line with that sequence number.
func (p *logsPanel) line(seq uint64) *platform.LogLine {
	i := sort.Search(len(p.kept), func(i int) bool { return p.kept[i].Seq >= seq })
	if i < len(p.kept) && p.kept[i].Seq == seq {
		return &p.kept[i]
	}
	return nil
}

func (p *logsPanel) passes(l *platform.LogLine) bool {
	level := l.Level
	if level > event.LevelDebug && isViewing(l) {
		level = event.LevelDebug // once a second, and the screen says it elsewhere
	}
	return level >= p.level && (p.service == "" || l.Process == p.service) &&
		(p.pattern == nil || p.matches(l))
}

// isViewing reports whether a line is a viewer's word.
func isViewing(l *platform.LogLine) bool {
	return event.KindOf(l.Line) == event.KindViewing
}

// matches looks at all that is said of a line, its time aside.
func (p *logsPanel) matches(l *platform.LogLine) bool {
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

// plainLine is a line as it is copied and saved.
func plainLine(l *platform.LogLine) string {
	text := l.Time.Format("15:04:05.000") + " " + levelText(l.Level) + " " + l.Process + " " + l.Message
	if len(l.Fields) > 0 {
		text += " " + l.FieldText()
	}
	return text
}

// again chooses anew which lines pass.
func (p *logsPanel) again() {
	p.rev++
	p.shown = p.shown[:0]
	for i := range p.kept {
		if p.passes(&p.kept[i]) {
			p.shown = append(p.shown, p.kept[i].Seq)
		}
	}
}

// only shows one process's lines, or all with "".
func (p *logsPanel) only(service string) {
	p.service = service
	p.follow()
	p.again()
}

func (p *logsPanel) setLevel(l event.Level) {
	p.level = min(max(l, event.LevelTrace), event.LevelError)
	p.again()
}

// setFilter takes a regular expression, without regard to case unless it has a
// capital letter; what is none is taken as it stands.
func (p *logsPanel) setFilter(text string) {
	p.filter, p.pattern, p.lower, p.literal = text, nil, nil, false
	if text != "" {
		if _, err := regexp.Compile("(?i)" + text); err != nil {
			p.literal = true
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

// follow goes back to the newest line.
func (p *logsPanel) follow() {
	p.rev++
	p.at, p.bottom = 0, 0
}

// index is the place of the line gone to among those shown.
func (p *logsPanel) index() int {
	if p.at == 0 {
		return len(p.shown) - 1
	}
	i := sort.Search(len(p.shown), func(i int) bool { return p.shown[i] >= p.at })
	return min(i, len(p.shown)-1)
}

func (p *logsPanel) move(_ *scene, m motion, page int) {
	p.rev++
	switch m {
	case moveLeft:
		p.right = max(0, p.right-8)
		return
	case moveRight:
		p.right = min(p.right+8, 2000)
		return
	case moveBottom:
		p.follow()
		return
	}
	p.step(m.by(page))
}

// step moves by n of the lines shown; down at the newest it follows again.
func (p *logsPanel) step(n int) {
	p.rev++
	if len(p.shown) == 0 {
		p.follow()
		return
	}
	i := p.index() + n
	if n > 0 && (i >= len(p.shown)-1 || p.at == 0) {
		p.follow()
		return
	}
	if p.at == 0 {
		p.bottom = p.shown[len(p.shown)-1]
	}
	p.at = p.shown[max(i, 0)]
}

func (p *logsPanel) title(*scene) (name, note string) {
	what := "all services"
	if p.service != "" {
		what = p.service
	}
	note = what + "  level " + strings.TrimSpace(levelText(p.level)) + " and up"
	if p.filter != "" {
		note += fmt.Sprintf("  /%s/ %d of %d", p.filter, len(p.shown), len(p.kept))
		if p.literal {
			note += " as text"
		}
	}
	if p.lost > 0 {
		note += fmt.Sprintf("  %d not seen", p.lost)
	}
	if p.at == 0 {
		return "LOGS", note + "  FOLLOW"
	}
	return "LOGS", note + "  HELD"
}

func (*logsPanel) content(*scene, int) layouts.Content { return layouts.Content{Least: 2} }

func (p *logsPanel) stamp(*scene) uint64 { return p.rev }

func (p *logsPanel) lines(s *scene, w, h int) []*line {
	if len(p.shown) == 0 {
		text := " no line yet"
		if len(p.kept) > 0 {
			text = fmt.Sprintf(" none of %d lines passes", len(p.kept))
		}
		return []*line{(&line{}).put(inkDim, text)}
	}
	end := len(p.shown)
	if p.at != 0 {
		// The window stays where it is as long as the chosen line is in it.
		bottom := sort.Search(len(p.shown), func(i int) bool { return p.shown[i] >= p.bottom })
		first := scrolled(bottom-h+1, p.index(), len(p.shown), h)
		end = min(len(p.shown), first+h)
		p.bottom = p.shown[end-1]
	}
	var out []*line
	for _, seq := range p.shown[max(0, end-h):end] {
		if v := p.line(seq); v != nil {
			l := logLine(s, v, w, p.right, p.pattern)
			l.selected = seq == p.at
			out = append(out, l)
		}
	}
	return out
}

func levelText(l event.Level) string {
	return [...]string{"TRC", "DBG", "INF", "WRN", "ERR"}[min(l, event.LevelError)]
}

func levelInk(l event.Level) ink {
	switch l {
	case event.LevelError:
		return inkBadStrong
	case event.LevelWarn:
		return inkWarn
	case event.LevelInfo:
		return inkGood
	}
	return inkFaint
}

// nameInk tells processes apart.
func nameInk(name string) ink {
	sum := 0
	for i := range len(name) {
		sum += int(name[i]) * (i + 1)
	}
	return inkNames + ink(sum%namesCount)
}

// logLine draws a line of log. ParseLine has cleaned it, except for its process.
func logLine(s *scene, v *platform.LogLine, w, right int, pattern *regexp.Regexp) *line {
	l := &line{}
	switch {
	case w >= 100:
		l.put(inkDim, v.Time.In(s.now.Location()).Format("15:04:05.000 "))
	case w >= 60:
		l.put(inkDim, v.Time.In(s.now.Location()).Format("15:04:05 "))
	case w >= 40:
		l.put(inkDim, v.Time.In(s.now.Location()).Format("04:05 "))
	}
	l.put(levelInk(v.Level), levelText(v.Level)+" ")
	name := 10
	if w < 70 {
		name = 9
	}
	l.cell(nameInk(v.Process), clean(v.Process), name, false, s.g.ellipsis).put(inkText, " ")
	message := inkText
	if v.Level >= event.LevelWarn {
		message = levelInk(v.Level)
	}
	rest := &line{}
	marked(rest, message, v.Message, pattern)
	if len(v.Fields) > 0 {
		if w >= 110 && right == 0 {
			rest.gap(28)
		}
		rest.put(inkFaint, " ")
		marked(rest, inkDim, v.FieldText(), pattern)
	}
	return l.add(rest.from(right))
}

// marked appends text with what the pattern matches standing out.
func marked(l *line, k ink, text string, pattern *regexp.Regexp) {
	if pattern == nil {
		l.put(k, text)
		return
	}
	last := 0
	for _, m := range pattern.FindAllStringIndex(text, 20) {
		l.put(k, text[last:m[0]]).put(inkMatch, text[m[0]:m[1]])
		last = m[1]
	}
	l.put(k, text[last:])
}

// text is the held line, else the newest n lines that pass (0 for all), and how
// many these are.
func (p *logsPanel) text(n int) (string, int) {
	list := p.shown
	switch {
	case n > 0 && p.at != 0:
		list = []uint64{p.at}
	case n > 0:
		list = list[max(0, len(list)-n):]
	}
	var b strings.Builder
	count := 0
	for _, seq := range list {
		if l := p.line(seq); l != nil {
			b.WriteString(plainLine(l) + "\n")
			count++
		}
	}
	return b.String(), count
}
