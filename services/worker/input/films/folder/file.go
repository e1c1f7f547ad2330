package folder

import (
	"fmt"
	"time"

	"livestream-tui/services/kit/event"
)

// File is a file in the input folder when it was looked at.
type File struct {
	// Name is its name in the folder, Path the whole one.
	Name, Path string
	// Signal is the signal that it becomes; empty where it is not a film.
	Signal string
	// Size and Modified distinguish versions of the file.
	Size     int64
	Modified time.Time
	// Changed is when the system last saw its content or its place change; Modified where
	// the system does not say.
	Changed time.Time
	// State is FilmWaiting, FilmRefused or FilmPassed, with a Reason and a Cause, which a file
	// that is passed over lacks; empty where the film can be aired.
	State  event.FilmState
	Reason string
	Cause  event.FilmCause
}

// Fit reports whether the film can be aired, as far as a look can tell.
func (f File) Fit() bool { return f.State == "" }

// Same reports whether f and g are the same version of a file.
func (f File) Same(g File) bool {
	return f.Name == g.Name && f.Size == g.Size && f.Modified.Equal(g.Modified)
}

// Event is the event of a film that is not aired.
func (f File) Event() event.Film {
	return event.Film{File: f.Name, Signal: f.Signal, State: f.State, Reason: f.Reason, Cause: f.Cause}
}

// Refuse refuses a film that is fit.
func (f *File) Refuse(cause event.FilmCause, format string, args ...any) {
	if f.Fit() {
		f.State, f.Cause, f.Reason = event.FilmRefused, cause, fmt.Sprintf(format, args...)
	}
}

// fit makes a film fit that was to wait or refused.
func (f *File) fit() { f.State, f.Cause, f.Reason = "", "", "" }

func (f *File) wait(reason string) {
	f.State, f.Cause, f.Reason = event.FilmWaiting, event.FilmCopying, reason
}
