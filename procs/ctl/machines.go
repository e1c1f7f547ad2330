package ctl

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// errOneMachine is the error of a question about machines where there is one.
var errOneMachine = errors.New("this platform runs on one machine: its layout has no engine")

// TakesMachine reports whether a verb is for a machine.
func (v Verb) TakesMachine() bool {
	return v.Action == platform.Drain || v.Action == platform.Undrain
}

// CheckMachine refuses a machine that there is not, and lists those that there are.
func (v Verb) CheckMachine(s platform.Snapshot, machine string) error {
	names := s.MachineNames()
	switch {
	case !v.TakesMachine(), slices.Contains(names, machine):
		return nil
	case len(names) == 0:
		return errOneMachine
	case machine == "":
		return fmt.Errorf("%s needs a machine: allowed are %s", v.Name, strings.Join(names, ", "))
	}
	return fmt.Errorf("%s %q: allowed are %s", v.Name, machine, strings.Join(names, ", "))
}

// drain has a machine be left, and waits until it may be switched off.
func drain(ctx context.Context, c call) (string, error) {
	if err := c.command(ctx); err != nil {
		return "", err
	}
	if !c.Wait {
		return c.Machine + " is drained: its work moves to the other machines", nil
	}
	timeout := time.NewTimer(c.Timeout)
	defer timeout.Stop()
	look := time.NewTicker(waitLook)
	defer look.Stop()
	for {
		m, _ := c.latest(ctx).Machine(c.Machine)
		switch m.State {
		case platform.MachineDrained:
			return fmt.Sprintf("%s is drained after %s: it may be switched off", c.Machine, time.Since(c.began).Round(100*time.Millisecond)), nil
		case platform.MachineUnknown, platform.MachineStopped:
			return c.Machine + " is to be drained, and is not heard: it learns of it once it is back", nil
		}
		select {
		case <-look.C:
		case <-timeout.C:
			return "", &platform.Outcome{NeverReady: true, Reason: text.Because(fmt.Sprintf("%s is not drained after %s; the drain goes on", c.Machine, c.Timeout), m.Reason)}
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// undrain has a machine take part again.
func undrain(ctx context.Context, c call) (string, error) {
	return c.Machine + " takes part again", c.command(ctx)
}

// WriteMachines writes a row for each machine of a cluster. The error says that there is no
// cluster.
func WriteMachines(w io.Writer, s platform.Snapshot) error {
	if len(s.Machines) == 0 {
		return errOneMachine
	}
	var out bytes.Buffer
	writeMachines(&out, s)
	return writeTrimmed(w, strings.TrimPrefix(out.String(), "\n"))
}

// WriteMachinesJSON writes the machines as one JSON document.
func WriteMachinesJSON(w io.Writer, s platform.Snapshot) error { return writeJSON(w, some(s.Machines)) }

// writeMachines writes a row for each machine; nothing without a cluster.
func writeMachines(out *bytes.Buffer, s platform.Snapshot) {
	if len(s.Machines) == 0 {
		return
	}
	table := newTable(out, "MACHINE\tSTATE\tADDRESS\tWORKING\tLOAD\tMEMORY\tCLOCK\tENGINE\tVERSION\tLINKS\tREASON")
	for _, m := range s.Machines {
		name, working, load, memory, clock, engine, links := m.Name, "-", "-", "-", "-", "-", "-"
		if m.Own {
			name += " (this)"
		}
		if m.State.IsHeard() {
			working = fmt.Sprintf("%d/%d", m.Working, m.Processes)
			load = fmt.Sprintf("%.1f of %d", m.Load, m.CPUs)
			memory = text.Bytes(m.MemoryUsed) + " of " + text.Bytes(m.MemoryTotal)
			clock = fmt.Sprintf("%+.1f ms", m.OffsetMS)
			engine, links = cmp.Or(m.Engine, "-"), cmp.Or(linksText(m), "-")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", text.Joined(name), m.State, text.Joined(m.Address), working, load, memory, clock, text.Joined(engine), text.Joined(cmp.Or(m.Version, "-")), links, text.Joined(m.Reason))
	}
	_ = table.Flush() // a buffer does not fail
}

// linksText says how long a round trip from a machine to each of the others takes.
func linksText(m platform.Machine) string {
	var list []string
	for _, l := range m.Links {
		list = append(list, fmt.Sprintf("%s %.1f ms", text.Joined(l.To), l.RTTms))
	}
	return strings.Join(list, ", ")
}
