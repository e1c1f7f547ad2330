package panel

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/logbook"
	"livestream-tui/tui/scene"
)

// PlainLine returns a line of log as it is copied and saved.
func PlainLine(l *platform.LogLine) string { return logbook.Plain(l) }

// LevelInk returns the ink of a level.
func LevelInk(l event.Level) canvas.Ink {
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

// LogLine draws a line of log in w cells, without a time below 40 cells. What does not fit is
// left out at the end of a word. event.ParseLine has cleaned the line, except for its
// process.
func LogLine(s *scene.Scene, v *platform.LogLine, w int) *canvas.Line {
	return lineLook{scene: s, names: LogNames(s), w: w, pattern: &logbook.Pattern{}}.lines(v, v.Fields, 1)[0]
}

// lineLook is how lines of log are drawn.
type lineLook struct {
	scene *scene.Scene
	names logbook.Names
	w     int
	// right is how many cells of each message are left out.
	right int
	// wrap breaks what does not fit; otherwise it is left out.
	wrap    bool
	pattern *logbook.Pattern
}

// fieldsColumn is where fields begin on a wide screen, after the message's beginning.
const fieldsColumn = 28

// lines draws a line with some of its fields, which stands for a number of equal ones.
func (k lineLook) lines(v *platform.LogLine, fields []event.Field, times int) []*canvas.Line {
	head := k.head(v)
	text := &canvas.Line{}
	ink := canvas.InkText
	if v.Level >= event.LevelWarn {
		ink = LevelInk(v.Level)
	}
	k.put(text, ink, k.names.In(v.Message, v.Process))
	if times > 1 {
		text.Put(canvas.InkKey, fmt.Sprintf(" x%d", times))
	}
	if shown := fieldText(fields); shown != "" {
		if k.w >= 110 && k.right == 0 && !k.wrap {
			text.Gap(fieldsColumn)
		}
		text.Put(canvas.InkFaint, " ")
		k.put(text, canvas.InkDim, k.names.In(shown, v.Process))
	}
	room := max(1, k.w-head.Width)
	if k.wrap {
		lines := Wrapped(text, room)
		for i, l := range lines {
			if i == 0 {
				lines[i] = head.Add(l)
			} else {
				lines[i] = (&canvas.Line{}).Gap(k.w - room).Add(l)
			}
		}
		return lines
	}
	return []*canvas.Line{head.Add(k.cut(text.From(k.right), room))}
}

// head draws what is before the message.
func (k lineLook) head(v *platform.LogLine) *canvas.Line {
	l := &canvas.Line{}
	at := v.Time.In(k.scene.Now.Location())
	switch {
	case k.w >= 100:
		l.Put(canvas.InkDim, at.Format("15:04:05.000 "))
	case k.w >= 60:
		l.Put(canvas.InkDim, at.Format("15:04:05 "))
	case k.w >= 40:
		l.Put(canvas.InkDim, at.Format("04:05 "))
	}
	l.Put(LevelInk(v.Level), logbook.LevelText(v.Level)+" ")
	name := 10
	if k.w < 70 {
		name = 9
	}
	return l.Cell(canvas.InkOfName(v.Process), canvas.Clean(v.Process), name, false, k.scene.Glyphs.Ellipsis).Put(canvas.InkText, " ")
}

// fieldText returns fields as text, without the kind of an event and what is empty.
func fieldText(fields []event.Field) string {
	var list []event.Field
	for _, f := range fields {
		if f.Key != "event" && f.Value != "" {
			list = append(list, f)
		}
	}
	return event.Line{Fields: list}.FieldText()
}

// put appends text in which the pattern's matches stand out.
func (k lineLook) put(l *canvas.Line, ink canvas.Ink, text string) {
	if k.pattern.Expression == nil {
		l.Put(ink, text)
		return
	}
	last := 0
	for _, m := range k.pattern.Expression.FindAllStringIndex(text, 20) {
		l.Put(ink, text[last:m[0]]).Put(canvas.InkMatch, text[m[0]:m[1]])
		last = m[1]
	}
	l.Put(ink, text[last:])
}

// cut leaves out the words that do not fit in w cells. The ellipsis after the others stands
// out when a match is among what is left out.
func (k lineLook) cut(l *canvas.Line, w int) *canvas.Line {
	if l.Width <= w {
		return l
	}
	ellipsis := k.scene.Glyphs.Ellipsis
	n := wordsWithin(l, w-ansi.StringWidth(ellipsis)-1)
	ink := canvas.InkDim
	for _, span := range l.From(n).Spans {
		if span.Ink == canvas.InkMatch {
			ink = canvas.InkMatch
		}
	}
	out := l.Cut(n, "")
	if out.Width > 0 && n < w-ansi.StringWidth(ellipsis) {
		out.Put(canvas.InkText, " ")
	}
	return out.Put(ink, ellipsis)
}

// wrapMost is into how many lines one line is broken; no screen has more.
const wrapMost = 200

// Wrapped breaks a line between words into lines of w cells.
func Wrapped(l *canvas.Line, w int) []*canvas.Line {
	var out []*canvas.Line
	l = l.Cut(w*wrapMost, "")
	for l.Width > w && len(out) < wrapMost {
		n := wordsWithin(l, w)
		out = append(out, l.Cut(n, ""))
		l = l.From(n)
		l = l.From(l.Width - ansi.StringWidth(strings.TrimLeft(l.String(), " ")))
	}
	if len(out) == 0 || l.Width > 0 {
		out = append(out, l.Cut(w, ""))
	}
	return out
}

// wordsWithin returns how many cells the words take that fit in w cells. A first word that is
// longer is cut.
func wordsWithin(l *canvas.Line, w int) int {
	text := l.String()
	fits := ansi.Truncate(text, max(w, 1), "")
	if len(fits) == len(text) || text[len(fits)] == ' ' {
		return ansi.StringWidth(strings.TrimRight(fits, " "))
	}
	if i := strings.LastIndexByte(fits, ' '); i >= 0 {
		if n := ansi.StringWidth(strings.TrimRight(fits[:i], " ")); n > 0 {
			return n
		}
	}
	return max(1, ansi.StringWidth(fits))
}
