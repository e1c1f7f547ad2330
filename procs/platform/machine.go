package platform

import (
	"fmt"
	"strings"
	"time"
)

// Machine is one machine of a cluster. A platform without an engine has none.
type Machine struct {
	Name    string       `json:"name"`
	Address string       `json:"address,omitempty"`
	State   MachineState `json:"state"`
	// Own is set for the machine whose platform this is.
	Own bool `json:"own,omitempty"`
	// Heard is when it was last heard, by the clock of the own machine; zero when it never was.
	Heard time.Time `json:"heard,omitzero"`
	// Reason explains the state in words; empty when there is nothing to say.
	Reason string `json:"reason,omitempty"`
	// Version is that of its processes, Layout that of its platform.
	Version string `json:"version,omitempty"`
	Layout  string `json:"layout,omitempty"`
	// Load is the load average of a minute, CPUs how many it is to be compared with.
	Load float64 `json:"load"`
	CPUs int     `json:"cpus"`
	// MemoryUsed and MemoryTotal are in bytes.
	MemoryUsed  int64 `json:"memory_used"`
	MemoryTotal int64 `json:"memory_total"`
	// Engine is what its engine does: leader, follower, standby, no quorum or unreached; empty
	// where it runs none.
	Engine string `json:"engine,omitempty"`
	// Working of Processes processes work.
	Working   int `json:"working"`
	Processes int `json:"processes"`
	// Packagers has the names of its packagers by their base URLs, as its own dashboard has
	// them. Those of the own machine are processes.
	Packagers map[string]string `json:"packagers,omitempty"`
	// Links are its ways to the other machines, in order of name.
	Links []MachineLink `json:"links,omitempty"`
	// OffsetMS is how far its clock is ahead of those of most machines, in milliseconds.
	OffsetMS float64 `json:"offset_ms"`
}

// MachineLink is the way from one machine to another.
type MachineLink struct {
	To string `json:"to"`
	// RTTms is a round trip in milliseconds; OffsetMS is how far the other's clock is ahead.
	RTTms    float64 `json:"rtt_ms"`
	OffsetMS float64 `json:"offset_ms"`
}

// MachineState is how a machine is. The zero value is MachineUnknown.
type MachineState uint8

// The states of a machine. One that is not heard is unknown, not down: its players may have
// no trouble at all.
const (
	MachineUnknown  MachineState = iota // not heard for MachineSilence
	MachineUp                           // heard
	MachineDraining                     // what it does moves elsewhere
	MachineDrained                      // it may be switched off
	MachineStopped                      // its platform was stopped in order, and is not heard
)

// IsHeard reports whether a machine in that state is heard.
func (s MachineState) IsHeard() bool { return s != MachineUnknown && s != MachineStopped }

// MachineSilence is how long a machine is not heard before it is unknown.
const MachineSilence = 3 * time.Second

// ClockWarningMS is by how many milliseconds a clock may differ from most before an operator
// has to know.
const ClockWarningMS = 100

// EngineAlone is what Machine.Engine says of an engine without a quorum, EngineUnreached of one
// on standby whose machine reaches no engine.
const EngineAlone, EngineUnreached = "no quorum", "unreached"

var machineStateNames = [...]string{"unknown", "up", "draining", "drained", "stopped"}

// String returns the state's lower-case name.
func (s MachineState) String() string {
	if int(s) < len(machineStateNames) {
		return machineStateNames[s]
	}
	return fmt.Sprintf("machinestate(%d)", uint8(s))
}

// MarshalText implements encoding.TextMarshaler.
func (s MachineState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. A state that only a later version knows
// is read as MachineUnknown.
func (s *MachineState) UnmarshalText(b []byte) error {
	*s = MachineUnknown
	for i, name := range machineStateNames {
		if name == string(b) {
			*s = MachineState(i)
		}
	}
	return nil
}

// Machine returns the machine of that name; false where there is none.
func (s Snapshot) Machine(name string) (Machine, bool) {
	for _, m := range s.Machines {
		if m.Name == name {
			return m, true
		}
	}
	return Machine{}, false
}

// MachineNames returns the names of all machines, in order.
func (s Snapshot) MachineNames() []string {
	names := make([]string, len(s.Machines))
	for i, m := range s.Machines {
		names[i] = m.Name
	}
	return names
}

// HeardText says since when nothing of a process is known; empty while its machine is heard.
func (s Snapshot) HeardText(p Process) string {
	if !p.Unheard {
		return ""
	}
	m, known := s.Machine(p.Machine)
	if !known || m.Heard.IsZero() {
		return "machine " + p.Machine + " is not heard"
	}
	return fmt.Sprintf("machine %s is not heard for %s", p.Machine, max(0, s.At.Sub(m.Heard)).Round(time.Second))
}

// UnknownState is the word for the state of a process whose machine is not heard.
const UnknownState = "unknown"

// machineSeparator is between a machine and a process of it.
const machineSeparator = "/"

// OnMachine returns the name that a process of another machine has in the snapshot of this
// one: b/server1. The processes of the own machine keep their names.
func OnMachine(machine, process string) string {
	if machine == "" || process == "" {
		return process
	}
	return machine + machineSeparator + process
}

// SplitMachine returns the machine and the process of a name; the machine is empty for a
// process of the own machine.
func SplitMachine(name string) (machine, process string) {
	if machine, process, found := strings.Cut(name, machineSeparator); found {
		return machine, process
	}
	return "", name
}
