package panel

import (
	"regexp"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// PlainLine returns a line of log as it is copied and saved.
func PlainLine(l *platform.LogLine) string {
	text := l.Time.Format("15:04:05.000") + " " + levelText(l.Level) + " " + l.Process + " " + l.Message
	if len(l.Fields) > 0 {
		text += " " + l.FieldText()
	}
	return text
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

// LogLine draws a line of log for w cells, without the first right cells of its message.
// What the pattern matches stands out; a nil pattern matches nothing. event.ParseLine has
// cleaned the line, except for its process.
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
	l.Cell(canvas.InkOfName(v.Process), canvas.Clean(v.Process), name, false, s.Glyphs.Ellipsis).Put(canvas.InkText, " ")
	message := canvas.InkText
	if v.Level >= event.LevelWarn {
		message = levelInk(v.Level)
	}
	rest := &canvas.Line{}
	putMatches(rest, message, v.Message, pattern)
	if len(v.Fields) > 0 {
		if w >= 110 && right == 0 {
			rest.Gap(28)
		}
		rest.Put(canvas.InkFaint, " ")
		putMatches(rest, canvas.InkDim, v.FieldText(), pattern)
	}
	return l.Add(rest.From(right))
}

// putMatches appends text in which the pattern's matches stand out.
func putMatches(l *canvas.Line, k canvas.Ink, text string, pattern *regexp.Regexp) {
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
