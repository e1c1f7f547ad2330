package model

import (
	"slices"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// filmsMost is how many files of input folders are kept.
const filmsMost = 1000

// withFilm is list, in order of the files' names, with what a worker tells of one; it
// reports whether that is news. Beyond filmsMost what is no film makes room.
func withFilm(list []platform.FilmAt, f platform.FilmAt) ([]platform.FilmAt, bool) {
	i, known := slices.BinarySearchFunc(list, f, func(a, b platform.FilmAt) int { return compareFilms(a, b) })
	list = slices.Clone(list)
	if known {
		news := list[i].Film != f.Film
		list[i] = f
		return list, news
	}
	list = slices.Insert(list, i, f)
	if len(list) > filmsMost {
		out := slices.IndexFunc(list, func(o platform.FilmAt) bool { return o.State == event.FilmPassed })
		out = max(out, 0)
		list = slices.Delete(list, out, out+1)
	}
	return list, true
}

func compareFilms(a, b platform.FilmAt) int {
	switch {
	case a.File != b.File && a.File < b.File, a.File == b.File && a.Process < b.Process:
		return -1
	case a.File == b.File && a.Process == b.Process:
		return 0
	}
	return 1
}

// film takes a worker's word on a file.
func (m *Model) film(f platform.FilmAt) {
	list, news := withFilm(m.Now.Films, f)
	m.Now.Films = list
	m.Now.Version++
	if news {
		m.publish(platform.Event{Time: f.Time, Process: f.Process, What: f.Film})
	}
}

// filmsLeft is list without what an incarnation told that is no more, once the one
// that runs is ready: it has told of every file.
func filmsLeft(list []platform.FilmAt, s platform.Status) []platform.FilmAt {
	return pruned(list, func(f platform.FilmAt) bool {
		return f.Process == s.Name && s.State == platform.Ready && f.Time.Before(s.Started)
	})
}

// filmsThere is list without the files that are gone, once their signals are not
// reported any more.
func filmsThere(list []platform.FilmAt, details []report.SignalStatus) []platform.FilmAt {
	return pruned(list, func(f platform.FilmAt) bool {
		return f.State == event.FilmGone && !onair.IsReported(details, f.Signal)
	})
}

// pruned is list itself where nothing of it is to go.
func pruned[E any](list []E, goes func(E) bool) []E {
	if !slices.ContainsFunc(list, goes) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), goes)
}
