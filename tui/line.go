package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/services/kit/text"
)

// span is a run of text in one ink.
type span struct {
	ink  ink
	text string
}

// line is one line of a panel before it is painted: plain text in inks, so that
// it is measured, cut and marked as selected without parsing escape sequences.
type line struct {
	spans    []span
	width    int // in cells
	selected bool
}

// put appends clean text.
func (l *line) put(k ink, text string) *line {
	if text == "" {
		return l
	}
	l.width += ansi.StringWidth(text)
	if n := len(l.spans); n > 0 && l.spans[n-1].ink == k {
		l.spans[n-1].text += text
		return l
	}
	l.spans = append(l.spans, span{k, text})
	return l
}

// gap appends blanks up to column x; none when the line is there already.
func (l *line) gap(x int) *line {
	if x > l.width {
		l.put(inkText, strings.Repeat(" ", x-l.width))
	}
	return l
}

// cell appends text in exactly w cells, cut with the ellipsis where it is longer.
func (l *line) cell(k ink, text string, w int, right bool, ellipsis string) *line {
	if w <= 0 {
		return l
	}
	if ansi.StringWidth(text) > w {
		text = ansi.Truncate(text, w, ellipsis)
	}
	pad := strings.Repeat(" ", max(0, w-ansi.StringWidth(text)))
	if right {
		return l.put(k, pad+text)
	}
	return l.put(k, text+pad)
}

// add appends another line's spans.
func (l *line) add(o *line) *line {
	for _, s := range o.spans {
		l.put(s.ink, s.text)
	}
	return l
}

// String is the text alone.
func (l *line) String() string {
	var b strings.Builder
	for _, s := range l.spans {
		b.WriteString(s.text)
	}
	return b.String()
}

// painter turns lines into the terminal's text.
type painter struct {
	theme theme
	g     glyphs
}

// paint returns l in exactly w cells.
func (p painter) paint(l *line, w int) string {
	var b strings.Builder
	inks := &p.theme.inks
	if l.selected {
		inks = &p.theme.selected
	}
	room := w
	for _, s := range l.spans {
		if room <= 0 {
			break
		}
		text, width := s.text, ansi.StringWidth(s.text)
		if width > room {
			text = ansi.Truncate(text, room, p.g.ellipsis)
			width = ansi.StringWidth(text)
		}
		p.write(&b, inks[s.ink], text)
		room -= width
	}
	if room > 0 {
		p.write(&b, inks[inkText], strings.Repeat(" ", room))
	}
	return b.String()
}

func (p painter) write(b *strings.Builder, k brush, text string) {
	if p.g.ascii {
		text = asciiOnly(text)
	}
	b.WriteString(k.on)
	b.WriteString(text)
	b.WriteString(k.off)
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

// clean is what all foreign text passes through before it is drawn.
func clean(s string) string { return text.Clean(s) }

// from is l without its first n cells.
func (l *line) from(n int) *line {
	if n <= 0 {
		return l
	}
	out := &line{selected: l.selected}
	for _, s := range l.spans {
		w := ansi.StringWidth(s.text)
		if n >= w {
			n -= w
			continue
		}
		out.put(s.ink, ansi.TruncateLeft(s.text, n, ""))
		n = 0
	}
	return out
}
