package scene

import (
	"cmp"
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
)

// SignalKind tells a signal that is on air, or could be, from what only looks like one.
type SignalKind uint8

// The kinds of signals.
const (
	SignalAired    SignalKind = iota
	SignalWaiting             // its film is being copied or made
	SignalRefused             // its film cannot be aired
	SignalOrphaned            // its playlist is still served, but no film is there and nothing feeds it
)

// String returns the kind as one lower-case word.
func (k SignalKind) String() string {
	return [...]string{"aired", "waiting", "refused", "orphaned"}[k]
}

// Signal is one signal as all panels show it, or a file that is not a signal yet.
type Signal struct {
	// ID is the signal's name in commands; empty for a file. Name is what the screen shows:
	// the signal's name, or the file's.
	ID, Name string
	Kind     SignalKind
	// Light is nil while it is not known, and for a file. Film is the file that the signal is
	// made from; nil without one. View is the worst viewer's last report; nil without one.
	Light *platform.SignalAir
	Film  *platform.FilmAt
	View  *platform.ViewingAt
	// Packagers has a packager for each of Scene.Columns; nil where the signal has none.
	Packagers []*Packager
	// Usable is how many of the packagers are usable.
	Usable int

	rank rank
}

// Key tells a signal from all others, files among them.
func (v *Signal) Key() string {
	if v.ID == "" && v.Film != nil {
		return "file " + v.Film.File
	}
	return v.ID
}

// OffSince is when the signal went off air; zero while it is on air.
func (v *Signal) OffSince() time.Time {
	switch {
	case v.Light == nil || v.Light.State != platform.AirOff:
		return time.Time{}
	case v.Light.Outage != nil:
		return v.Light.Outage.Since
	}
	return v.Light.Since
}

// Bad reports whether players of the signal are without media, or may be, or soon will be.
func (v *Signal) Bad() bool { return v.rank <= rankStarved }

// rank orders signals, the worst first.
type rank uint8

const (
	rankOff      rank = iota // off air
	rankUnknown              // nobody can say
	rankStarved              // on air from what players hold, without a packager
	rankNoSpare              // on air from the only packager
	rankRefused              // its film is refused
	rankStarting             // not shown yet
	rankOrphaned             // served, but not fed
	rankWell
	rankEnded
)

func (v *Signal) rankNow() rank {
	state := platform.AirStarting
	if v.Light != nil {
		state = v.Light.State
	}
	fed := 0
	for _, p := range v.Packagers {
		if p != nil {
			fed++
		}
	}
	switch {
	case state == platform.AirOff:
		return rankOff
	case state == platform.AirUnknown:
		return rankUnknown
	case state == platform.AirOffSoon, state == platform.AirOn && v.Usable == 0 && fed > 0:
		return rankStarved
	case v.Kind == SignalRefused:
		return rankRefused
	case v.Kind == SignalOrphaned:
		return rankOrphaned
	case state == platform.AirEnded:
		return rankEnded
	case state != platform.AirOn:
		return rankStarting
	case v.Usable < fed:
		return rankNoSpare
	}
	return rankWell
}

// signals returns every signal and every file that is waited for or refused, the worst
// first: of those off air, the one that has been so for longest.
func (s *Scene) signals() []Signal {
	rows, index := []Signal{}, map[string]int{}
	row := func(id string) *Signal {
		i, known := index[id]
		if !known {
			i = len(rows)
			index[id] = i
			rows = append(rows, Signal{ID: id, Name: canvas.Clean(id), Packagers: make([]*Packager, len(s.Columns))})
		}
		return &rows[i]
	}
	for i := range s.Light.Signals {
		row(s.Light.Signals[i].Signal).Light = &s.Light.Signals[i]
	}
	for i := range s.Packagers {
		p := &s.Packagers[i]
		if p.Signal == "" {
			continue // nothing is reported yet
		}
		r := row(p.Signal)
		r.Packagers[slices.Index(s.Columns, p.Title)] = p
		if p.Usable {
			r.Usable++
		}
	}
	for i := range s.Viewers {
		v := &s.Viewers[i]
		if r := row(v.Signal); r.View == nil || worseView(v, r.View) {
			r.View = v
		}
	}
	rows = s.withFilms(rows)
	for i := range rows {
		rows[i].rank = rows[i].rankNow()
	}
	slices.SortStableFunc(rows, func(a, b Signal) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), a.OffSince().Compare(b.OffSince()), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

// worseView reports whether a viewer sees less of a signal than another.
func worseView(a, b *platform.ViewingAt) bool {
	if (a.State == event.ViewStalled) != (b.State == event.ViewStalled) {
		return a.State == event.ViewStalled
	}
	return a.BufferMS < b.BufferMS
}

// withFilms gives the signals their films, and adds the files that are waited for or
// refused.
func (s *Scene) withFilms(rows []Signal) []Signal {
	films := s.Snapshot.FilmsBySignal()
	told := len(films) > 0 || slices.ContainsFunc(s.OfRole(layouts.Worker), func(p *platform.Process) bool { return p.State == platform.Ready })
	named := map[string]bool{} // files that a row has
	kept := rows[:0]
	for _, r := range rows {
		film, known := films[r.ID]
		served := slices.ContainsFunc(r.Packagers, func(p *Packager) bool { return p != nil && p.Reported })
		if known && !served && r.View == nil && (film.State == event.FilmWaiting || film.State == event.FilmRefused) {
			continue // it follows as a file
		}
		if known {
			r.Film, named[film.File] = &film, true
		}
		switch {
		case known && film.State == event.FilmRefused:
			r.Kind = SignalRefused
		case known && film.State == event.FilmWaiting && r.Usable == 0:
			r.Kind = SignalWaiting
		case told && served && r.Usable == 0 && !s.Snapshot.IsLive(r.ID) && (!known || film.State == event.FilmGone):
			r.Kind = SignalOrphaned
		}
		kept = append(kept, r)
	}
	list := s.Snapshot.FilmList()
	for i := range list {
		f := &list[i]
		if named[f.File] || f.State != event.FilmWaiting && f.State != event.FilmRefused {
			continue
		}
		r := Signal{Name: canvas.Clean(f.File), Film: f, Kind: SignalWaiting, Packagers: make([]*Packager, len(s.Columns))}
		if f.State == event.FilmRefused {
			r.Kind = SignalRefused
		}
		kept = append(kept, r)
	}
	return kept
}

// columns returns the names of all packagers, in the order of the reports.
func (s *Scene) columns() []string {
	var names []string
	for _, p := range s.Packagers {
		if !slices.Contains(names, p.Title) {
			names = append(names, p.Title)
		}
	}
	return names
}

// Chosen returns the signal that keys act on: the one that the operator has chosen, or else
// the worst; nil while there is none.
func (s *Scene) Chosen() *Signal {
	worst := -1
	for i := range s.Signals {
		if s.Signals[i].Key() == s.Choice {
			return &s.Signals[i]
		}
		if worst < 0 && s.Signals[i].ID != "" {
			worst = i
		}
	}
	switch {
	case worst >= 0:
		return &s.Signals[worst]
	case len(s.Signals) > 0:
		return &s.Signals[0]
	}
	return nil
}
