package scene

import (
	"slices"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
	"livestream-tui/tui/canvas"
)

// Input is an input of a live signal, or the slate while that is on air.
type Input struct {
	signals.InputStatus
	// Signal is the name of its signal.
	Signal string
	// Slate is set for the slate, which is no input. Of its status only the name, OnAir and
	// Since are set.
	Slate bool
	// Pinned is set for the input that an operator has chosen.
	Pinned bool
}

// Key tells an input from all others.
func (v *Input) Key() string { return v.Signal + " " + v.Name }

// inputs returns the inputs of all live signals, in the order of the layout. A slate that is
// on air comes before the inputs of its signal.
func (s *Scene) inputs() []Input {
	var list []Input
	for _, l := range s.Snapshot.LiveSignals {
		if l.ShowsSlate() {
			slate := Input{Signal: l.Name, Slate: true, InputStatus: signals.InputStatus{Name: signals.SlateSource, OnAir: true}}
			if l.Since != nil {
				slate.Since = *l.Since
			}
			list = append(list, slate)
		}
		for _, in := range l.Inputs {
			list = append(list, Input{Signal: l.Name, InputStatus: in, Pinned: in.Name == l.Pinned})
		}
	}
	return list
}

// ChosenInput returns the input that keys act on: the one that the operator has chosen, or
// else the first; nil while there is none.
func (s *Scene) ChosenInput() *Input {
	first := -1
	for i := range s.Inputs {
		if s.Inputs[i].Key() == s.InputChoice {
			return &s.Inputs[i]
		}
		if first < 0 && !s.Inputs[i].Slate {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	return &s.Inputs[first]
}

// MoveInput chooses the input that many rows further.
func (s *Scene) MoveInput(by int) {
	chosen := s.ChosenInput()
	if chosen == nil {
		return
	}
	i := slices.IndexFunc(s.Inputs, func(v Input) bool { return v.Key() == chosen.Key() })
	s.InputChoice = s.Inputs[min(max(i+by, 0), len(s.Inputs)-1)].Key()
}

// Slates returns the names of the signals whose slate is on air.
func (s *Scene) Slates() []string {
	var names []string
	for _, v := range s.Inputs {
		if v.Slate {
			names = append(names, canvas.Clean(v.Signal))
		}
	}
	return names
}

// ShowsSlate reports whether the slate of a signal is on air.
func (s *Scene) ShowsSlate(signal string) bool {
	l, known := s.Snapshot.LiveSignal(signal)
	return known && l.ShowsSlate()
}

// SlateCause returns why the slate of a signal is on air; empty while that is not known.
func (s *Scene) SlateCause(signal string) string {
	for _, c := range slices.Backward(s.Snapshot.InputChanges) {
		if c.Signal == signal && c.Change == event.InputSwitched {
			if c.Input.Input != event.SlateInput {
				return ""
			}
			return canvas.Clean(c.Cause)
		}
	}
	return ""
}

// InputMark returns the glyph, the word and the ink of an input's state.
func (s *Scene) InputMark(v *Input) (glyph, word string, k canvas.Ink) {
	if v.Slate {
		return s.Glyphs.Half, "on air", canvas.InkWarn
	}
	word = canvas.Clean(string(v.State))
	switch v.State {
	case signals.Good:
		if v.Pinned {
			return s.Glyphs.Full, "pinned", canvas.InkKey
		}
		return s.Glyphs.Full, word, canvas.InkGood
	case signals.Connected:
		return s.Glyphs.Quarter, word, canvas.InkInfo
	case signals.Waiting:
		return s.Glyphs.Ring, word, canvas.InkInfo
	case signals.Lost:
		return s.Glyphs.Cross, word, canvas.InkBad
	case signals.Frozen, signals.Black, signals.Silent:
		return s.Glyphs.Half, word, canvas.InkWarn
	}
	return s.Glyphs.Question, word, canvas.InkDim
}

// ChangesOf returns what has changed of a live signal, newest first.
func (s *Scene) ChangesOf(signal string) []platform.InputAt {
	var list []platform.InputAt
	for _, c := range slices.Backward(s.Snapshot.InputChanges) {
		if c.Signal == signal {
			list = append(list, c)
		}
	}
	return list
}
