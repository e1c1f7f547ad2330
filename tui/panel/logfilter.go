package panel

import (
	"regexp"
	"strings"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// logFilter chooses the lines of log to show.
type logFilter struct {
	// service is the only process to show; empty shows all.
	service string
	// level is the lowest level to show.
	level event.Level
	// text is what was typed, pattern what it means; nil matches every line.
	text    string
	pattern *regexp.Regexp
	// lower is the pattern for lower-case text, which is many times faster than one that
	// ignores case; nil where case counts.
	lower *regexp.Regexp
	// literal means that text is not a regular expression and is matched as it stands.
	literal bool
	// whole is the memory for what matches looks at.
	whole []byte
}

// setText takes a regular expression, which ignores case unless it has a capital letter.
func (f *logFilter) setText(text string) {
	f.text, f.pattern, f.lower, f.literal = text, nil, nil, false
	if text == "" {
		return
	}
	if _, err := regexp.Compile("(?i)" + text); err != nil {
		f.literal = true
		text = regexp.QuoteMeta(text)
	}
	if strings.ToLower(text) == text {
		f.pattern, f.lower = regexp.MustCompile("(?i)"+text), regexp.MustCompile(text)
	} else {
		f.pattern = regexp.MustCompile(text)
	}
}

func (f *logFilter) passes(l *platform.LogLine) bool {
	level := l.Level
	if level > event.LevelDebug && event.KindOf(l.Line) == event.KindViewing {
		level = event.LevelDebug // it comes once a second, and other panels show it
	}
	return level >= f.level && (f.service == "" || l.Process == f.service) &&
		(f.pattern == nil || f.matches(l))
}

// matches looks at the whole line except for its time.
func (f *logFilter) matches(l *platform.LogLine) bool {
	f.whole = append(f.whole[:0], levelText(l.Level)...)
	for _, part := range []string{l.Process, l.Message, l.FieldText()} {
		f.whole = append(append(f.whole, ' '), part...)
	}
	if f.lower == nil {
		return f.pattern.Match(f.whole)
	}
	for i, c := range f.whole {
		if 'A' <= c && c <= 'Z' {
			f.whole[i] = c + 'a' - 'A'
		}
	}
	return f.lower.Match(f.whole)
}
