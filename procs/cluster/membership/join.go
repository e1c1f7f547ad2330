package membership

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/cluster/clock"
	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
)

// clockMost is the offset of a clock with which a machine may join.
const clockMost = 500 * time.Millisecond

// Request is what a machine joins with.
type Request struct {
	Token identity.Token
	// Machine and Address are its name, and where the others reach it.
	Machine, Address string
	// Folder is where the identity is to be.
	Folder string
	// Version is that of this program.
	Version string
	// AnyClock has it join with a clock that is off by more than half a second.
	AnyClock bool
	// Patience is how long the engine may take; zero means DefaultPatience.
	Patience time.Duration
	Open     Open
	// Say is told what is done, and Warn what is not as it should be; neither may be nil.
	Say, Warn func(format string, args ...any)
}

// joining is a machine that joins.
type joining struct {
	Request
	id     identity.Identity
	fresh  bool // there was no identity before
	engine store.Engine
}

// Join takes this machine into the cluster of the token, and returns its identity, which is
// written then. Joining again with the same name and address is no error. The error says what is
// wrong and what is allowed; nothing was written then, and no other machine knows this one. It
// may be ctx's.
func Join(ctx context.Context, r Request) (identity.Identity, error) {
	r.Patience = cmp.Or(r.Patience, DefaultPatience)
	j := joining{Request: r}
	var err error
	if j.id, err = r.Token.Check(r.Folder, r.Machine, r.Address); err != nil {
		return identity.Identity{}, err
	}
	_, before := identity.Open(r.Folder)
	j.fresh = errors.Is(before, identity.ErrNone)
	above := filepath.Dir(r.Folder)
	if err := os.MkdirAll(above, 0o755); err != nil {
		return identity.Identity{}, err
	}
	temp, err := os.MkdirTemp(above, ".joining-") // the engine's client reads keys from files
	if err != nil {
		return identity.Identity{}, err
	}
	defer func() { _ = os.RemoveAll(temp) }() // nothing can be done about a failure
	trying, err := j.id.SaveIn(temp)
	if err != nil {
		return identity.Identity{}, err
	}
	trying.Members = slices.DeleteFunc(slices.Clone(r.Token.Members), func(m cluster.Member) bool { return m.Name == r.Machine && len(r.Token.Members) > 1 })
	r.Say("looking for the engine of cluster %s at %s", j.id.Cluster, places(trying.Members))
	if j.engine, err = r.Open(trying); err != nil {
		return identity.Identity{}, err
	}
	defer func() { _ = j.engine.Close() }() // all that matters was written before
	if err := connected(ctx, j.engine, trying.Members, r.Patience, r.Say); err != nil {
		return identity.Identity{}, err
	}
	if j.id.Edge != nil {
		return j.asEdge(ctx)
	}
	return j.asMachine(ctx)
}

// places are machines in words.
func places(machines []cluster.Member) string {
	var list []string
	for _, m := range machines {
		list = append(list, fmt.Sprintf("%s (%s)", m.Name, m.Address))
	}
	return strings.Join(list, ", ")
}

// asEdge joins with the rights of an edge: it is in no list, so there is nothing to register.
func (j joining) asEdge(ctx context.Context) (identity.Identity, error) {
	heard, err := listen(ctx, j.engine.Bus(), nil)
	if err != nil {
		return identity.Identity{}, err
	}
	now := time.Now()
	for _, name := range slices.Sorted(maps.Keys(heard)) {
		// A beat is under way for a while, so this is rough.
		if off := now.Sub(heard[name].At); off < -clockMost || off > clockMost+listening {
			j.Warn("the clock of this machine is off that of %s by about %s; have chrony or systemd-timesyncd keep it", name, off.Round(time.Second))
			break
		}
	}
	j.versions(heard)
	return j.id.SaveIn(j.Folder)
}

// asMachine joins with all rights.
func (j joining) asMachine(ctx context.Context) (identity.Identity, error) {
	seen, err := snapshot(ctx, j.engine.Store(), j.Patience)
	if err != nil {
		return identity.Identity{}, err
	}
	table := tableOf(seen)
	if err := j.free(table); err != nil {
		return identity.Identity{}, err
	}
	var others []string
	for _, m := range table.Members() {
		if m.Name != j.id.Machine {
			others = append(others, m.Name)
		}
	}
	heard := beats{}
	if len(others) > 0 {
		if heard, err = listen(ctx, j.engine.Bus(), others); err != nil {
			return identity.Identity{}, err
		}
	}
	if beat, is := heard[j.id.Machine]; is && beat.Address != j.id.Address {
		return identity.Identity{}, &identity.TakenError{Name: j.id.Machine, By: beat.Address, Own: j.id.Address}
	}
	delete(heard, j.id.Machine)
	for _, name := range others {
		if _, is := heard[name]; !is {
			j.Warn("machine %s is not heard", name)
		}
	}
	j.versions(heard)
	if err := j.clocks(ctx, heard); err != nil {
		return identity.Identity{}, err
	}
	return j.register(ctx)
}

// free says whether another machine has the name or the address.
func (j joining) free(t registry.Table) error {
	for _, m := range t.Members() {
		switch {
		case m.Name == j.id.Machine && m.Address != j.id.Address:
			return fmt.Errorf("%w; if that was this one, at an address that it no longer has, run on another machine: livestream-tui remove %s",
				&identity.TakenError{Name: m.Name, By: m.Address, Own: j.id.Address}, m.Name)
		case m.Name != j.id.Machine && m.Address == j.id.Address:
			return fmt.Errorf("address %q: machine %s has it; allowed is an address that no other machine has, or --machine %s to be that one", m.Address, m.Name, m.Name)
		}
	}
	return nil
}

// versions warns of machines that run another version.
func (j joining) versions(heard beats) {
	for _, name := range slices.Sorted(maps.Keys(heard)) {
		if v := heard[name].Version; v != "" && v != j.Version {
			j.Warn("machine %s runs version %s, and this one %s; run the same version on all", name, v, j.Version)
		}
	}
}

// tripsEach is how often each machine is asked for its time: the shortest trip counts.
const tripsEach = 5

// clocks compares the clock of this machine with those of the machines that are heard.
func (j joining) clocks(ctx context.Context, heard beats) error {
	ctx, cancel := context.WithTimeout(ctx, j.Patience)
	defer cancel()
	var ahead []time.Duration
	for name := range heard {
		var trips clock.Trips
		for range tripsEach {
			sent := time.Now()
			b, err := j.engine.Bus().Request(ctx, cluster.SubjectClock+name, nil)
			took := time.Since(sent)
			var answer cluster.Clock
			if err == nil && json.Unmarshal(b, &answer) == nil {
				trips = trips.Add(clock.Measure(sent, took, answer))
			}
		}
		if best, is := trips.Best(); is {
			ahead = append(ahead, best.Offset)
		}
	}
	if len(ahead) == 0 {
		j.Warn("no other machine tells its time, so the clocks were not compared")
		return nil
	}
	slices.Sort(ahead)
	off := -ahead[len(ahead)/2]
	const remedy = "have chrony or systemd-timesyncd keep the clock of each machine; livestream-tui doctor says whether one does"
	switch size := off.Abs(); {
	case size > clockMost && !j.AnyClock:
		return fmt.Errorf("the clock of this machine is %s those of the others: %s; allowed is %s, and any offset with --force-clock", offWords(off), remedy, clockMost)
	case size > clock.Warning:
		j.Warn("the clock of this machine is %s those of the others: %s", offWords(off), remedy)
	default:
		j.Say("the clock is within %s of those of the others", clock.Warning)
	}
	return nil
}

// offWords says how far a clock is ahead or behind.
func offWords(off time.Duration) string {
	word := "ahead of"
	if off < 0 {
		word = "behind"
	}
	unit := time.Millisecond
	if off.Abs() > 10*time.Second {
		unit = time.Second
	}
	return fmt.Sprintf("%s %s", off.Abs().Round(unit), word)
}

// register writes this machine into the Store, then its identity. Where the identity cannot be
// written, the Store forgets the machine again.
func (j joining) register(ctx context.Context) (identity.Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, j.Patience)
	defer cancel()
	var refused error
	for {
		seen, err := snapshot(ctx, j.engine.Store(), j.Patience)
		if err != nil {
			return identity.Identity{}, cmp.Or(refused, err)
		}
		table := tableOf(seen)
		if err := j.free(table); err != nil {
			return identity.Identity{}, err // it came meanwhile
		}
		_, known := table.Member(j.id.Machine)
		if !known {
			m := j.member(table)
			if err := j.put(ctx, m); err != nil {
				if refused == nil && errors.Is(err, cluster.ErrUnavailable) {
					j.Say("cannot register this machine yet: %s; trying for up to %s", withRemedy(err), j.Patience)
				}
				refused = fmt.Errorf("cannot register this machine: %w", withRemedy(err))
				if !pause(ctx, err) {
					return identity.Identity{}, refused
				}
				continue // another machine came first, or it is written all the same
			}
			table = table.Knowing(m)
		}
		id, err := j.write(table)
		if err != nil && !known {
			_ = j.engine.Store().Delete(ctx, cluster.KeyMachine+j.id.Machine, nil) // the first error is the one to return
		}
		return id, err
	}
}

// put writes a machine that is not in the Store yet.
func (j joining) put(ctx context.Context, m cluster.Member) error {
	value, err := json.Marshal(m)
	if err != nil {
		return err
	}
	rev := cluster.Rev(0)
	_, err = j.engine.Store().Put(ctx, cluster.KeyMachine+m.Name, value, &rev)
	return err
}

// member is this machine as it joins, after all others.
func (j joining) member(t registry.Table) cluster.Member {
	m := j.id.Member()
	m.Order = 1
	for _, other := range j.knowing(t).Members() {
		if other.Name != m.Name {
			m.Order = max(m.Order, other.Order+1)
		}
	}
	m.Joined = time.Now().UTC().Truncate(time.Second)
	return m
}

// knowing is a table with the machines that only the token has. They have not written to the
// Store yet where it is new; where it is not, they were removed.
func (j joining) knowing(t registry.Table) registry.Table {
	if t.Word != "" {
		return t
	}
	for _, m := range j.Token.Members {
		if _, known := t.Member(m.Name); !known {
			t = t.Knowing(m)
		}
	}
	return t
}

// write writes the identity, and what the agent is to begin with.
func (j joining) write(t registry.Table) (identity.Identity, error) {
	t = j.knowing(t)
	j.id.Members = t.Members()
	id, err := j.id.SaveIn(j.Folder)
	if err != nil {
		if j.fresh {
			_ = identity.Remove(j.Folder) // the first error is the one to return
		}
		return identity.Identity{}, err
	}
	if err := t.Save(id.TablePath()); err != nil {
		j.Warn("cannot keep a copy of the registry: %s", err)
	}
	return id, nil
}
