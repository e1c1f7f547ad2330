package canvas

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Border is a frame around lines. Its upper edge has a name at the left and a note at the
// right, its lower edge a note at the right, where they fit.
type Border struct {
	// Box is one of the boxes of Glyphs.
	Box         [6]string
	Edge, Title Ink
	Name, Note  string
	// Foot is the note of the lower edge.
	Foot string
	// Separator stands between the parts of a note. Where there is no room for all of them, the
	// last are left out.
	Separator, Ellipsis string
}

// Upper returns the upper edge in w cells.
func (b Border) Upper(w int) *Line { return b.line(b.Box[2], b.Box[3], b.Name, b.Note, w) }

// Fits reports whether the upper edge has room for the whole name and note in w cells.
func (b Border) Fits(w int) bool {
	return ansi.StringWidth(b.Name)+ansi.StringWidth(b.Note)+9 <= w
}

// Lower returns the lower edge in w cells.
func (b Border) Lower(w int) *Line { return b.line(b.Box[5], b.Box[4], "", b.Foot, w) }

// Rule returns the upper edge without corners, in w cells.
func (b Border) Rule(w int) *Line { return b.line(b.Box[0], b.Box[0], b.Name, b.Note, w) }

// Side returns n cells of the edges at the left and the right.
func (b Border) Side(n int) *Line { return Text(b.Edge, strings.Repeat(b.Box[1], n)) }

func (b Border) line(left, right, name, note string, w int) *Line {
	rule := b.Box[0]
	l := Text(b.Edge, left)
	room := w - 2
	used := 0
	if name != "" && room >= 6 {
		if ansi.StringWidth(name) > room-4 {
			name = Shortened(name, room-4, b.Ellipsis)
		}
		l.Put(b.Edge, rule+" ").Put(b.Title, name).Put(b.Edge, " ")
		used = 3 + ansi.StringWidth(name)
	}
	if note != "" && room-used >= 8 {
		note = withoutLast(note, b.Separator, room-used-4, b.Ellipsis)
		tail := 3 + ansi.StringWidth(note)
		l.Put(b.Edge, strings.Repeat(rule, max(0, room-used-tail))).Put(InkText, " ").Put(InkDim, note).Put(b.Edge, " "+rule)
		used = room
	}
	return l.Put(b.Edge, strings.Repeat(rule, max(0, room-used))).Put(b.Edge, right)
}
