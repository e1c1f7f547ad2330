package logbook

import (
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// Filter chooses the lines to show.
type Filter struct {
	// service is the only process to show; empty shows all.
	service string
	// level is the lowest level to show.
	level   event.Level
	pattern Pattern
	// since is the earliest time to show, and sinceWhat its name; zero shows all.
	since     time.Time
	sinceWhat string
}

// passes returns the level that counts for a line, and whether it passes all of the filter
// but its level.
func (f *Filter) passes(l *platform.LogLine, names Names) (event.Level, bool) {
	level := l.Level
	if level > event.LevelDebug && isPeriodic(event.KindOf(l.Line)) {
		level = event.LevelDebug // other panels show it
	}
	if f.service != "" && l.Process != f.service || l.Time.Before(f.since) {
		return level, false
	}
	if level < f.level && level < event.LevelWarn {
		return level, false // nothing depends on the pattern, which is slow
	}
	return level, f.pattern.line(l, names)
}

// isPeriodic reports whether events of a kind come every second or two for as long as
// somebody watches.
func isPeriodic(k event.Kind) bool { return k == event.KindViewing || k == event.KindAudience }

// Only shows the lines of one process. An empty name shows all processes.
func (b *Book) Only(service string) {
	b.filter.service = service
	b.refilter()
}

// Service returns the only process whose lines are shown; empty means all.
func (b *Book) Service() string { return b.filter.service }

// ShiftLevel moves the lowest level that is shown by n.
func (b *Book) ShiftLevel(n int) {
	b.filter.level = event.Level(min(max(int(b.filter.level)+n, int(event.LevelTrace)), int(event.LevelError)))
	b.refilter()
}

// Level returns the lowest level that is shown.
func (b *Book) Level() event.Level { return b.filter.level }

// SetFilter shows the lines that match; see NewPattern. An empty text shows every line.
func (b *Book) SetFilter(text string) {
	b.filter.pattern = NewPattern(text)
	b.refilter()
}

// Filter returns the pattern of SetFilter.
func (b *Book) Filter() Pattern { return b.filter.pattern }

// SetSince shows the lines from a time on, which has a name; a zero time shows all.
func (b *Book) SetSince(at time.Time, what string) {
	b.filter.since, b.filter.sinceWhat = at, what
	b.refilter()
}

// Since returns the name of SetSince's time; empty means that lines of all times are shown.
func (b *Book) Since() string { return b.filter.sinceWhat }
