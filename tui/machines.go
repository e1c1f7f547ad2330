package tui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
)

// machinesPanel is the name of the panel that lists the machines.
const machinesPanel = "machines"

// oneMachine says why there is nothing to show of machines.
const oneMachine = "this platform is one machine's: its layout has no engine"

// isOnMachine reports whether the cursor is on a machine.
func (m *model) isOnMachine() bool {
	return m.focus == machinesPanel && m.scene.ChosenMachine() != nil
}

// lacksProcess reports whether b is for a process while the cursor is on a machine: the process
// that b would act on may not be on the screen. It says so to the operator.
func (m *model) lacksProcess(b binding) bool {
	if b.group != processKeys || !m.isOnMachine() {
		return false
	}
	m.notify(b.shown(m.scene.Glyphs)+" is for a process: choose one in SERVICES", true)
	return true
}

// isMissing reports whether a key is for the machines of a cluster, and there is none.
func (m *model) isMissing(b binding) bool {
	return b.cluster && len(m.scene.Snapshot.Machines) == 0
}

// openLabel is not in the foot where there is nothing to open.
func openLabel(m *model) (key, word string) {
	if m.isOnMachine() && m.zoomed {
		return "", ""
	}
	return "", "open"
}

// showMachines goes to the panel of the machines and zooms it; again goes back.
func (m *model) showMachines() {
	if len(m.scene.Snapshot.Machines) == 0 {
		m.notify(oneMachine, false)
		return
	}
	if m.focus == machinesPanel && m.zoomed {
		m.zoomed = false
		return
	}
	for screen := range m.scene.Layout.Screens {
		if slices.Contains(m.orderOf(screen), machinesPanel) {
			if screen != m.screen {
				m.goTo(screen)
			}
			m.focus, m.zoomed = machinesPanel, true
			return
		}
	}
	m.notify("no screen of this layout has the panel MACHINES: livestream-tui ctl machines", true)
}

// drain has the chosen machine be left, or take part again. It asks first.
func (m *model) drain() tea.Cmd {
	v := m.scene.ChosenMachine()
	if v == nil {
		m.notify(oneMachine, true)
		return nil
	}
	c := platform.Command{Action: platform.Drain, Machine: v.Name}
	name := canvas.Clean(v.Name)
	if v.State == platform.MachineDraining || v.State == platform.MachineDrained {
		c.Action = platform.Undrain
		return m.command(c)
	}
	if m.options.Unasked {
		return m.command(c)
	}
	m.dialog = &confirm{
		question: "drain machine " + name + "?", why: "Other machines take over what it does. Then it may be switched off.",
		yes: func(m *model) tea.Cmd { return m.command(c) },
	}
	return nil
}

// drainFoot shows the key only where the panel of the machines has the focus.
func drainFoot(m *model) (key, word string) {
	if m.focus != machinesPanel || m.scene.ChosenMachine() == nil {
		return "", ""
	}
	if v := m.scene.ChosenMachine(); v != nil && (v.State == platform.MachineDraining || v.State == platform.MachineDrained) {
		return "", "undrain"
	}
	return "", "drain"
}

// drained tells what has come of a drain, or of its end.
func drained(c platform.Command, now platform.Snapshot) outcome {
	v, _ := now.Machine(c.Machine)
	switch {
	case c.Action == platform.Undrain && v.State == platform.MachineUp:
		return outcome{text: c.Machine + " takes part again", settled: true}
	case c.Action == platform.Undrain:
		return outcome{text: c.Machine + " is still " + v.State.String()}
	case v.State == platform.MachineDrained:
		return outcome{text: c.Machine + " is drained: it may be switched off", settled: true}
	case v.Reason != "":
		return outcome{text: c.Machine + " is being drained: " + v.Reason}
	}
	return outcome{text: c.Machine + " is being drained"}
}
