package worker

import (
	"slices"
	"strings"

	"livestream-tui/services/kit/event"
)

// Ready reports whether a film is on air, and whether those whose mezzanine was there at
// the start have a full playlist. A film that is still being made, that is refused or that
// fails does not matter: other services judge each signal by itself.
func (s *Service) Ready() (bool, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doing != "" {
		return false, s.doing
	}
	var filling, wrong, reasons []string
	onAir := 0
	for _, sig := range s.signals {
		name := sig.file.Signal
		e := sig.running()
		if e == nil {
			switch sig.stage {
			case stageStarting:
				filling = append(filling, "looking at "+sig.file.Name)
			case stageMaking:
				reasons = append(reasons, "making the mezzanine of "+name)
			case stageAired: // between two encoders
				filling = append(filling, "filling the playlist of "+name)
			}
			continue
		}
		switch full, problem := e.condition(); {
		case problem != "":
			wrong = append(wrong, problem)
		case full || s.ready:
			onAir++
		default:
			filling = append(filling, "filling the playlist of "+name)
		}
	}
	if onAir > 0 && (s.ready || len(filling) == 0) {
		s.ready = true
		return true, ""
	}
	return false, s.whyNot(wrong, append(filling, reasons...))
}

// whyNot is why the service is not ready.
func (s *Service) whyNot(wrong, coming []string) string {
	slices.Sort(wrong)
	slices.Sort(coming)
	waiting, refused := s.outcomes.of(event.FilmWaiting), s.outcomes.of(event.FilmRefused)
	var reasons []string
	switch {
	case len(wrong)+len(coming) > 0:
		reasons = append(wrong, coming...)
	case len(waiting) > 0:
		reasons = append(waiting, refused...)
	default:
		reasons = append([]string{"no film to play in " + s.config.Paths.Input}, refused...)
	}
	return strings.Join(reasons, "; ")
}
