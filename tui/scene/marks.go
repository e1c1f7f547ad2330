package scene

import (
	"strconv"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
)

// LightMark returns the glyph, the word and the ink of a signal's light.
func (s *Scene) LightMark(state platform.AirState) (glyph, word string, k canvas.Ink) {
	word = state.String()
	switch state {
	case platform.AirOn:
		return s.Glyphs.Full, word, canvas.InkGood
	case platform.AirOff:
		return s.Glyphs.Cross, word, canvas.InkBadStrong
	case platform.AirOffSoon:
		return s.Glyphs.Alert, word, canvas.InkWarn
	case platform.AirStarting:
		return s.Glyphs.Dotted, word, canvas.InkInfo
	case platform.AirEnded:
		return s.Glyphs.Ring, word, canvas.InkDim
	}
	return s.Glyphs.Question, word, canvas.InkDim
}

// FilmMark returns the glyph and the ink of a file's state.
func (s *Scene) FilmMark(state event.FilmState) (glyph string, k canvas.Ink) {
	switch state {
	case event.FilmRefused:
		return s.Glyphs.Cross, canvas.InkBad
	case event.FilmWaiting:
		return s.Glyphs.Dotted, canvas.InkInfo
	}
	return s.Glyphs.Ring, canvas.InkDim
}

// ProcessMark returns the glyph, the word and the ink of a process's state.
func (s *Scene) ProcessMark(p *platform.Process) (glyph, text string, k canvas.Ink) {
	if p.Unheard {
		return s.Glyphs.Question, platform.UnknownState, canvas.InkDim
	}
	if p.Paused && p.PID != 0 && p.State != platform.Stopping {
		return s.Glyphs.Pause, "paused", canvas.InkWarn
	}
	text = p.State.String()
	switch p.State {
	case platform.Ready:
		return s.Glyphs.Full, text, canvas.InkGood
	case platform.Degraded:
		return s.Glyphs.Half, text, canvas.InkWarn
	case platform.Running:
		return s.Glyphs.Quarter, text, canvas.InkInfo
	case platform.Starting:
		return s.Glyphs.Dotted, text, canvas.InkInfo
	case platform.Waiting:
		return s.Glyphs.Dotted, text, canvas.InkDim
	case platform.Stopping:
		return s.Glyphs.Half, text, canvas.InkDim
	case platform.Backoff:
		return s.Glyphs.Cross, text, canvas.InkWarn
	case platform.Failed:
		return s.Glyphs.Cross, text, canvas.InkBadStrong
	}
	return s.Glyphs.Ring, text, canvas.InkDim
}

// RoleMark returns what a packager is to players, and its ink.
func (s *Scene) RoleMark(p Packager) (string, canvas.Ink) {
	switch {
	case p.Held:
		return "HELD", canvas.InkKey
	case p.Active && p.Gone():
		// It serves nobody; that it did so last is in the events.
	case p.Active && p.Reported && !p.Usable:
		return "ACTIVE", canvas.InkWarn
	case p.Active:
		return "ACTIVE", canvas.InkGoodStrong
	case p.Reported && p.Usable:
		return "STANDBY", canvas.InkDim
	}
	return s.Glyphs.Dash, canvas.InkFaint
}

// HealthMark returns the glyph, the word and the ink of a packager's health.
func (s *Scene) HealthMark(p Packager) (glyph, text string, k canvas.Ink) {
	if p.Process != nil && !p.IsUnheard() && !p.Process.Works() && (p.Process.State != platform.Running || !p.Reported) {
		return s.ProcessMark(p.Process)
	}
	text = p.Status.State.String()
	switch p.Status.State {
	case report.Up:
		return s.Glyphs.Full, text, canvas.InkGood
	case report.Suspect:
		return s.Glyphs.Half, text, canvas.InkWarn
	case report.Lagging:
		return s.Glyphs.Quarter, text, canvas.InkWarn
	case report.Stale:
		return s.Glyphs.Half, text, canvas.InkWarn
	case report.Misaligned:
		return s.Glyphs.Cross, text, canvas.InkBad
	case report.Down:
		return s.Glyphs.Ring, text, canvas.InkBadStrong
	}
	return s.Glyphs.Question, "unknown", canvas.InkDim
}

// Reason says why a process is in its state; it is empty where that needs no reason.
func Reason(p *platform.Process) string {
	if p.Progress != nil {
		text := canvas.Clean(p.Progress.Stage)
		if p.Progress.Signal != "" {
			text += " of " + canvas.Clean(p.Progress.Signal)
		}
		if p.Progress.Percent >= 0 {
			text += " " + strconv.Itoa(int(p.Progress.Percent)) + " %"
		}
		return text
	}
	if p.Reason == "" && p.PID == 0 && p.LastExit != "" && (p.State == platform.Exited || p.State == platform.Failed || p.State == platform.Backoff) {
		return canvas.Clean(p.LastExit)
	}
	return canvas.Clean(p.Reason)
}
