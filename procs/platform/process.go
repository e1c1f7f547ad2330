package platform

import (
	"fmt"

	"livestream-tui/layouts"
	"livestream-tui/services/kit/event"
)

// Process is one process of the layout and its current state.
type Process struct {
	Status
	// Service is the command that it runs, such as server1, and Role its purpose, such as
	// packager.
	Service string       `json:"service"`
	Role    layouts.Role `json:"role"`
	// Port is 0 for a service without one.
	Port int `json:"port"`
	// Env are the platform's settings among its variables, as NAME=VALUE in order, secrets
	// masked.
	Env []string `json:"env,omitempty"`
	// Progress is the last progress event of a long start; nil otherwise.
	Progress *event.Progress `json:"progress,omitempty"`
}

// Works reports whether a process does its work now.
func (p Process) Works() bool {
	return !p.Paused && (p.State == Ready || p.State == Degraded)
}

// URL returns the process's base URL, as the platform's own services call it.
func (p Process) URL() string { return fmt.Sprintf("http://localhost:%d", p.Port) }

// ProgressText says how far a long start is; empty when p is nil.
func ProgressText(p *event.Progress) string {
	if p == nil {
		return ""
	}
	work := p.Stage
	if p.Signal != "" {
		work += " for " + p.Signal
	}
	if p.Percent < 0 {
		return work // it waits, or its length is unknown
	}
	return fmt.Sprintf("making the %s: %.0f%%", work, p.Percent)
}
