package ctl

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.Local)

// three are machines: this one, one that is drained or to be, and one that is not heard.
func three() platform.Snapshot {
	return platform.Snapshot{At: noon, Machines: []platform.Machine{
		{Name: "a", Address: "10.0.0.1", Own: true, State: platform.MachineUp, Load: 0.53, CPUs: 4, MemoryUsed: 1 << 30, MemoryTotal: 4 << 30, Engine: "leader", Version: "v1.16.0", Working: 9, Processes: 9, OffsetMS: 0.2,
			Links: []platform.MachineLink{{To: "b", RTTms: 0.4}, {To: "c", RTTms: 1.25}}},
		{Name: "b", Address: "10.0.0.2", State: platform.MachineDraining, Reason: "players are still served from server1", Load: 1.5, CPUs: 4, MemoryUsed: 2 << 30, MemoryTotal: 4 << 30, Engine: "follower", Working: 8, Processes: 9, OffsetMS: -130},
		{Name: "c", Address: "10.0.0.3", State: platform.MachineUnknown, Reason: "not heard for 12s", Heard: noon.Add(-12 * time.Second)},
	}, Processes: []platform.Process{
		{Status: platform.Status{Name: "server1", State: platform.Ready}, Machine: "a"},
		{Status: platform.Status{Name: "c/server1", State: platform.Ready}, Machine: "c", Unheard: true},
	}}
}

func TestEachMachineHasARow(t *testing.T) {
	var out strings.Builder
	if err := WriteMachines(&out, three()); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"MACHINE   STATE     ADDRESS   WORKING  LOAD      MEMORY        CLOCK      ENGINE    VERSION  LINKS             REASON",
		"a (this)  up        10.0.0.1  9/9      0.5 of 4  1.0 GiB of 4.0 GiB  +0.2 ms    leader    v1.16.0  b 0.4 ms, c 1.2 ms",
		"b         draining  10.0.0.2  8/9      1.5 of 4  2.0 GiB of 4.0 GiB  -130.0 ms  follower  -  -                 players are still served from server1",
		"c         unknown   10.0.0.3  -        -         -             -          -    -     -                 not heard for 12s",
		"",
	}, "\n")
	got := out.String()
	if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if err := WriteMachines(&out, platform.Snapshot{}); !errors.Is(err, errOneMachine) {
		t.Errorf("one machine: got %v", err)
	}
	out.Reset()
	if err := WriteStatus(&out, three()); err != nil || !strings.Contains(out.String(), "c/server1  unknown") || !strings.Contains(out.String(), "machine c is not heard for 12s") {
		t.Errorf("status: got %v\n%s", err, out.String())
	}
}

// draining is a platform whose machine b is drained after some looks.
type draining struct {
	platform.Platform
	looks    int
	state    platform.MachineState
	commands []platform.Command
}

func (d *draining) Subscribe(context.Context) (platform.Snapshot, <-chan platform.Event, error) {
	return three(), nil, nil
}

func (d *draining) Snapshot(context.Context) (platform.Snapshot, error) {
	s := three()
	if d.looks--; d.looks <= 0 {
		s.Machines[1].State = d.state
	}
	return s, nil
}

func (d *draining) Command(_ context.Context, c platform.Command) error {
	d.commands = append(d.commands, c)
	return nil
}

func TestADrainIsWaitedFor(t *testing.T) {
	for state, want := range map[platform.MachineState]string{
		platform.MachineDrained: "it may be switched off", platform.MachineUnknown: "it learns of it once it is back",
	} {
		d := &draining{looks: 2, state: state}
		r, err := Do(t.Context(), d, Request{Verb: verb(t, "drain"), Machine: "b", Wait: true, Timeout: 30 * time.Second})
		if err != nil || !strings.Contains(r.Message, want) {
			t.Errorf("%s: got %q, %v, want %q", state, r.Message, err, want)
		}
		if len(d.commands) != 1 || d.commands[0].Action != platform.Drain || d.commands[0].Machine != "b" {
			t.Errorf("%s: commands %+v", state, d.commands)
		}
	}
	d := &draining{looks: 1, state: platform.MachineDraining}
	_, err := Do(t.Context(), d, Request{Verb: verb(t, "drain"), Machine: "b", Wait: true, Timeout: time.Millisecond})
	var late *platform.Outcome
	if !errors.As(err, &late) || !strings.Contains(err.Error(), "players are still served from server1") {
		t.Errorf("late: got %v", err)
	}
	if r, err := Do(t.Context(), d, Request{Verb: verb(t, "undrain"), Machine: "b"}); err != nil || r.Message != "b takes part again" {
		t.Errorf("undrain: got %q, %v", r.Message, err)
	}
}

func TestAMachineOfAVerbIsChecked(t *testing.T) {
	for _, c := range []struct{ verb, machine, want string }{
		{"drain", "b", ""}, {"kill", "", ""}, {"drain", "", "drain needs a machine: allowed are a, b, c"}, {"undrain", "x", `undrain "x": allowed are a, b, c`},
	} {
		got := ""
		if err := verb(t, c.verb).CheckMachine(three(), c.machine); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.verb, c.machine, got, c.want)
		}
	}
}

func TestACommandOnAnotherMachineSaysWhichIncarnationItMeans(t *testing.T) {
	d := &draining{}
	c := call{Request: Request{Verb: verb(t, "kill"), Name: "c/server1"}, platform: d, before: three()}
	c.before.Processes[0].Incarnation, c.before.Processes[1].Incarnation = 3, 4
	if err := c.command(t.Context()); err != nil || d.commands[0].Incarnation != 4 {
		t.Errorf("got %+v, %v, want incarnation 4", d.commands, err)
	}
	c.Name = "server1"
	if err := c.command(t.Context()); err != nil || d.commands[1].Incarnation != 0 {
		t.Errorf("the own machine's: got %+v, %v, want none", d.commands[1], err)
	}
}

func TestARestartForAnotherEnvironmentIsNoTrouble(t *testing.T) {
	renewed := platform.Process{Status: platform.Status{Name: "proxy", State: platform.Ready, PID: 7, Restarts: 2, LastExit: "exit status 0"}, Renewed: 2}
	killed := renewed
	killed.Name, killed.Restarts, killed.LastExit = "origin", 3, "signal: killed"
	var out strings.Builder
	if err := WriteStatus(&out, platform.Snapshot{At: noon, Processes: []platform.Process{renewed, killed}}); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(out.String(), "\n") {
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "proxy") && (fields[4] != "0" || strings.Contains(line, "last exit")), strings.HasPrefix(line, "origin") && (fields[4] != "1" || !strings.Contains(line, "last exit: signal: killed")):
			t.Errorf("got %q", line)
		}
	}
	if !strings.Contains(out.String(), "proxy") || !strings.Contains(out.String(), "origin") {
		t.Errorf("got\n%s", out.String())
	}
}
