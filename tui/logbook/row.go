package logbook

import (
	"hash/maphash"
	"reflect"
	"slices"
	"sort"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

const (
	// foldWithin is how many of the newest rows a line is compared with. A repeat further
	// down has a row of its own, so that it is seen.
	foldWithin = 8
	// changedWithin is how many rows back the service's last line of the same message is
	// looked for.
	changedWithin = 500
)

// Row is a line that is shown, and the lines after it that are equal.
type Row struct {
	Mark
	Line *platform.LogLine
	// Times is how many lines the row stands for.
	Times int
	// last is the place of the last of them.
	last Mark
	// kind is equal for lines of one service with one message.
	kind uint64
}

// add adds a line to the rows.
func (b *Book) add(m Mark, l *platform.LogLine) {
	r := Row{Mark: m, Line: l, Times: 1, last: m, kind: b.kind(l)}
	if n := len(b.rows); n > 0 && m.before(b.rows[n-1].Mark) {
		b.rows = slices.Insert(b.rows, b.Find(m), r) // it is late
		return
	}
	for i := len(b.rows) - 1; i >= max(0, len(b.rows)-foldWithin); i-- {
		if o := &b.rows[i]; o.kind == r.kind {
			if !equal(o.Line, l) {
				break
			}
			o.Times++
			o.last = m
			return
		}
	}
	b.rows = append(b.rows, r)
}

func (b *Book) kind(l *platform.LogLine) uint64 {
	return maphash.String(b.seed, l.Process)*31 + maphash.String(b.seed, l.Message)
}

// equal reports whether two lines of one kind say the same.
func equal(a, b *platform.LogLine) bool {
	return a.Level == b.Level && a.Process == b.Process && a.Message == b.Message && slices.EqualFunc(a.Fields, b.Fields, equalField)
}

func equalField(a, b event.Field) bool { return a.Key == b.Key && equalValue(a.Value, b.Value) }

func equalValue(a, b any) bool {
	if text, is := a.(string); is {
		other, is := b.(string)
		return is && other == text
	}
	return reflect.DeepEqual(a, b)
}

// Rows returns the number of rows.
func (b *Book) Rows() int { return len(b.rows) }

// Row returns the row of an index; 0 is the oldest.
func (b *Book) Row(i int) Row { return b.rows[i] }

// Find returns the index of the first row at a place or after it; without one it is the
// number of rows.
func (b *Book) Find(m Mark) int {
	return sort.Search(len(b.rows), func(i int) bool { return !b.rows[i].before(m) })
}

// Changed returns the fields of a row that differ from those of its service's last line of
// the same message.
func (b *Book) Changed(i int) []event.Field {
	r := &b.rows[i]
	for j := i - 1; j >= max(0, i-changedWithin); j-- {
		if b.rows[j].kind == r.kind {
			return without(r.Line.Fields, b.rows[j].Line.Fields)
		}
	}
	return r.Line.Fields
}

// without returns the fields that are not among others.
func without(fields, others []event.Field) []event.Field {
	var list []event.Field
	for _, f := range fields {
		if !slices.ContainsFunc(others, func(o event.Field) bool { return equalField(o, f) }) {
			list = append(list, f)
		}
	}
	return list
}

// Matches reports whether a row contains what a pattern looks for, with addresses or with
// the names in their place.
func (b *Book) Matches(i int, p *Pattern) bool { return p.line(b.rows[i].Line, b.names) }
