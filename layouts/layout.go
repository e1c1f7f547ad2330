package layouts

import (
	"time"

	"livestream-tui/services/kit/signals"
)

// Layout is one file: the processes of a platform and the screens that show it.
type Layout struct {
	// Name is the file's name without .yaml.
	Name string
	// About is one sentence for `livestream-tui layouts`.
	About string
	// Signals are the live signals that its receivers take in; empty where it has none.
	Signals   []signals.Signal
	Processes []Process
	Screens   []Screen
	// Warnings are what the file has that is out of date and was read all the same, a line
	// each; empty when there is nothing.
	Warnings []string `json:"-"`
}

// Process is one process of a layout.
type Process struct {
	// Name is unique in the layout and is what logs and screen show: "server1".
	Name string
	// Service is the command that runs it, one of ServiceNames.
	Service string
	// PortVariable is the environment variable with the TCP port that the process
	// listens on, PortDefault the port when that is not set. Empty and 0 for a process
	// without a port.
	PortVariable string
	PortDefault  int
	// PortHeld: the supervisor holds the port's listening socket and hands it to
	// each incarnation, so that connections wait while none runs. Never a
	// packager's: its refusal is the fastest sign of its death.
	PortHeld bool
	// Environment are variables beyond the operator's own, which they override: those
	// of the whole layout and the process's own over them. Resolve replaces the
	// references in them.
	Environment map[string]string
	// DependsOn are names of processes that must be ready first.
	DependsOn []string
	// Restart is always (the default), on-failure or never.
	Restart string
	// Grace is how long a stop may take before it is forced; 0 means 5 s.
	// A hand-over has a limit of its own, HANDOVER_TIMEOUT.
	Grace time.Duration
}

// Role is the role of the process's service.
func (p Process) Role() Role { return RoleOf(p.Service) }

// Screen is one arrangement of panels, rows from top to bottom. Arrange gives
// its panels their places.
type Screen struct {
	Name string
	Rows []Row
}

// Row is panels side by side.
type Row struct {
	// Height is the row's share of the height; 0 means 1.
	Height int
	// From is how many lines the panels of a screen must have for the row to be shown; 0
	// means any number. A row with the focus is shown at any height.
	From   int
	Panels []Panel
}

// Panel is one panel's name and its share of the room.
type Panel struct {
	// Name is one that the dashboard has.
	Name string
	// Weight is its share of the row's width; 0 means 1.
	Weight int
	// Stacked is its share of the height where the screen is too narrow for
	// panels side by side and they stand one below another; 0 means 1.
	Stacked int
}
