package logbook

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sort"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

const (
	// Most is how many lines a Book keeps. It may hold a quarter more before it drops the
	// oldest.
	Most = 10_000
	// lateMost is how much older than the newest line another may be and still go to its
	// place in time. An older one comes from a clock that was set: it goes to the end,
	// where it is seen.
	lateMost = 5 * time.Second
	// lateRows is among how many newer lines late ones are put one by one.
	lateRows = 100
)

// Mark is the place of a line in the order of time. The zero Mark is no place.
type Mark struct {
	at  int64 // in nanoseconds
	seq uint64
}

func (m Mark) before(o Mark) bool { return m.compare(o) < 0 }

func (m Mark) compare(o Mark) int { return cmp.Or(cmp.Compare(m.at, o.at), cmp.Compare(m.seq, o.seq)) }

// Book holds lines of log. Not safe for concurrent use.
type Book struct {
	filter Filter
	names  Names
	kept   []kept
	rows   []Row
	seed   maphash.Seed
	// seq is the highest sequence number so far, missed counts the lines that were left out
	// of a poll, or lost between two.
	seq, missed uint64
	// newest is the latest time of a line, once one was seen.
	newest int64
	seen   bool
	// shown is how many lines the rows stand for. errors and warnings count the lines that
	// pass the filter whatever its level.
	shown, errors, warnings int
}

// kept is a line with its place.
type kept struct {
	Mark
	line *platform.LogLine
	// trouble is the level that the line is counted with; LevelTrace when it is not.
	trouble event.Level
}

// New returns a book without lines, which shows level info and up.
func New() *Book { return &Book{filter: Filter{level: event.LevelInfo}, seed: maphash.MakeSeed()} }

// Seq returns the highest sequence number; 0 means that there are no lines yet.
func (b *Book) Seq() uint64 { return b.seq }

// Missed returns how many lines were left out, by the jumps in the sequence numbers that
// Take was given.
func (b *Book) Missed() uint64 { return b.missed }

// Counts returns how many lines pass the filter, and of how many.
func (b *Book) Counts() (shown, all int) { return min(b.shown, len(b.kept)), len(b.kept) }

// Trouble returns how many errors and warnings pass the filter, whatever its level.
func (b *Book) Trouble() (errors, warnings int) { return b.errors, b.warnings }

// Take adds lines, in the order of their sequence numbers.
func (b *Book) Take(lines []platform.LogLine) {
	if len(lines) == 0 {
		return
	}
	before, last := b.seq, lines[len(lines)-1].Seq
	if before == 0 {
		before = lines[0].Seq - 1 // what is older was not asked for
	}
	if last > before {
		b.missed += last - before - min(last-before, uint64(len(lines)))
	}
	b.seq = max(b.seq, last)
	own := slices.Clone(lines)
	batch := make([]kept, len(own))
	for i := range own {
		batch[i] = kept{Mark: b.place(&own[i]), line: &own[i]}
	}
	b.keep(batch)
	if len(b.kept) > Most+Most/4 {
		b.drop(len(b.kept) - Most)
	}
}

// place is where a new line belongs.
func (b *Book) place(l *platform.LogLine) Mark {
	m := Mark{l.Time.UnixNano(), l.Seq}
	if b.newest-m.at > int64(lateMost) && b.seen {
		m.at = b.newest
	}
	b.newest, b.seen = max(b.newest, m.at), true
	return m
}

// keep keeps lines and shows them.
func (b *Book) keep(batch []kept) {
	slices.SortFunc(batch, func(x, y kept) int { return x.compare(y.Mark) })
	first := sort.Search(len(b.kept), func(i int) bool { return batch[0].before(b.kept[i].Mark) })
	if len(b.kept)-first > lateRows {
		// Among so many others it is cheaper to begin anew.
		b.kept = append(b.kept, batch...)
		slices.SortFunc(b.kept[first:], func(x, y kept) int { return x.compare(y.Mark) })
		b.refilter()
		return
	}
	for i := range batch {
		b.show(&batch[i])
	}
	b.kept = append(b.kept, batch...)
	slices.SortFunc(b.kept[first:], func(x, y kept) int { return x.compare(y.Mark) })
}

// show counts a line, and puts it into a row, if it passes the filter.
func (b *Book) show(k *kept) {
	level, passes := b.filter.passes(k.line, b.names)
	k.trouble = event.LevelTrace
	if !passes {
		return
	}
	if level >= event.LevelWarn {
		k.trouble = level
		b.count(level, 1)
	}
	if level >= b.filter.level {
		b.shown++
		b.add(k.Mark, k.line)
	}
}

// count counts n lines of a level.
func (b *Book) count(level event.Level, n int) {
	switch {
	case level >= event.LevelError:
		b.errors += n
	case level == event.LevelWarn:
		b.warnings += n
	}
}

// drop forgets the oldest n lines.
func (b *Book) drop(n int) {
	for _, k := range b.kept[:n] {
		b.count(k.trouble, -1)
	}
	b.kept = slices.Clone(b.kept[n:])
	first := b.kept[0].Mark
	b.rows = slices.Clone(slices.DeleteFunc(b.rows, func(r Row) bool {
		if r.last.before(first) {
			b.shown -= r.Times
			return true
		}
		return false
	}))
}

// refilter chooses again which lines to show.
func (b *Book) refilter() {
	b.rows, b.shown, b.errors, b.warnings = b.rows[:0], 0, 0, 0
	for i := range b.kept {
		b.show(&b.kept[i])
	}
}

// SetNames names services in place of their addresses, for filters too.
func (b *Book) SetNames(n Names) {
	if n.equal(b.names) {
		return
	}
	b.names = n
	if b.filter.pattern.Text != "" {
		b.refilter()
	}
}

// Names returns those of SetNames.
func (b *Book) Names() Names { return b.names }

// Between returns the lines from one time to another, whatever the filter; a zero to
// means up to the newest.
func (b *Book) Between(from, to time.Time) []platform.LogLine {
	var lines []platform.LogLine
	for _, k := range b.kept {
		if !k.line.Time.Before(from) && (to.IsZero() || !k.line.Time.After(to)) {
			lines = append(lines, *k.line)
		}
	}
	return lines
}

// Passing returns every line that passes the filter, oldest first.
func (b *Book) Passing() []*platform.LogLine {
	var lines []*platform.LogLine
	for _, k := range b.kept {
		if level, passes := b.filter.passes(k.line, b.names); passes && level >= b.filter.level {
			lines = append(lines, k.line)
		}
	}
	return lines
}
