package canvas

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/services/kit/text"
)

// Span is a run of text in one ink.
type Span struct {
	Ink  Ink
	Text string
}

// Line is one line of a panel before it is painted: plain text in inks, so that it can be
// measured, cut and marked as selected without parsing escape sequences. The zero value
// is an empty line. Its methods return the line itself unless they say otherwise.
type Line struct {
	Spans []Span
	// Width is in cells.
	Width int
	// Selected paints the line as the selected one.
	Selected bool
}

// Text returns a new line with a text in it.
func Text(k Ink, text string) *Line { return (&Line{}).Put(k, text) }

// Put appends text, which must be clean.
func (l *Line) Put(k Ink, text string) *Line {
	if text == "" {
		return l
	}
	l.Width += ansi.StringWidth(text)
	if n := len(l.Spans); n > 0 && l.Spans[n-1].Ink == k {
		l.Spans[n-1].Text += text
		return l
	}
	l.Spans = append(l.Spans, Span{k, text})
	return l
}

// Gap appends blanks up to column x, if the line is shorter.
func (l *Line) Gap(x int) *Line {
	if x > l.Width {
		l.Put(InkText, strings.Repeat(" ", x-l.Width))
	}
	return l
}

// Cell appends text in exactly w cells: padded, or cut with the ellipsis.
func (l *Line) Cell(k Ink, text string, w int, right bool, ellipsis string) *Line {
	if w <= 0 {
		return l
	}
	if ansi.StringWidth(text) > w {
		text = ansi.Truncate(text, w, ellipsis)
	}
	pad := strings.Repeat(" ", max(0, w-ansi.StringWidth(text)))
	if right {
		return l.Put(k, pad+text)
	}
	return l.Put(k, text+pad)
}

// Add appends another line's spans.
func (l *Line) Add(o *Line) *Line {
	for _, s := range o.Spans {
		l.Put(s.Ink, s.Text)
	}
	return l
}

// String returns the text without inks.
func (l *Line) String() string {
	var b strings.Builder
	for _, s := range l.Spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Painter turns lines into text for the terminal.
type Painter struct {
	Theme  Theme
	Glyphs Glyphs
}

// Paint returns l in exactly w cells.
func (p Painter) Paint(l *Line, w int) string {
	var b strings.Builder
	inks := &p.Theme.inks
	if l.Selected {
		inks = &p.Theme.selected
	}
	room := w
	for _, s := range l.Spans {
		if room <= 0 {
			break
		}
		text, width := s.Text, ansi.StringWidth(s.Text)
		if width > room {
			text = ansi.Truncate(text, room, p.Glyphs.Ellipsis)
			width = ansi.StringWidth(text)
		}
		p.write(&b, inks[s.Ink], text)
		room -= width
	}
	if room > 0 {
		p.write(&b, inks[InkText], strings.Repeat(" ", room))
	}
	return b.String()
}

func (p Painter) write(b *strings.Builder, k brush, text string) {
	if p.Glyphs.ASCII {
		text = asciiOnly(text)
	}
	b.WriteString(k.on)
	b.WriteString(text)
	b.WriteString(k.off)
}

// asciiOnly replaces each character beyond ASCII by a question mark for each of its cells.
func asciiOnly(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			var b strings.Builder
			for _, r := range s {
				if r < 0x80 {
					b.WriteRune(r)
				} else {
					b.WriteString(strings.Repeat("?", ansi.StringWidth(string(r))))
				}
			}
			text := b.String()
			// A cluster of runes may be narrower than its runes are together.
			want := ansi.StringWidth(s)
			return text[:min(len(text), want)] + strings.Repeat("?", max(0, want-len(text)))
		}
	}
	return s
}

// Clean makes foreign text safe to draw. All text from outside passes through it.
func Clean(s string) string { return text.Clean(s) }

// From returns a line without the first n cells of l.
func (l *Line) From(n int) *Line {
	if n <= 0 {
		return l
	}
	out := &Line{Selected: l.Selected}
	for _, s := range l.Spans {
		w := ansi.StringWidth(s.Text)
		if n >= w {
			n -= w
			continue
		}
		out.Put(s.Ink, ansi.TruncateLeft(s.Text, n, ""))
		n = 0
	}
	return out
}

// Cut returns a line with at most w cells of l.
func (l *Line) Cut(w int, ellipsis string) *Line {
	out := &Line{Selected: l.Selected}
	for _, s := range l.Spans {
		room := w - out.Width
		switch {
		case room <= 0:
		case ansi.StringWidth(s.Text) > room:
			out.Cell(s.Ink, s.Text, room, false, ellipsis)
		default:
			out.Put(s.Ink, s.Text)
		}
	}
	return out
}

// Wrapped returns a text as up to h lines of w cells; words beyond them are dropped.
func Wrapped(k Ink, text string, w, h int) []*Line {
	var out []*Line
	l := &Line{}
	for _, word := range strings.Fields(text) {
		if l.Width > 0 && l.Width+1+ansi.StringWidth(word) > w {
			if len(out) == h-1 {
				break
			}
			out = append(out, l)
			l = &Line{}
		}
		l.Put(k, " "+word)
	}
	return append(out, l)[:min(h, len(out)+1)]
}
