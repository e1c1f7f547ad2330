package control

import (
	"slices"
	"time"

	"livestream-tui/procs"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// filmsMost is how many files of input folders are kept.
const filmsMost = 1000

// FilmAt is what a worker told last of a file, and when.
type FilmAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Film
}

// withFilm is list, in order of the files' names, with what a worker tells of one; it
// reports whether that is news. Beyond filmsMost what is no film makes room.
func withFilm(list []FilmAt, f FilmAt) ([]FilmAt, bool) {
	i, known := slices.BinarySearchFunc(list, f, func(a, b FilmAt) int { return compareFilms(a, b) })
	list = slices.Clone(list)
	if known {
		news := list[i].Film != f.Film
		list[i] = f
		return list, news
	}
	list = slices.Insert(list, i, f)
	if len(list) > filmsMost {
		out := slices.IndexFunc(list, func(o FilmAt) bool { return o.State == event.FilmPassed })
		out = max(out, 0)
		list = slices.Delete(list, out, out+1)
	}
	return list, true
}

func compareFilms(a, b FilmAt) int {
	switch {
	case a.File != b.File && a.File < b.File, a.File == b.File && a.Process < b.Process:
		return -1
	case a.File == b.File && a.Process == b.Process:
		return 0
	}
	return 1
}

// film takes a worker's word on a file. Needs mu.
func (l *Local) film(f FilmAt) {
	list, news := withFilm(l.now.Films, f)
	l.now.Films = list
	l.now.Version++
	if news {
		l.publish(Event{Time: f.Time, Process: f.Process, Film: &f.Film})
	}
}

// filmsLeft is list without what an incarnation told that is no more, once the one
// that runs is ready: it has told of every file.
func filmsLeft(list []FilmAt, s Status) []FilmAt {
	return pruned(list, func(f FilmAt) bool {
		return f.Process == s.Name && s.State == procs.Ready && f.Time.Before(s.Started)
	})
}

// filmsThere is list without the files that are gone, once their signals are not
// reported any more.
func filmsThere(list []FilmAt, details []report.SignalStatus) []FilmAt {
	return pruned(list, func(f FilmAt) bool {
		return f.State == event.FilmGone && !reported(details, f.Signal)
	})
}

func reported(details []report.SignalStatus, signal string) bool {
	return slices.ContainsFunc(details, func(d report.SignalStatus) bool { return d.Signal == signal })
}

// pruned is list itself where nothing of it is to go.
func pruned[E any](list []E, goes func(E) bool) []E {
	if !slices.ContainsFunc(list, goes) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), goes)
}

// standing orders the states of a film by how well it is: what several workers say of
// one file is what the best of them says.
var standing = []event.FilmState{event.FilmAired, event.FilmWaiting, event.FilmRefused, event.FilmPassed, event.FilmGone}

// FilmList is a line for each file of the input folders, in order of name.
func (s Snapshot) FilmList() []FilmAt {
	var list []FilmAt
	for _, f := range s.Films {
		if n := len(list); n == 0 || list[n-1].File != f.File {
			list = append(list, f)
		} else if slices.Index(standing, f.State) < slices.Index(standing, list[n-1].State) {
			list[n-1] = f
		}
	}
	return list
}

// filmOf is the film that is or would be a signal, as the best of those is.
func (s Snapshot) filmOf(signal string) (FilmAt, bool) {
	best, found := FilmAt{}, false
	for _, f := range s.Films {
		if f.Signal == signal && (!found || slices.Index(standing, f.State) < slices.Index(standing, best.State)) {
			best, found = f, true
		}
	}
	return best, found
}
