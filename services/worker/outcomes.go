package worker

import (
	"slices"
	"strings"
	"sync"

	"livestream-tui/services/kit/event"
)

// outcomes tells what becomes of each file in the input folder, each time that it
// changes. Safe for concurrent use.
type outcomes struct {
	log event.Logger

	mu   sync.Mutex
	told map[string]event.Film // what was told last, by file; guarded by mu
}

func newOutcomes(log event.Logger) *outcomes {
	return &outcomes{log: log, told: map[string]event.Film{}}
}

// tell tells what becomes of a film, unless it was told last.
func (o *outcomes) tell(f event.Film) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.told[f.File] == f {
		return
	}
	interrupted := o.told[f.File].State == event.FilmAired
	o.told[f.File] = f
	switch f.State {
	case event.FilmAired:
		switch {
		case !strings.HasSuffix(f.Reason, formerStays):
			event.Emit(o.log, "film is on air", f)
		case strings.HasPrefix(f.Reason, newVersion+string(event.FilmRefused)):
			event.Alert(o.log, "new version of the film refused", f)
		default:
			event.Emit(o.log, "new version of the film waits", f)
		}
	case event.FilmWaiting:
		if interrupted {
			event.Alert(o.log, "signal interrupted, trying again", f)
		} else {
			event.Emit(o.log, "film waits", f)
		}
	case event.FilmRefused:
		event.Alert(o.log, "film refused, the others go on", f)
	case event.FilmPassed:
		event.Emit(o.log, "file passed over", f)
	case event.FilmGone:
		delete(o.told, f.File)
		event.Emit(o.log, "file is gone", f)
	}
}

// newVersion begins the reason why a new version of a film is not on air, and
// formerStays ends it.
const (
	newVersion  = "its new version is "
	formerStays = "the former stays on air"
)

// only tells that every file is gone which was told of and is not there.
func (o *outcomes) only(there func(file string) bool) {
	o.mu.Lock()
	var gone []event.Film
	for file, f := range o.told {
		if !there(file) {
			gone = append(gone, event.Film{File: file, Signal: f.Signal, State: event.FilmGone})
		}
	}
	o.mu.Unlock()
	slices.SortFunc(gone, func(a, b event.Film) int { return strings.Compare(a.File, b.File) })
	for _, f := range gone {
		o.tell(f)
	}
}

// of returns the files that are in a state, with their reasons, in order.
func (o *outcomes) of(state event.FilmState) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []string
	for file, f := range o.told {
		if f.State == state {
			list = append(list, file+" "+string(state)+": "+f.Reason)
		}
	}
	slices.Sort(list)
	return list
}
