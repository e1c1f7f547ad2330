package worker

import (
	"context"
	"slices"
	"strings"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/worker/input/folder"
	"livestream-tui/services/worker/output"
)

// look compares the input folder with what is on air: new films start, changed ones
// take over, vanished ones end.
func (s *Service) look(ctx context.Context) {
	list, err := folder.Read(s.config.Paths.Input)
	if err != nil {
		if t, tell := s.unreadable.Seen(err.Error(), time.Now()); tell {
			s.log.Error("cannot read the input folder, the signals on air go on", "path", s.config.Paths.Input, "error", t.String())
		}
		return
	}
	for _, t := range s.unreadable.EndExcept() {
		s.log.Info("the input folder can be read again", "path", s.config.Paths.Input, "after", t.String())
	}
	s.settler.Settle(list, time.Now())
	s.markRefused(list)
	folder.Assign(list, s.names())
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
	s.removeEnded(list)
}

// names are the files of all signals that may come on air or are, by signal.
func (s *Service) names() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]string{}
	for file, sig := range s.signals {
		if sig.stage != stageRefused || sig.running() != nil {
			names[sig.file.Signal] = file
		}
	}
	return names
}

// markRefused marks the films whose present version was refused: they keep no signal from
// another film.
func (s *Service) markRefused(list []folder.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range list {
		sig := s.signals[f.Name]
		if sig != nil && sig.file.Same(f) && sig.stage == stageRefused && sig.running() == nil {
			list[i].State = event.FilmRefused
		}
	}
}

// see starts or dismisses one file.
func (s *Service) see(ctx context.Context, f folder.File, there map[string]bool) {
	old := s.signals[f.Name]
	switch {
	case old != nil && old.file.Same(f) && !s.movesGrid(old, f):
		return // its goroutine logs its outcome
	case !f.Fit() && old != nil:
		s.former(old, f)
	case !f.Fit():
		s.outcomes.tell(outcome{Film: f.Event()})
	default:
		if old == nil {
			old = s.renamed(f, there)
		}
		s.start(ctx, f, old)
	}
}

// movesGrid reports whether the change of a file moves the numbers of its signal's grid.
func (s *Service) movesGrid(sig *signal, f folder.File) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config.Paths.Output == service.NoOutput && f.Fit() && sig.segment != 0 && gridOf(sig.segment, sig.file.Changed) != gridOf(sig.segment, f.Changed)
}

// former logs that a new version cannot be aired, or not yet.
func (s *Service) former(old *signal, f folder.File) {
	s.mu.Lock()
	former := old.running() != nil
	s.mu.Unlock()
	s.outcomes.tell(outcomeOf(f.Event(), former))
}

// renamed is the signal of the same name whose file is gone; nil without one.
func (s *Service) renamed(f folder.File, there map[string]bool) *signal {
	for name, sig := range s.signals {
		if sig.file.Signal == f.Signal && !there[name] {
			return sig
		}
	}
	return nil
}

// vanish ends the signal of a film that is gone.
func (s *Service) vanish(ctx context.Context, sig *signal) {
	s.stop(sig)
	name := sig.file.Signal
	s.mu.Lock()
	delete(s.signals, sig.file.Name)
	out := s.outputs[name]
	shared := slices.ContainsFunc(s.others(sig), func(o *signal) bool { return o.file.Signal == name })
	if out == nil || shared {
		s.mu.Unlock()
		return
	}
	delete(s.outputs, name)
	s.ending[name] = ending{out, time.Now().Add(s.keepEnded)}
	s.mu.Unlock()
	s.log.Info("signal ends, its film is gone", "signal", name, "file", sig.file.Path)
	if err := out.End(ctx); err != nil {
		s.log.Error("cannot end the playlist of a signal", "signal", name, "error", err)
	}
}

// others are all signals but one. The caller must hold mu.
func (s *Service) others(sig *signal) []*signal {
	var list []*signal
	for _, o := range s.signals {
		if o != sig {
			list = append(list, o)
		}
	}
	return list
}

// removeEnded removes the media of ended signals and, for a while after the start, of
// films that were removed before it.
func (s *Service) removeEnded(list []folder.File) {
	s.mu.Lock()
	var over []string
	var outputs []*output.Output
	for name, e := range s.ending {
		if time.Now().After(e.at) {
			over, outputs = append(over, name), append(outputs, e.output)
			delete(s.ending, name)
		}
	}
	kept := map[string]bool{}
	for name := range s.ending {
		kept[name] = true
	}
	for name := range s.outputs {
		kept[name] = true
	}
	s.mu.Unlock()
	for i, out := range outputs {
		if err := out.Remove(); err != nil {
			s.log.Error("cannot remove what an ended signal has left", "signal", over[i], "error", err)
			continue
		}
		s.log.Info("removed what an ended signal has left", "signal", over[i])
	}
	length := time.Duration(s.config.Window) * media.DefaultSegment
	if s.config.Paths.Output == service.NoOutput || time.Since(s.began) > length+2*rescanEvery {
		return
	}
	for _, f := range list {
		if f.State != event.FilmRefused {
			kept[f.Signal] = true
		}
	}
	removed, err := output.RemoveLeftovers(s.config.Paths.Output, time.Now().Add(-length), func(name string) bool { return kept[name] })
	if len(removed) > 0 {
		s.log.Info("removed what films have left that are gone", "signals", strings.Join(removed, " "))
	}
	if err != nil {
		s.log.Warn("cannot remove what films have left that are gone", "error", err)
	}
}
