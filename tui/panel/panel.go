package panel

import (
	"maps"
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// Panel is a rectangle of the screen. Only the model calls its methods.
type Panel interface {
	// Title returns what the frame says: the panel's name, and a note at the right.
	Title(s *scene.Scene) (name, note string)
	// Content returns how many lines the panel can use in w cells.
	Content(s *scene.Scene, w int) layouts.Content
	// Lines returns at most h lines. What is wider than w is cut.
	Lines(s *scene.Scene, w, h int) []*canvas.Line
	// Move takes the keys that move; page is how many lines the panel has.
	Move(s *scene.Scene, m Motion, page int)
	// Stamp changes whenever Lines would. It is the scene's own stamp for a panel that
	// draws from nothing else.
	Stamp(s *scene.Scene) uint64
}

// What a panel may do besides.
type (
	// Clicker is a panel that takes clicks on its lines.
	Clicker interface {
		// Click takes a click on the line of that index among those of Lines.
		Click(s *scene.Scene, line int)
	}
	// Hider is a panel that does not always show all its rows.
	Hider interface {
		// Hidden returns how many rows the latest Lines left out, above and below.
		Hidden() (above, below int)
	}
	// Opener is a panel whose chosen row can be opened.
	Opener interface {
		// Chosen returns the moment of the chosen row; false means that no row is
		// chosen.
		Chosen(s *scene.Scene) (Moment, bool)
	}
	// Backer is a panel with steps that the key esc takes back.
	Backer interface {
		// Back takes one step back; false means that there is none.
		Back() bool
	}
)

// Moment is a point in time around which logs are shown.
type Moment struct {
	At    time.Time
	Title string
}

// Names returns the names of the panels, in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(All())) }

// All returns a new panel of each kind, by the names that layouts use.
func All() map[string]Panel {
	return map[string]Panel{
		"pipeline":  &pipeline{},
		"services":  &services{},
		"signals":   &Signals{},
		"inputs":    &Inputs{},
		"packagers": &packagers{},
		"ingest":    &ingest{},
		"events":    newEvents(),
		"viewers":   &viewers{},
		"plots":     &plots{},
		"machines":  &machines{},
		"audience":  &reports{},
		"logs":      newLogs(),
	}
}

// Motion is what a key that moves asks for.
type Motion uint8

// The motions.
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

// far is more lines than any panel has.
const far = 1 << 20

// lines returns the motion as a number of lines; page is how many the panel has.
func (m Motion) lines(page int) int {
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
		return -far
	case MoveBottom:
		return far
	}
	return 0
}
