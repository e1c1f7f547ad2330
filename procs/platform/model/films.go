package model

import (
	"cmp"
	"slices"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// filmsMost is how many files of input folders are kept.
const filmsMost = 1000

// film takes a worker's report on a file.
func (m *Model) film(f platform.FilmAt) {
	list, changed := withFilm(m.Now.Films, f)
	m.Now.Films = list
	m.Now.Version++
	if changed {
		m.publish(platform.Event{Time: f.Time, Process: f.Process, What: f.Film})
	}
}

// withFilm returns list, in order of the files' names, with a worker's report on one file,
// and whether the report differs from the one before it. Beyond filmsMost a file that is
// not a film makes room.
func withFilm(list []platform.FilmAt, f platform.FilmAt) (_ []platform.FilmAt, changed bool) {
	i, known := slices.BinarySearchFunc(list, f, compareFilms)
	list = slices.Clone(list)
	if known {
		changed = list[i].Film != f.Film
		list[i] = f
		return list, changed
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
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Process, b.Process))
}

// filmsLeft returns list without the reports of a worker's earlier incarnation, once the
// current one is ready: it has reported every file by then.
func filmsLeft(list []platform.FilmAt, s platform.Status) []platform.FilmAt {
	return without(list, func(f platform.FilmAt) bool {
		return f.Process == s.Name && s.State == platform.Ready && f.Time.Before(s.Started)
	})
}

// filmsThere returns list without the files that are gone, once discovery no longer reports
// their signals.
func filmsThere(list []platform.FilmAt, details []report.SignalStatus) []platform.FilmAt {
	return without(list, func(f platform.FilmAt) bool {
		return f.State == event.FilmGone && !onair.IsReported(details, f.Signal)
	})
}
