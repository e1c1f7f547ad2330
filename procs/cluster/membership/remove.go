package membership

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
)

// Removal is a machine that is to go for good.
type Removal struct {
	// Own is the identity of the machine where that is asked for.
	Own identity.Identity
	// Machine is the one that goes.
	Machine string
	// Heard has it removed although it is heard. It comes back then, unless it is stopped. The own
	// machine is removed although no engine answers.
	Heard bool
	// Patience is how long the engine may take; zero means DefaultPatience.
	Patience time.Duration
	Open     Open
	// Say is told what is done, and Warn what is not as it should be; neither may be nil.
	Say, Warn func(format string, args ...any)
}

// ErrHeard says that a machine that is to be removed is heard.
var ErrHeard = errors.New("it is heard: stop its platform first, or it registers itself again")

// ErrUntold says that the own machine is to be removed and no engine answers.
var ErrUntold = errors.New("the other machines cannot be told that this one leaves")

// Remove has the cluster forget a machine: where it is, its servers, and what operators want of
// it. The identity of the own machine is removed too. The error says what is wrong; run it again
// then.
func Remove(ctx context.Context, r Removal) error {
	r.Patience = cmp.Or(r.Patience, DefaultPatience)
	own := r.Machine == r.Own.Machine
	if own && (r.Own.Edge != nil || len(r.Own.Members) == 1) { // no other machine knows it
		return r.leave()
	}
	if r.Own.Edge != nil {
		return errors.New("this machine is an edge, and may remove itself only; remove others on a machine of the cluster")
	}
	r.Say("looking for the engine of cluster %s at %s", r.Own.Cluster, places(r.Own.Members))
	e, err := r.Open(r.Own)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }() // all that matters was written before
	switch err := connected(ctx, e, r.Own.Members, r.Patience, r.Say); {
	case err == nil:
	case !own || ctx.Err() != nil:
		return err
	case !r.Heard:
		return fmt.Errorf("%w: %w", ErrUntold, err)
	default:
		r.Warn("the other machines cannot be told, and still expect this one; where they come back, run on one of them: livestream-tui remove %s", r.Machine)
		return r.leave()
	}
	seen, err := snapshot(ctx, e.Store(), r.Patience)
	if err != nil {
		return err
	}
	keys := keysOf(seen, r.Machine)
	if len(keys) == 0 && !own {
		return fmt.Errorf("machine %q: there is none of that name; there are %s", r.Machine, names(tableOf(seen)))
	}
	heard, err := listen(ctx, e.Bus(), []string{r.Machine})
	if err != nil {
		return err
	}
	if _, is := heard[r.Machine]; is && !r.Heard {
		return fmt.Errorf("machine %s: %w", r.Machine, ErrHeard)
	} else if is {
		r.Warn("machine %s is heard: it registers itself again unless its platform stops", r.Machine)
	}
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	for _, key := range keys {
		if err := r.remove(ctx, e.Store(), key); err != nil {
			return fmt.Errorf("cannot remove machine %s: %w", r.Machine, withRemedy(err))
		}
	}
	r.Say("machine %s is removed; there are %s", r.Machine, names(without(tableOf(seen), r.Machine)))
	if own {
		return r.leave()
	}
	return nil
}

// leave removes the identity of this machine.
func (r Removal) leave() error {
	if err := identity.Remove(r.Own.Folder); err != nil {
		return err
	}
	r.Say("this machine was %s of cluster %s, and belongs to no cluster now: its keys are removed from %s", r.Own.Machine, r.Own.Cluster, r.Own.Folder)
	return nil
}

// remove deletes a key, and tries again while the engine is not available.
func (r Removal) remove(ctx context.Context, s store.Store, key string) error {
	for said := false; ; said = true {
		err := s.Delete(ctx, key, nil)
		if err == nil {
			return nil
		}
		if !said && errors.Is(err, cluster.ErrUnavailable) {
			r.Say("cannot remove machine %s yet: %s; trying for up to %s", r.Machine, withRemedy(err), r.Patience)
		}
		if !pause(ctx, err) {
			return err
		}
	}
}

// keysOf are the keys of a machine, its own first: without it nobody minds the others, so all
// of its servers go at once.
func keysOf(seen map[string]cluster.Entry, machine string) []string {
	var list []string
	if _, is := seen[cluster.KeyMachine+machine]; is {
		list = append(list, cluster.KeyMachine+machine)
	}
	table := tableOf(seen)
	packagers := map[string]bool{}
	for _, i := range table.Instances("packager") {
		if i.Machine == machine {
			packagers[cluster.NameOf(i.URL)] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(seen)) {
		words := strings.Split(key, ".")
		service := strings.HasPrefix(key, cluster.KeyService) && len(words) == 4 && words[2] == machine
		back, isBack := strings.CutPrefix(key, cluster.KeyBack)
		wanted := key
		if isBack {
			wanted = cluster.KeyIntent + back
		}
		intent := strings.HasPrefix(wanted, cluster.KeyStop+machine+".") || wanted == cluster.KeyDrain+machine
		ingest := strings.HasPrefix(key, cluster.KeyIngest) && packagers[cluster.LastWord(key)]
		if service || intent || ingest {
			list = append(list, key)
		}
	}
	return list
}

// names are the machines of a table in words.
func names(t registry.Table) string {
	var list []string
	for _, m := range t.Members() {
		list = append(list, m.Name)
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// without is a table without a machine.
func without(t registry.Table, machine string) registry.Table {
	t.Entries = maps.Clone(t.Entries)
	delete(t.Entries, cluster.KeyMachine+machine)
	return t
}
