package logbook

import (
	"regexp"
	"strings"

	"livestream-tui/procs/platform"
)

// Pattern is what to look for in lines. The zero value matches every line.
type Pattern struct {
	// Text is what was typed.
	Text string
	// Literal means that Text is not a regular expression and is matched as it stands.
	Literal bool
	// Expression finds the matches in a text; nil matches every line.
	Expression *regexp.Regexp
	// lower is the expression for lower-case text, which is many times faster than one
	// that ignores case; nil where case counts.
	lower *regexp.Regexp
	// whole is the memory for what line looks at.
	whole []byte
}

// NewPattern returns the pattern of a regular expression, which ignores case unless it has
// a capital letter. A text that is not a regular expression is taken literally.
func NewPattern(text string) Pattern {
	p := Pattern{Text: text}
	if text == "" {
		return p
	}
	if _, err := regexp.Compile("(?i)" + text); err != nil {
		p.Literal = true
		text = regexp.QuoteMeta(text)
	}
	if strings.ToLower(text) == text {
		p.Expression, p.lower = regexp.MustCompile("(?i)"+text), regexp.MustCompile(text)
	} else {
		p.Expression = regexp.MustCompile(text)
	}
	return p
}

// line looks at a whole line except for its time, as it was logged and with names.
func (p *Pattern) line(l *platform.LogLine, names Names) bool {
	if p.Expression == nil {
		return true
	}
	parts := [...]string{LevelText(l.Level), l.Process, l.Message, l.FieldText()}
	if p.parts(parts[:]) {
		return true
	}
	named := parts
	named[2], named[3] = names.In(l.Message, l.Process), names.In(parts[3], l.Process)
	return named != parts && p.parts(named[:])
}

// parts looks at texts with blanks between them.
func (p *Pattern) parts(list []string) bool {
	p.whole = p.whole[:0]
	for i, part := range list {
		if i > 0 {
			p.whole = append(p.whole, ' ')
		}
		p.whole = append(p.whole, part...)
	}
	if p.lower == nil {
		return p.Expression.Match(p.whole)
	}
	for i, c := range p.whole {
		if 'A' <= c && c <= 'Z' {
			p.whole[i] = c + 'a' - 'A'
		}
	}
	return p.lower.Match(p.whole)
}
