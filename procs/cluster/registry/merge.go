package registry

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"livestream-tui/services/cluster"
)

// Own is what a machine says of itself in the Store.
type Own struct {
	Member    cluster.Member
	Instances []cluster.Instance
}

// Write is a change of the Store that is due.
type Write struct {
	Key string
	// Value is empty for a deletion.
	Value []byte
	// Rev is the revision that is replaced, zero for a key that is not there.
	Rev cluster.Rev
}

// Merge brings a table in line with the Store. seen is all that the Store has under Prefixes,
// and word its word. It returns the next table, and what is to be written so that the Store
// agrees: what this machine says of itself, its pending changes and, where the Store is another than that of the
// table, what was lost with the old one. Until that is written, the next table must keep the
// old word: see Table.Word.
//
// What is not in a Store of the same word was deleted. Where the word is another, nothing was
// deleted, and of two intents the one with the later time counts. An intent that was taken back
// since goes, wherever it comes from.
func Merge(t Table, own Own, seen map[string]cluster.Entry, word string) (next Table, writes []Write) {
	next = Table{Word: word, Entries: map[string]json.RawMessage{}}
	for key, e := range seen {
		next.Entries[key] = e.Value
	}
	if t.Word != word {
		for _, key := range slices.Sorted(maps.Keys(t.Entries)) {
			e, there := seen[key]
			if there && !(strings.HasPrefix(key, cluster.KeyIntent) && timeOf(t.Entries[key]).After(timeOf(e.Value))) {
				continue
			}
			next.Entries[key] = t.Entries[key]
			writes = append(writes, Write{key, t.Entries[key], e.Rev})
		}
	}
	due := changes{seen: seen, writes: writes}
	for key, value := range t.Pending {
		if due.add(key, value) {
			if next.Pending == nil {
				next.Pending = map[string]json.RawMessage{}
			}
			next.Pending[key] = value
		}
	}
	next = next.withPending()
	for key := range next.Entries {
		if next.takenBack(key) {
			due.add(key, json.RawMessage(gone))
			delete(next.Entries, key)
			delete(next.Pending, key)
		}
	}
	for key, value := range own.entries(next) {
		if due.add(key, value); string(value) == gone {
			delete(next.Entries, key)
		} else {
			next.Entries[key] = value
		}
	}
	slices.SortFunc(due.writes, func(a, b Write) int { return strings.Compare(a.Key, b.Key) })
	return next, due.writes
}

// changes are the writes that are due; each key once.
type changes struct {
	seen   map[string]cluster.Entry
	writes []Write
}

// add adds what is to be under a key, in the place of any other write of it. It reports
// whether the Store has something else.
func (c *changes) add(key string, value json.RawMessage) bool {
	c.writes = slices.DeleteFunc(c.writes, func(w Write) bool { return w.Key == key })
	e, there := c.seen[key]
	w := Write{Key: key, Rev: e.Rev}
	if string(value) != gone {
		w.Value = value
	}
	if there == (w.Value != nil) && string(e.Value) == string(w.Value) {
		return false
	}
	c.writes = append(c.writes, w)
	return true
}

// entries returns what a machine says of itself, by key; null for what is to go.
func (o Own) entries(t Table) map[string]json.RawMessage {
	list := map[string]json.RawMessage{}
	for key := range t.Entries {
		if words := strings.Split(key, "."); len(words) == 4 && words[0]+"." == cluster.KeyService && words[2] == o.Member.Name {
			list[key] = json.RawMessage(gone)
		}
	}
	for _, i := range o.Instances {
		list[KeyOf(i)] = encode(i)
	}
	list[cluster.KeyMachine+o.Member.Name] = encode(o.member(t))
	return list
}

// member returns the machine with its place: that which it has, or else one after the last. Of
// two that have joined at the same place, the later one goes to the end.
func (o Own) member(t Table) cluster.Member {
	m := o.Member
	if was, is := t.Member(m.Name); is {
		m.Order, m.Joined = was.Order, was.Joined
	}
	last, taken := 0, m.Order == 0
	for _, other := range t.Members() {
		if other.Name == m.Name {
			continue
		}
		last = max(last, other.Order)
		if other.Order == m.Order && (other.Joined.Before(m.Joined) || other.Joined.Equal(m.Joined) && other.Name < m.Name) {
			taken = true
		}
	}
	if taken {
		m.Order = last + 1
	}
	return m
}

// KeyOf returns the key of a server.
func KeyOf(i cluster.Instance) string {
	return cluster.KeyService + i.Kind + "." + i.Machine + "." + i.Name
}

// timeOf returns when an intent was given; zero where that cannot be read.
func timeOf(raw json.RawMessage) time.Time {
	var i cluster.Intent
	_ = json.Unmarshal(raw, &i) // as documented
	return i.At
}

// encode returns a record as the Store has it.
func encode(record any) json.RawMessage {
	b, err := json.Marshal(record)
	if err != nil {
		return nil // no record has what JSON cannot
	}
	return b
}
