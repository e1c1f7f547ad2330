package canvas

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/services/kit/text"
)

// span is a run of text in one ink.
type span struct {
	Ink  Ink
	Text string
}

// Line is one line of a panel before it is painted: plain text in inks, so that
// it is measured, cut and marked as selected without parsing escape sequences.
type Line struct {
	Spans    []span
	Width    int // in cells
	Selected bool
}

// Put appends clean text.
func (l *Line) Put(k Ink, text string) *Line {
	if text == "" {
		return l
	}
	l.Width += ansi.StringWidth(text)
	if n := len(l.Spans); n > 0 && l.Spans[n-1].Ink == k {
		l.Spans[n-1].Text += text
		return l
	}
	l.Spans = append(l.Spans, span{k, text})
	return l
}

// Gap appends blanks up to column x; none when the line is there already.
func (l *Line) Gap(x int) *Line {
	if x > l.Width {
		l.Put(InkText, strings.Repeat(" ", x-l.Width))
	}
	return l
}

// Cell appends text in exactly w cells, cut with the ellipsis where it is longer.
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

// String is the text alone.
func (l *Line) String() string {
	var b strings.Builder
	for _, s := range l.Spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Painter turns lines into the terminal's text.
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
	b.WriteString(k.On)
	b.WriteString(text)
	b.WriteString(k.Off)
}

// asciiOnly replaces each character beyond ASCII by a ? for each of its cells.
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
			// A cluster may be as wide as fewer of its runes are.
			want := ansi.StringWidth(s)
			return text[:min(len(text), want)] + strings.Repeat("?", max(0, want-len(text)))
		}
	}
	return s
}

// Clean is what all foreign text passes through before it is drawn.
func Clean(s string) string { return text.Clean(s) }

// From is l without its first n cells.
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
