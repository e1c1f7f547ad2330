package model

import (
	"maps"
	"reflect"
	"slices"

	"livestream-tui/procs/platform"
)

// SetMachines takes the machines of the cluster. Where only figures such as loads have
// changed, a client need not learn of it at once.
func (m *Model) SetMachines(list []platform.Machine) {
	if reflect.DeepEqual(m.Now.Machines, list) {
		return
	}
	if slices.EqualFunc(m.Now.Machines, list, sameMachine) {
		m.figures++
	}
	m.Now.Machines = list
	m.Now.Version++
}

// sameMachine reports whether two records of a machine differ in figures only.
func sameMachine(a, b platform.Machine) bool {
	return a.Name == b.Name && a.State == b.State && a.Reason == b.Reason && a.Engine == b.Engine &&
		a.Working == b.Working && a.Processes == b.Processes && a.Version == b.Version && maps.Equal(a.Packagers, b.Packagers)
}

// SetEnvironment takes the variables of a process that may be shown.
func (m *Model) SetEnvironment(process string, env []string) {
	m.change(process, func(p *platform.Process) { p.Env = env })
}

// Renew notes that a process was restarted with another environment.
func (m *Model) Renew(process string) {
	m.change(process, func(p *platform.Process) { p.Renewed++ })
}
