package platform

import (
	"cmp"
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
	// Machine is the machine that it runs on; empty without a cluster.
	Machine string `json:"machine,omitempty"`
	// Unheard is set while that machine is not heard: the rest is what was last known.
	Unheard bool `json:"unheard,omitempty"`
	// Address is the base URL of its server for other machines; empty without a cluster, and
	// for a service without a port.
	Address string `json:"address,omitempty"`
	// Port is 0 for a service without one.
	Port int `json:"port"`
	// Env are the platform's settings among its variables, as NAME=VALUE in order, secrets
	// masked.
	Env []string `json:"env,omitempty"`
	// Renewed is how many of its restarts gave it another environment, since a machine had
	// joined or was removed. Nothing was wrong then.
	Renewed int `json:"renewed,omitempty"`
	// Progress is the last progress event of a long start; nil otherwise.
	Progress *event.Progress `json:"progress,omitempty"`
}

// Works reports whether a process does its work now, as far as is known: of one on a machine
// that is not heard nothing is.
func (p Process) Works() bool {
	return !p.Unheard && !p.Paused && (p.State == Ready || p.State == Degraded)
}

// IsOwn reports whether it runs on the machine whose snapshot it is in.
func (p Process) IsOwn() bool {
	machine, _ := SplitMachine(p.Name)
	return machine == ""
}

// Again returns how often it was started again, without the times when nothing was wrong.
func (p Process) Again() int { return max(0, p.Restarts-p.Renewed) }

// URL returns the process's base URL, as the platform's own services call it.
func (p Process) URL() string { return cmp.Or(p.Address, fmt.Sprintf("http://localhost:%d", p.Port)) }

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
