package films

import (
	"context"
	"maps"
	"slices"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/worker/input/films/folder"
)

// Look implements input.Input. It compares the input folder with what is on air: new films
// start, changed ones take over, vanished ones end.
func (s *Films) Look(ctx context.Context) {
	defer s.setDoing("")
	list, err := folder.Read(s.config.Path)
	if err != nil {
		if t, due := s.unreadable.Seen(err.Error(), time.Now()); due {
			s.log.Error("cannot read the input folder, the signals on air go on", "path", s.config.Path, "error", t.String())
		}
		return
	}
	for _, t := range s.unreadable.EndExcept() {
		s.log.Info("the input folder can be read again", "path", s.config.Path, "after", t.String())
	}
	s.settler.Settle(list, time.Now())
	s.markRefused(list)
	names := s.names()
	s.claim(list, names)
	folder.Assign(list, names)
	there := map[string]bool{}
	for _, f := range list {
		there[f.Name] = true
	}
	for _, f := range list {
		s.see(ctx, f, there)
	}
	for name, sig := range s.signals {
		if there[name] {
			sig.missed = 0
		} else if sig.missed++; sig.missed > 1 { // at first it may be about to be replaced
			s.vanish(ctx, sig)
		}
	}
	s.outcomes.only(func(file string) bool { return there[file] || s.signals[file] != nil })
}

// names are the files of all signals that may come on air or are, by signal.
func (s *Films) names() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]string{}
	for file, sig := range s.signals {
		if sig.stage != stageRefused || sig.running() {
			names[sig.file.Signal] = file
		}
	}
	return names
}

// claim claims the signals of all films that may come on air or are, and refuses the films
// whose signal another input has.
func (s *Films) claim(list []folder.File, names map[string]string) {
	signals := slices.Collect(maps.Keys(names))
	for _, f := range list {
		if f.Signal != "" && f.State != event.FilmRefused {
			signals = append(signals, f.Signal)
		}
	}
	taken := s.host.Claim(signals)
	for i := range list {
		if owner, is := taken[list[i].Signal]; is {
			list[i].Refuse(event.FilmNameTaken, "signal %s is taken by the input %s; rename the film", list[i].Signal, owner)
		}
	}
}

// markRefused marks the films whose present version was refused: they keep no signal from
// another film.
func (s *Films) markRefused(list []folder.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range list {
		sig := s.signals[f.Name]
		if sig != nil && sig.file.Same(f) && sig.stage == stageRefused && !sig.running() {
			list[i].State = event.FilmRefused
		}
	}
}

// see starts or dismisses one file.
func (s *Films) see(ctx context.Context, f folder.File, there map[string]bool) {
	old := s.signals[f.Name]
	switch {
	case old != nil && old.file.Same(f) && !s.movesGrid(old, f):
		return // its goroutine logs its outcome
	case !f.Fit() && old != nil:
		s.former(old, f)
	case !f.Fit():
		s.outcomes.note(outcome{Film: f.Event()})
	default:
		if old == nil {
			old = s.renamed(f, there)
		}
		s.start(ctx, f, old)
	}
}

// movesGrid reports whether the change of a file moves the numbers of its signal's grid.
func (s *Films) movesGrid(sig *signal, f folder.File) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := sig.airing()
	now.Changed = f.Changed
	return s.config.Output == "" && f.Fit() && sig.segment != 0 && sig.airing().Grid() != now.Grid()
}

// former logs that a new version cannot be aired, or not yet.
func (s *Films) former(old *signal, f folder.File) {
	s.mu.Lock()
	former := old.running()
	s.mu.Unlock()
	s.outcomes.note(outcomeOf(f.Event(), former))
}

// renamed is the signal of the same name whose file is gone; nil without one.
func (s *Films) renamed(f folder.File, there map[string]bool) *signal {
	for name, sig := range s.signals {
		if sig.file.Signal == f.Signal && !there[name] {
			return sig
		}
	}
	return nil
}

// vanish ends the signal of a film that is gone.
func (s *Films) vanish(ctx context.Context, sig *signal) {
	s.stop(sig)
	s.mu.Lock()
	delete(s.signals, sig.file.Name)
	shared := false
	for _, o := range s.signals {
		shared = shared || o.file.Signal == sig.file.Signal
	}
	s.mu.Unlock()
	if !shared {
		s.host.End(ctx, sig.file.Signal)
	}
}
