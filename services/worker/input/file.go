package input

import (
	"fmt"
	"time"

	"livestream-tui/services/kit/event"
)

// File is a file in the input folder, as one look found it.
type File struct {
	// Name is its name in the folder, Path the whole one.
	Name, Path string
	// Signal is what it is or would be on air as; empty where it is no film.
	Signal string
	// Size and Modified tell whether the file is still the one that was read.
	Size     int64
	Modified time.Time
	// Changed is when its content or its place was changed last, by the system's own
	// account; Modified where the system keeps none.
	Changed time.Time
	// State is FilmWaiting, FilmRefused or FilmPassed, each with a Reason; empty where
	// the film can be aired.
	State  event.FilmState
	Reason string
}

// Fit reports whether the film can be aired, as far as a look can tell.
func (f File) Fit() bool { return f.State == "" }

// Same reports whether f and g are the same version of a file.
func (f File) Same(g File) bool {
	return f.Name == g.Name && f.Size == g.Size && f.Modified.Equal(g.Modified)
}

// Event is what is told of a film that is not aired.
func (f File) Event() event.Film {
	return event.Film{File: f.Name, Signal: f.Signal, State: f.State, Reason: f.Reason}
}

func (f *File) refuse(format string, args ...any) {
	if f.Fit() {
		f.State, f.Reason = event.FilmRefused, fmt.Sprintf(format, args...)
	}
}

func (f *File) wait(reason string) { f.State, f.Reason = event.FilmWaiting, reason }
