package tui

import (
	"cmp"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/scene"
)

const (
	// journalPeriod is the time between two looks into the journal.
	journalPeriod = time.Second
	// journalLate is how late an event may come into the journal: a line of log takes a while.
	journalLate = 30 * time.Second
	// journalMost is how many events are shown, so that a new one costs little.
	journalMost = 3000
)

// remembered is what a look into the journal found; past is nil when there is nothing new.
type remembered struct {
	events  []platform.Event
	watched bool
	// heard has the machines that were heard, other than the own one.
	heard []string
	past  *scene.Past
}

// remember looks into the journal after a while. All that takes time is done here, off the
// screen's goroutine.
func (m *model) remember(after time.Duration) tea.Cmd {
	ctx, from, known, watched := m.ctx, m.platform, m.known, m.scene.Snapshot.Watched()
	heard := heardMachines(m.scene.Snapshot)
	look := func(time.Time) tea.Msg {
		var since time.Time
		if n := len(known.events); n > 0 && !isBack(known.heard, heard) {
			since = known.events[n-1].Time.Add(-journalLate)
		}
		found, err := from.Journal(ctx, since, journalMost)
		if err != nil {
			return remembered{} // it may be back later
		}
		events, again := merged(known.events, since, found)
		if !again && watched == known.watched && slices.Equal(heard, known.heard) {
			return remembered{}
		}
		return remembered{events, watched, heard, scene.PastOf(events, watched)}
	}
	if after == 0 {
		return func() tea.Msg { return look(time.Time{}) }
	}
	return tea.Tick(after, look)
}

// heardMachines returns the names of the machines that are heard, other than the own one.
func heardMachines(s platform.Snapshot) []string {
	var names []string
	for _, m := range s.Machines {
		if !m.Own && m.State.IsHeard() {
			names = append(names, m.Name)
		}
	}
	return names
}

// isBack reports whether a machine is heard that was not: what it did meanwhile is not known,
// however long that took.
func isBack(was, heard []string) bool {
	return slices.ContainsFunc(heard, func(name string) bool { return !slices.Contains(was, name) })
}

// merged returns the events that are known with those that were found since a time, which
// replace the known ones; again is set when that makes a difference.
func merged(known []platform.Event, since time.Time, found []platform.Event) (events []platform.Event, again bool) {
	from, _ := slices.BinarySearchFunc(known, since, func(e platform.Event, t time.Time) int { return cmp.Or(e.Time.Compare(t), 1) })
	same := func(a, b platform.Event) bool {
		return a.Time.Equal(b.Time) && a.Process == b.Process && a.What.Kind() == b.What.Kind()
	}
	found = slices.DeleteFunc(slices.Clone(found), func(e platform.Event) bool { return e.What == nil }) // of a later version
	if slices.EqualFunc(known[from:], found, same) {
		return known, false
	}
	events = slices.Concat(known[:from], found)
	return events[max(0, len(events)-journalMost):], true
}

// takeJournal takes over what a look into the journal found, and looks again.
func (m *model) takeJournal(r remembered) tea.Cmd {
	if r.past != nil {
		m.known = r
		m.scene.Remember(r.past)
	}
	return m.remember(journalPeriod)
}
