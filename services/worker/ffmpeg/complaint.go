package ffmpeg

import (
	"regexp"
	"slices"
	"strings"

	"livestream-tui/procs/child"
)

// Complaints are the errors that a command writes to its standard error. Mostly the first
// one states the cause and the others only what followed. The zero value is ready to use.
// Not safe for concurrent use.
type Complaints struct {
	// First is the first line that states an error; empty without errors.
	First string
	// Count is the number of such lines.
	Count int
	// Ignored are beginnings of the names of FFmpeg's parts, such as a decoder's, whose
	// lines do not count.
	Ignored []string
}

// LogLevel is the value of -v for a command whose lines Says gets: each line begins with
// its level.
const LogLevel = "level+error"

var (
	// part is the part of FFmpeg that wrote the line, with its address in memory.
	part = regexp.MustCompile(`^\[([^\]@]*) @ 0x[0-9a-f]+\] `)
	// level is the level of the line.
	level = regexp.MustCompile(`^\[(panic|fatal|error|warning|info|verbose|debug)\] `)
)

// Says takes one line of standard error. A line without a level comes from the loader or a
// library.
func (c *Complaints) Says(line string) {
	text, grave := Line(line)
	if text == "" || !grave || c.ignores(line) {
		return
	}
	if c.Count++; c.Count == 1 {
		c.First = text
	}
}

func (c *Complaints) ignores(line string) bool {
	m := part.FindStringSubmatch(line)
	return m != nil && slices.ContainsFunc(c.Ignored, func(name string) bool { return name != "" && strings.HasPrefix(m[1], name) })
}

// Line returns a line without the part of FFmpeg that wrote it and without its level, and
// whether it states an error.
func Line(line string) (text string, grave bool) {
	text = part.ReplaceAllString(strings.TrimSpace(line), "")
	grave = true
	if m := level.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		grave = m[1] == "panic" || m[1] == "fatal" || m[1] == "error"
	}
	return strings.TrimSpace(text), grave
}

// Or returns the first line, or how the process ended if it said nothing.
func (c *Complaints) Or(e child.Exit) string {
	if c.First != "" {
		return c.First
	}
	return e.String()
}
