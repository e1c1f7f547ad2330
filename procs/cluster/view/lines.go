package view

import (
	"cmp"
	"slices"
	"sort"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// lines are the latest lines of log of other machines, numbered together with those of the
// own machine in the order in which they became known here. Pure; the zero value has none.
type lines struct {
	// inserted are the newest, oldest first; dropped is how many came before them.
	inserted []inserted
	dropped  uint64
	// told is the own machine's newest that a client may know of: lines of other machines
	// come after it.
	told uint64
}

// inserted is a line with its number among all; own is how many lines of the own machine came
// before it.
type inserted struct {
	platform.LogLine
	own uint64
}

// newest returns the number of the newest line, where own is that of the own machine's newest.
func (l *lines) newest(own uint64) uint64 { return own + l.dropped + uint64(len(l.inserted)) }

// tell notes that a client is told of the own machine's lines up to a number.
func (l *lines) tell(own uint64) { l.told = max(l.told, own) }

// add adds lines of another machine after the own machine's newest.
func (l *lines) add(own uint64, list []platform.LogLine) {
	own = max(own, l.told)
	if n := len(l.inserted); n > 0 {
		own = max(own, l.inserted[n-1].own) // as another look saw it
	}
	for _, line := range list {
		line.Seq = l.newest(own) + 1
		l.inserted = append(l.inserted, inserted{line, own})
	}
	if over := len(l.inserted) - linesKept; over > 0 {
		l.inserted = slices.Delete(l.inserted, 0, over)
		l.dropped += uint64(over)
	}
}

// before returns the number of the own machine's newest line up to a number among all.
func (l *lines) before(seq uint64) uint64 {
	n := sort.Search(len(l.inserted), func(i int) bool { return l.inserted[i].Seq > seq })
	others := l.dropped + uint64(n)
	return seq - min(seq, others)
}

// merge returns those of own and of the other machines' lines after since, at most limit, in
// order. own are lines of the own machine, with its numbers.
func (l *lines) merge(own []platform.LogLine, since uint64, limit int) []platform.LogLine {
	all := make([]platform.LogLine, 0, len(own))
	for _, line := range own {
		n := sort.Search(len(l.inserted), func(i int) bool { return l.inserted[i].own >= line.Seq })
		line.Seq += l.dropped + uint64(n)
		if line.Seq > since {
			all = append(all, line)
		}
	}
	from := sort.Search(len(l.inserted), func(i int) bool { return l.inserted[i].Seq > since })
	for _, line := range l.inserted[from:] {
		all = append(all, line.LogLine)
	}
	slices.SortFunc(all, func(a, b platform.LogLine) int { return cmp.Compare(a.Seq, b.Seq) })
	return newestOf(all, max(limit, 0))
}

// newestOf returns at most limit lines: those at level warn and above first, and the newest of
// the others.
func newestOf(all []platform.LogLine, limit int) []platform.LogLine {
	over := len(all) - limit
	if over <= 0 {
		return all
	}
	for _, urgent := range []bool{false, true} {
		all = slices.DeleteFunc(all, func(l platform.LogLine) bool {
			if over == 0 || (l.Level >= event.LevelWarn) != urgent {
				return false
			}
			over--
			return true
		})
	}
	return all
}
