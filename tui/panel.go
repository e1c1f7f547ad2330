package tui

import "livestream-tui/layouts"

// panel is a rectangle of the screen. Its methods are called by the model alone.
type panel interface {
	// title is what the frame says: the panel's name, and a note at the right.
	title(s *scene) (name, note string)
	// content says how many lines it has use for in w cells.
	content(s *scene, w int) layouts.Content
	// lines are at most h lines; what is wider than w is cut.
	lines(s *scene, w, h int) []*line
	// move takes the keys that move; page is how many lines it has.
	move(s *scene, m motion, page int)
	// stamp changes whenever lines would, the scene's own stamp included where
	// it draws from the scene.
	stamp(s *scene) uint64
}

// motion is what the keys that move ask for.
type motion uint8

const (
	moveUp motion = iota
	moveDown
	movePageUp
	movePageDown
	moveTop
	moveBottom
	moveLeft
	moveRight
)

// by is the motion as a number of lines.
func (m motion) by(page int) int {
	switch m {
	case moveUp:
		return -1
	case moveDown:
		return 1
	case movePageUp:
		return -max(page, 1)
	case movePageDown:
		return max(page, 1)
	case moveTop:
		return -1 << 20
	case moveBottom:
		return 1 << 20
	}
	return 0
}

// panels makes one of each, by the names that layouts use.
func panels() map[string]panel {
	return map[string]panel{
		"pipeline": &pipelinePanel{}, "services": &servicesPanel{}, "packagers": &packagersPanel{}, "ingest": &ingestPanel{},
		"failovers": newFailoversPanel(), "viewers": &viewersPanel{}, "logs": newLogsPanel(),
	}
}
