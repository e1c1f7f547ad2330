package registry

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/atomicfile"
)

// Prefixes are the beginnings of the keys of the Store that a table has.
func Prefixes() []string {
	return []string{cluster.KeyMachine, cluster.KeyService, cluster.KeyIntent}
}

// Table is what is known of the cluster. A value: whatever changes it returns another one.
// The zero value is empty.
type Table struct {
	// Word is that of the Store from which it comes; empty before the first.
	Word string `json:"word,omitempty"`
	// Entries are records of package cluster as JSON, by their keys.
	Entries map[string]json.RawMessage `json:"entries"`
	// Pending are changes of this machine that the Store does not have yet: records, or null
	// for what is to be deleted. Entries has them already.
	Pending map[string]json.RawMessage `json:"pending,omitempty"`
}

// gone stands for a deletion among the pending changes.
const gone = "null"

// Load reads a table from a file. Where there is none, or it is damaged, the table is empty;
// the error is set in the second case.
func Load(path string) (Table, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Table{}, nil
	}
	if err != nil {
		return Table{}, err
	}
	var t Table
	if err := json.Unmarshal(b, &t); err != nil {
		return Table{}, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Save writes the table to a file that only its user can read.
func (t Table) Save(path string) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, append(b, '\n'), atomicfile.Options{Mode: 0o600, Sync: true})
}

// Equal reports whether two tables are the same.
func (t Table) Equal(o Table) bool {
	same := func(a, b json.RawMessage) bool { return string(a) == string(b) }
	return t.Word == o.Word && maps.EqualFunc(t.Entries, o.Entries, same) && maps.EqualFunc(t.Pending, o.Pending, same)
}

// Knowing returns the table with a machine that is known from elsewhere.
func (t Table) Knowing(m cluster.Member) Table {
	t.Entries = maps.Clone(t.Entries)
	if t.Entries == nil {
		t.Entries = map[string]json.RawMessage{}
	}
	t.Entries[cluster.KeyMachine+m.Name] = encode(m)
	return t
}

// Of returns the table with what a machine says of itself.
func (t Table) Of(own Own) Table {
	seen := map[string]cluster.Entry{}
	for key, value := range t.Entries {
		seen[key] = cluster.Entry{Key: key, Value: value}
	}
	pending := t.Pending
	t, _ = Merge(t, own, seen, t.Word)
	t.Pending = pending // the Store does not have them
	return t.withPending()
}

// With returns the table with a change of this machine, pending until the Store has it. A nil
// record deletes what is under the key.
func (t Table) With(key string, record any) Table {
	t.Pending = maps.Clone(t.Pending)
	if t.Pending == nil {
		t.Pending = map[string]json.RawMessage{}
	}
	t.Pending[key] = json.RawMessage(gone)
	if record != nil {
		t.Pending[key] = encode(record)
	}
	return t.withPending()
}

// withPending returns the table with its pending changes among the entries.
func (t Table) withPending() Table {
	t.Entries = maps.Clone(t.Entries)
	if t.Entries == nil {
		t.Entries = map[string]json.RawMessage{}
	}
	for key, value := range t.Pending {
		if string(value) == gone {
			delete(t.Entries, key)
		} else {
			t.Entries[key] = value
		}
	}
	return t
}

// Members returns the machines that have joined, in the order in which they did.
func (t Table) Members() []cluster.Member {
	list := under[cluster.Member](t, cluster.KeyMachine)
	slices.SortStableFunc(list, func(a, b cluster.Member) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// Member returns a machine; false where there is none of that name.
func (t Table) Member(name string) (cluster.Member, bool) {
	var m cluster.Member
	raw, is := t.Entries[cluster.KeyMachine+name]
	return m, is && json.Unmarshal(raw, &m) == nil
}

// Instances returns the servers of a kind, those of the first machine first, each machine's in
// order of name.
func (t Table) Instances(kind string) []cluster.Instance {
	order := map[string]int{}
	for i, m := range t.Members() {
		order[m.Name] = i + 1
	}
	list := under[cluster.Instance](t, cluster.KeyService+kind+".")
	list = slices.DeleteFunc(list, func(i cluster.Instance) bool { return order[i.Machine] == 0 })
	slices.SortStableFunc(list, func(a, b cluster.Instance) int {
		return cmp.Or(cmp.Compare(order[a.Machine], order[b.Machine]), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// Guessing returns the table with servers as own has them for each machine that has said
// nothing of its own: it has joined, and has not started yet.
func (t Table) Guessing(own Own) Table {
	for _, m := range t.Members() {
		if t.ServersOf(m.Name) != "" {
			continue
		}
		t.Entries = maps.Clone(t.Entries)
		for _, i := range own.Instances {
			u, err := url.Parse(i.URL)
			if err != nil {
				continue
			}
			i.Machine, u.Host = m.Name, net.JoinHostPort(m.Address, u.Port())
			i.URL = u.String()
			t.Entries[KeyOf(i)] = encode(i)
		}
	}
	return t
}

// ServersOf has the base URLs of a machine's servers, in order.
func (t Table) ServersOf(machine string) string {
	var urls []string
	for _, i := range under[cluster.Instance](t, cluster.KeyService) {
		if i.Machine == machine {
			urls = append(urls, i.URL)
		}
	}
	return strings.Join(urls, " ")
}

// Sum is a short word for the machines and servers of the table: the same where they are.
func (t Table) Sum() string {
	sum := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(t.Entries)) {
		if strings.HasPrefix(key, cluster.KeyMachine) || strings.HasPrefix(key, cluster.KeyService) {
			fmt.Fprintf(sum, "%s=%s\n", key, t.Entries[key])
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// Stopped returns the processes of a machine that an operator wants stopped.
func (t Table) Stopped(machine string) []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(t.Entries)) {
		if process, is := strings.CutPrefix(key, cluster.KeyStop+machine+"."); is {
			list = append(list, process)
		}
	}
	return list
}

// Drain returns the operator's wish that a machine is left; false where there is none.
func (t Table) Drain(machine string) (cluster.Intent, bool) {
	var i cluster.Intent
	raw, is := t.Entries[cluster.KeyDrain+machine]
	return i, is && json.Unmarshal(raw, &i) == nil
}

// Engines returns the machines that run the engine: the first that has joined, and the first
// three once there are three.
func Engines(members []cluster.Member) []cluster.Member {
	if len(members) < enginesMost {
		return members[:min(1, len(members))]
	}
	return members[:enginesMost]
}

// enginesMost is how many engines there are. One of three may be lost.
const enginesMost = 3

// RunsEngine reports whether a machine is one of those that run the engine.
func RunsEngine(members []cluster.Member, name string) bool {
	return slices.ContainsFunc(Engines(members), func(m cluster.Member) bool { return m.Name == name })
}

// under returns the records under the keys with a prefix, in order of key. What cannot be
// read is left out: a later version may have written it.
func under[R any](t Table, prefix string) []R {
	var list []R
	for _, key := range slices.Sorted(maps.Keys(t.Entries)) {
		var r R
		if strings.HasPrefix(key, prefix) && json.Unmarshal(t.Entries[key], &r) == nil {
			list = append(list, r)
		}
	}
	return list
}
