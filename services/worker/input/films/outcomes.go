package films

import (
	"slices"
	"strings"
	"sync"

	"livestream-tui/services/kit/event"
)

// outcome is what becomes of a file in the input folder.
type outcome struct {
	event.Film
	// rejected is what becomes of the new version of a film, FilmWaiting or FilmRefused,
	// while the former one stays on air; empty otherwise.
	rejected event.FilmState
}

// outcomeOf is the outcome of a film, or of its new version while the former one is on air.
func outcomeOf(f event.Film, former bool) outcome {
	if !former {
		return outcome{Film: f}
	}
	o := outcome{f, f.State}
	o.State, o.Cause, o.Reason = event.FilmAired, "", "its new version is "+string(f.State)+": "+f.Reason+"; the former stays on air"
	return o
}

// outcomes logs what becomes of each file in the input folder whenever that changes. Safe
// for concurrent use.
type outcomes struct {
	log event.Logger

	mu   sync.Mutex
	last map[string]outcome // by file; guarded by mu
}

func newOutcomes(log event.Logger) *outcomes {
	return &outcomes{log: log, last: map[string]outcome{}}
}

// note logs an outcome unless it is the file's last one.
func (o *outcomes) note(f outcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last[f.File] == f {
		return
	}
	interrupted := o.last[f.File].State == event.FilmAired
	o.last[f.File] = f
	switch f.State {
	case event.FilmAired:
		switch f.rejected {
		case "":
			event.Emit(o.log, "film is on air", f.Film)
		case event.FilmRefused:
			event.Alert(o.log, "new version of the film refused", f.Film)
		default:
			event.Emit(o.log, "new version of the film waits", f.Film)
		}
	case event.FilmWaiting:
		if interrupted {
			event.Alert(o.log, "signal interrupted, trying again", f.Film)
		} else {
			event.Emit(o.log, "film waits", f.Film)
		}
	case event.FilmRefused:
		event.Alert(o.log, "film refused, the others go on", f.Film)
	case event.FilmPassed:
		event.Emit(o.log, "file passed over", f.Film)
	case event.FilmGone:
		delete(o.last, f.File)
		event.Emit(o.log, "file is gone", f.Film)
	}
}

// only logs of every file that has an outcome and is not there that it is gone.
func (o *outcomes) only(there func(file string) bool) {
	o.mu.Lock()
	var gone []outcome
	for file, f := range o.last {
		if !there(file) {
			gone = append(gone, outcome{Film: event.Film{File: file, Signal: f.Signal, State: event.FilmGone}})
		}
	}
	o.mu.Unlock()
	slices.SortFunc(gone, func(a, b outcome) int { return strings.Compare(a.File, b.File) })
	for _, f := range gone {
		o.note(f)
	}
}

// of returns the files in a state, sorted, with their reasons.
func (o *outcomes) of(state event.FilmState) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []string
	for file, f := range o.last {
		if f.State == state {
			list = append(list, file+" "+string(state)+": "+f.Reason)
		}
	}
	slices.Sort(list)
	return list
}
