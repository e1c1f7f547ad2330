package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/viewer/player"
)

// planned is something that an operator does to machines while people watch.
type planned struct {
	name string
	// do does it, by the program's own commands. It returns the machines whose players cannot
	// be judged.
	do func(r *rig) (hit []*machine, err error)
}

// plan is in the order of an operator's day.
func plan() []planned {
	return []planned{
		{"a machine joins", fourthJoins},
		{"the machine of the active packager is drained, and started anew", drainedAndStarted},
		{"each machine is upgraded", upgraded},
		{"a machine is removed", fourthIsRemoved},
	}
}

// TestMachinesComeAndGo has people watch while machines join, are drained, upgraded and
// removed, by the commands of docs/CLUSTER.md.
func TestMachinesComeAndGo(t *testing.T) {
	if !isLong() {
		t.Skip("long: make soak and make cluster run it")
	}
	r := newRig(t, true)
	a := r.gather(8)
	for _, p := range plan() {
		t.Run(p.name, func(t *testing.T) {
			r.own(t)
			a.awaitSteady(r.machines)
			began := a.now()
			hit, err := p.do(r)
			if err != nil {
				t.Fatal(err)
			}
			r.await(engineWithin, "all is well", r.well)
			reports := a.seen(r.sound(hit), began)
			sum := player.Summarize(reports)
			if !sum.Clean() {
				t.Errorf("players saw something: %s\n%s", sum, strings.Join(complaints(reports, began.at), "\n"))
			}
			if err := r.alike(); err != nil {
				t.Error(err)
			}
			t.Logf("%d players in %s: silence %.1f s", len(reports), time.Since(began.at).Round(time.Second), silence(reports).Seconds())
		})
		r.own(t)
	}
}

// fourthJoins has a fourth machine join, by a token of the first one.
func fourthJoins(r *rig) ([]*machine, error) {
	token, err := r.machines[0].run("", "invite")
	if err != nil {
		return nil, err
	}
	d := r.plug("d")
	d.args = []string{"--layout", "cluster"}
	if _, err := d.run(token, "join", "-", "--machine", d.name); err != nil {
		return nil, err
	}
	d.start()
	return nil, nil
}

// drainedAndStarted drains the machine of the active packager, stops it once it may be, and
// has it take part again.
func drainedAndStarted(r *rig) ([]*machine, error) {
	m, _, err := r.owner()
	if err != nil {
		return nil, err
	}
	other := r.sound([]*machine{m})[0]
	if _, err := other.run("", "ctl", "drain", m.name); err != nil {
		return nil, err
	}
	m.end()
	time.Sleep(5 * time.Second) // as long as it takes to install a new version
	m.start()
	r.await(engineWithin, "it is back", func() error { return other.hears(m) })
	_, err = other.run("", "ctl", "undrain", m.name)
	return []*machine{m}, err
}

// hears is nil when the machine hears another one.
func (m *machine) hears(other *machine) error {
	s, err := m.snapshot()
	if of, _ := s.Machine(other.name); err == nil && !of.State.IsHeard() {
		return fmt.Errorf("%s says that %s is %s: %s", m.name, other.name, of.State, of.Reason)
	}
	return err
}

// upgraded has each machine change its processes for those of the binary on disk, one machine
// after the other.
func upgraded(r *rig) ([]*machine, error) {
	for _, m := range r.machines {
		if _, err := m.run("", "ctl", "upgrade"); err != nil {
			return nil, err
		}
		r.await(engineWithin, fmt.Sprintf("all is well after the upgrade of %s", m.name), r.well)
	}
	return nil, nil
}

// fourthIsRemoved stops the fourth machine for good.
func fourthIsRemoved(r *rig) ([]*machine, error) {
	d := r.machines[len(r.machines)-1]
	d.end()
	r.machines = r.machines[:len(r.machines)-1]
	_, err := r.machines[0].run("", "remove", d.name)
	return nil, err
}
