package folder

import (
	"time"

	"livestream-tui/services/kit/event"
)

// settled is how long ago a film must have been modified to count as whole at the first
// look, which cannot compare it with an earlier one.
const settled = 3 * time.Second

// Reasons why a film is waited for.
const (
	copying = "it is new, or still being copied"
	written = "a program has it open for writing"
)

// Settler distinguishes films that are whole from those that are still being written. One
// goroutine uses it.
type Settler struct {
	// Whole reports whether a film is known to be whole already; nil is allowed.
	Whole func(File) bool
	// Written reports whether a program has a file open for writing.
	Written func(path string) bool

	looks int
	last  map[string]File // the files of the last look, by name
	taken map[string]File // the versions that are whole, by name
}

// Settle marks the films that have to wait. A film is whole when two looks in a row found
// the same version, or when at the first look it had not been modified for a while, and no
// program has it open for writing.
func (s *Settler) Settle(list []File, now time.Time) {
	seen, taken := map[string]File{}, map[string]File{}
	for i := range list {
		f := &list[i]
		seen[f.Name] = *f
		if !f.Fit() {
			continue
		}
		if old, ok := s.taken[f.Name]; ok && old.Same(*f) {
			taken[f.Name] = *f
			continue
		}
		before, known := s.last[f.Name]
		switch {
		case s.looks == 0 && now.Sub(f.Modified) < settled, s.looks > 0 && !(known && before.Same(*f)):
			f.wait(copying)
		case s.Written(f.Path):
			f.wait(written)
		case f.Size == 0:
			f.Refuse(event.FilmEmpty, "it is empty")
		}
		if whole := *f; f.State == event.FilmWaiting && s.Whole != nil && s.Whole(whole) {
			f.fit()
		}
		if f.Fit() {
			taken[f.Name] = *f
		}
	}
	s.last, s.taken = seen, taken
	s.looks++
}
