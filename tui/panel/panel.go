package panel

import (
	"livestream-tui/layouts"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// Panel is a rectangle of the screen. Its methods are called by the model alone.
type Panel interface {
	// Title is what the frame says: the panel's name, and a note at the right.
	Title(s *scene.Scene) (name, note string)
	// Content says how many lines it has use for in w cells.
	Content(s *scene.Scene, w int) layouts.Content
	// Lines are at most h lines; what is wider than w is cut.
	Lines(s *scene.Scene, w, h int) []*canvas.Line
	// Move takes the keys that move; page is how many lines it has.
	Move(s *scene.Scene, m Motion, page int)
	// Stamp changes whenever lines would, the scene's own stamp included where
	// it draws from the scene.
	Stamp(s *scene.Scene) uint64
}

// Motion is what the keys that move ask for.
type Motion uint8

const (
	MoveUp Motion = iota
	MoveDown
	MovePageUp
	MovePageDown
	MoveTop
	MoveBottom
	MoveLeft
	MoveRight
)

// by is the motion as a number of lines.
func (m Motion) by(page int) int {
	switch m {
	case MoveUp:
		return -1
	case MoveDown:
		return 1
	case MovePageUp:
		return -max(page, 1)
	case MovePageDown:
		return max(page, 1)
	case MoveTop:
		return -1 << 20
	case MoveBottom:
		return 1 << 20
	}
	return 0
}

// panels makes one of each, by the names that layouts use.
func All() map[string]Panel {
	return map[string]Panel{
		"pipeline": &pipelinePanel{}, "services": &ServicesPanel{}, "packagers": &packagersPanel{}, "ingest": &ingestPanel{},
		"failovers": newFailoversPanel(), "viewers": &viewersPanel{}, "logs": newLogsPanel(),
	}
}
