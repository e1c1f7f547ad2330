package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/cluster/registry"
	"livestream-tui/procs/platform"
	"livestream-tui/services/cluster"
)

const (
	// writePatience is how long one write of the Store may take.
	writePatience = 2 * time.Second
	// agreeEvery is how often what could not be written is tried again.
	agreeEvery = 2 * time.Second
)

// agree keeps the table and the Store the same, until ctx is cancelled.
func (a *Agent) agree(ctx context.Context) {
	updates := a.link.Watch(ctx, "") // one watch: what is there and the word are of one moment
	for {
		select {
		case <-ctx.Done():
			return
		case u, open := <-updates:
			if !open {
				return
			}
			if !a.see(u) {
				continue
			}
		case <-time.After(agreeEvery):
		}
		a.merge(ctx)
	}
}

// see takes what the Store has. It reports whether that concerns the table.
func (a *Agent) see(u cluster.Update) (concerns bool) {
	if u.Stale != nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if u.Snapshot {
		a.seen, a.synced, concerns = map[string]cluster.Entry{}, true, true
	}
	for _, e := range u.Entries {
		if e.Key != cluster.KeyStore && !slices.ContainsFunc(registry.Prefixes(), func(p string) bool { return strings.HasPrefix(e.Key, p) }) {
			continue
		}
		concerns = true
		if e.Deleted {
			delete(a.seen, e.Key)
		} else {
			a.seen[e.Key] = e
		}
	}
	return concerns
}

// merge brings the table in line with what was seen of the Store, and writes what is due.
func (a *Agent) merge(ctx context.Context) {
	a.mu.Lock()
	seen, before, synced := maps.Clone(a.seen), a.table, a.synced
	a.mu.Unlock()
	if !synced {
		return
	}
	word := string(seen[cluster.KeyStore].Value)
	if word == "" {
		_ = a.write(ctx, registry.Write{Key: cluster.KeyStore, Value: []byte(rand.Text())}) // whoever comes first
		return
	}
	delete(seen, cluster.KeyStore)
	if word == before.Word && !a.areGone(ctx, before, seen) {
		return // the Store is behind
	}
	next, writes := registry.Merge(before, a.own, seen, word)
	done := true
	for _, w := range writes {
		err := a.write(ctx, w)
		done = done && err == nil
		if err != nil && !errors.Is(err, cluster.ErrConflict) {
			break // it would take as long for each
		}
	}
	if !done {
		next.Word = before.Word // the rest is written later
	}
	if before.Word != "" && done && before.Word != word {
		a.log.Info("the Store has begun anew, and has again what this machine knew", "entries_written", len(writes))
	}
	a.adopt(before, next)
}

// areGone reports whether the machines and servers that are not among what was seen of the
// Store are gone from it: a watch may be behind, and a machine that is forgotten for a moment
// would cost a restart of everything.
func (a *Agent) areGone(ctx context.Context, t registry.Table, seen map[string]cluster.Entry) bool {
	for key := range t.Entries {
		if _, there := seen[key]; there || strings.HasPrefix(key, cluster.KeyIntent) {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, writePatience)
		_, err := a.link.Get(ctx, key)
		cancel()
		if !errors.Is(err, cluster.ErrNotFound) {
			return false
		}
	}
	return true
}

// adopt makes next the table, unless it has changed meanwhile.
func (a *Agent) adopt(before, next registry.Table) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.table.Equal(before) || next.Equal(before) {
		return
	}
	a.setTable(next)
}

// setTable needs mu.
func (a *Agent) setTable(t registry.Table) {
	a.table = t
	a.keep()
	a.note()
}

// keep writes the table to the disk, and its machines to the identity, whose tokens name
// them. Needs mu, or no other goroutine yet.
func (a *Agent) keep() {
	err := a.table.Save(a.path)
	kept, bad := a.kept.WithMembers(a.table.Members())
	if bad == nil {
		a.kept = kept
	}
	if err = errors.Join(err, bad); err != nil {
		a.log.Warn("cannot keep a copy of the registry", "error", err)
	}
}

// change puts a change of this machine into the table, from where it goes to the Store.
func (a *Agent) change(do func(registry.Table) registry.Table) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.setTable(do(a.table))
}

func (a *Agent) write(ctx context.Context, w registry.Write) error {
	ctx, cancel := context.WithTimeout(ctx, writePatience)
	defer cancel()
	if w.Value == nil {
		return a.link.Delete(ctx, w.Key, &w.Rev)
	}
	_, err := a.link.Put(ctx, w.Key, w.Value, &w.Rev)
	return err
}

// record keeps in the Store which processes an operator has stopped, until ctx is cancelled.
func (a *Agent) record(ctx context.Context) {
	_, events, err := a.platform.Subscribe(ctx)
	if err != nil {
		return // ctx is cancelled
	}
	for e := range events {
		c, is := e.What.(platform.Commanded)
		if !is || c.Refused != "" || c.Process == "" {
			continue
		}
		key, intent := cluster.KeyStop+a.id.Machine+"."+c.Process, cluster.Intent{By: c.By.String(), At: e.Time.UTC()}
		switch c.Action {
		case platform.Stop:
			a.change(func(t registry.Table) registry.Table { return t.Wanting(key, intent) })
		case platform.Start, platform.Restart:
			if _, stopped := a.known().Entries[key]; stopped {
				a.change(func(t registry.Table) registry.Table { return t.TakingBack(key, intent) })
			}
		}
	}
}

// Drain has a machine left, or takes that back. by says who wants it. The error says what is
// wrong, such as that the engine does not take it now.
func (a *Agent) Drain(ctx context.Context, machine string, on bool, by string) error {
	table := a.known()
	if _, known := table.Member(machine); !known {
		return a.noMachine(machine)
	}
	key := cluster.KeyDrain + machine
	_, drained := table.Drain(machine)
	switch {
	case on && drained:
		return errors.New(machine + " is drained already")
	case !on && !drained:
		return errors.New(machine + " is not drained")
	case on && !a.couldTakeOver(machine):
		return errLast
	case on:
		if other := a.drainedEngine(machine); other != "" {
			return fmt.Errorf("%s cannot be drained while %s is: of three engines, two have to go on; take that back first: livestream-tui ctl undrain %s", machine, other, other)
		}
	}
	intent := cluster.Intent{By: by, At: time.Now().UTC()}
	ctx, cancel := context.WithTimeout(ctx, 2*writePatience)
	defer cancel()
	change := func(t registry.Table) registry.Table { return t.TakingBack(key, intent) }
	var err error
	if on {
		change = func(t registry.Table) registry.Table { return t.Wanting(key, intent) }
		_, err = a.link.Put(ctx, key, change(table).Entries[key], nil)
	} else {
		err = a.link.Delete(ctx, key, nil)
	}
	if err != nil && machine != a.id.Machine {
		return errors.New("machine " + machine + " cannot be told now: " + whyRefused(err))
	}
	a.change(change) // the own machine needs no engine
	return nil       // the command itself is in the journal
}

// whyRefused says in an operator's words why the Store takes no change.
func whyRefused(err error) string {
	if errors.Is(err, cluster.ErrUnavailable) {
		return "no engine takes changes now; livestream-tui ctl machines shows which machines are missing"
	}
	return err.Error()
}
