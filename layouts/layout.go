// Package layouts says which processes run and how the screen shows them: the
// YAML files (the built-in ones are embedded), their parser, and the geometry of
// a screen.
package layouts

import "time"

// Layout is one file: the processes of a platform and the screens that show it.
type Layout struct {
	// Name is the file's name without .yaml.
	Name string
	// About is one sentence for `livestream-tui layouts`.
	About     string
	Processes []Process
	Screens   []Screen
}

// Process is one process of a layout.
type Process struct {
	// Name is unique in the layout and is what logs and screen show: "server1".
	Name string
	// Service is the command that runs it: worker, packager, server1, ...
	Service string
	// Environment are variables beyond the operator's own, which they override.
	Environment map[string]string
	// DependsOn are names of processes that must be ready first.
	DependsOn []string
	// Restart is always (the default), on-failure or never.
	Restart string
	// Grace is how long a stop may take before it is forced; 0 means 5 s.
	Grace time.Duration
}

// Screen is one arrangement of panels, rows from top to bottom.
type Screen struct {
	Name string
	Rows []Row
}

// Row is panels side by side.
type Row struct {
	Panels []Panel
}

// Panel is one panel's name and its share of the row's width.
type Panel struct {
	// Name is one of PanelNames.
	Name string
	// Weight is its share of the width; 0 means 1.
	Weight int
}

// PanelNames are the panels that a screen may hold.
func PanelNames() []string {
	return []string{"services", "packagers", "ingest", "failovers", "logs"}
}
