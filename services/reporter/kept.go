package reporter

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/kit/report"
)

const (
	// keepEvery is how often the Store is compared with the table at least, keepAgain how long
	// after a failure it is written again.
	keepEvery = time.Second
	keepAgain = time.Second
	// writeLimit bounds one write.
	writeLimit = 2 * time.Second
)

// kept is the state of each packager as it is in the Store, by key; nil while that is not
// known.
type kept map[string]report.State

// takeKept takes what is in the Store. Needs mu.
func (m *machines) takeKept(u cluster.Update) {
	switch {
	case u.Stale != nil:
		return
	case u.Snapshot || m.kept == nil:
		m.kept = kept{}
	}
	for _, e := range u.Entries {
		var p report.PackagerStatus
		if e.Deleted || json.Unmarshal(e.Value, &p) != nil {
			delete(m.kept, e.Key)
			continue
		}
		m.kept[e.Key] = p.State
	}
}

// change is a key to be written, or to be removed where there is no status.
type change struct {
	key    string
	status *report.PackagerStatus
}

// changes are those that the Store lacks, of the packagers that this machine keeps, by key.
func (m *machines) changes() []change {
	s := m.s
	s.mu.Lock()
	now, rows, reported := s.now(), s.table.details(), s.table.reported
	s.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil || reported.IsZero() || now.Sub(reported) >= silence {
		return nil // one of the two is not known
	}
	var list []change
	known := map[string]bool{}
	for _, row := range rows {
		known[row.Signal] = true
		for _, p := range row.Packagers {
			key := cluster.KeyIngest + row.Signal + "." + cluster.NameOf(p.URL)
			if state, is := m.kept[key]; m.isKeeper(p.URL, now) && p.State != report.Unknown && (!is || state != p.State) {
				list = append(list, change{key, &p})
			}
		}
	}
	for _, packager := range s.config.Packagers {
		for _, key := range slices.Sorted(maps.Keys(m.kept)) {
			signal, ours := strings.CutSuffix(strings.TrimPrefix(key, cluster.KeyIngest), "."+cluster.NameOf(packager))
			if ours && !known[signal] && m.isKeeper(packager, now) {
				list = append(list, change{key, nil})
			}
		}
	}
	return list
}

// keep writes the table to the Store, where it has changed, until ctx is cancelled.
func (m *machines) keep(ctx context.Context, to store.Store) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		case <-tick.C:
		}
		for _, c := range m.changes() {
			if err := m.write(ctx, to, c); err == nil {
				continue
			}
			select { // the Store has no quorum: what is to be written may be another then
			case <-ctx.Done():
			case <-time.After(keepAgain):
			}
			break
		}
	}
}

func (m *machines) write(ctx context.Context, to store.Store, c change) error {
	ctx, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	if c.status == nil {
		err := to.Delete(ctx, c.key, nil)
		if err == nil {
			m.mu.Lock()
			delete(m.kept, c.key)
			m.mu.Unlock()
		}
		return err
	}
	value, err := json.Marshal(c.status)
	if err == nil {
		_, err = to.Put(ctx, c.key, value, nil)
	}
	if err == nil {
		m.mu.Lock()
		if m.kept != nil {
			m.kept[c.key] = c.status.State
		}
		m.mu.Unlock()
	}
	return err
}
