package registry

import (
	"encoding/json"
	"strings"
	"time"

	"livestream-tui/services/cluster"
)

// backOf returns the key under which it is noted that an operator's intent was taken back. A
// deletion alone would be forgotten with a Store that is lost, and the intent be back from the
// copy of a machine that was away.
func backOf(key string) string { return cluster.KeyBack + strings.TrimPrefix(key, cluster.KeyIntent) }

// Wanting returns the table with what an operator wants, pending as by With. It is later than
// what was taken back, whatever the clocks say.
func (t Table) Wanting(key string, i cluster.Intent) Table {
	i.At = after(i.At, t.Entries[backOf(key)])
	return t.With(key, i)
}

// TakingBack returns the table without what an operator wanted, pending as by With. i is who
// takes it back, and when.
func (t Table) TakingBack(key string, i cluster.Intent) Table {
	i.At = after(i.At, t.Entries[key])
	return t.With(key, nil).With(backOf(key), i)
}

// after returns a time, or one just after an earlier intent if that is later.
func after(at time.Time, earlier json.RawMessage) time.Time {
	if least := timeOf(earlier).Add(time.Millisecond); least.After(at) {
		return least
	}
	return at
}

// takenBack reports whether an intent of the table was taken back since.
func (t Table) takenBack(key string) bool {
	back, is := t.Entries[backOf(key)]
	return is && strings.HasPrefix(key, cluster.KeyIntent) && !timeOf(t.Entries[key]).After(timeOf(back))
}
