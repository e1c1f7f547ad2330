package stream

import (
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/uri"
)

// multi is what is known of a multivariant playlist.
type multi struct {
	// served is the copy that players get, from is its packager, and found where it was
	// found.
	served []byte
	from   int
	found  uri.Found
	// slots are the slots that each packager's copy names, by packager.
	slots map[int][]m3u8.Slot
	// names are the slots of all keys that players were ever given.
	names map[string]slotName
	// sessions means that a packager names other URIs each time, one session for each
	// player.
	sessions bool
	// changes counts the answers in a row that named other URIs than the one before, by
	// packager.
	changes map[int]int
	renewed time.Time
}

// sessionsAfter is how many answers in a row must change nothing but URIs to count as
// sessions: one is a change.
const sessionsAfter = 2

// slot is the place of a media playlist in a multivariant one; the zero value is no
// place.
type slot struct {
	multi string // the multivariant playlist's key
	name  slotName
}

// slotName identifies a slot of a multivariant playlist, whichever URI it has.
type slotName struct {
	kind m3u8.SlotKind
	name string
}

func nameOf(s m3u8.Slot) slotName { return slotName{s.Kind, s.Name} }

// takeMultivariant notes what a packager's copy names.
func (s *State) takeMultivariant(p *Playlist, i int) {
	m, slots := &p.multi, p.records[i].answer.Multi.Slots()
	if m.slots == nil {
		m.slots, m.names, m.changes = map[int][]m3u8.Slot{}, map[string]slotName{}, map[int]int{}
	}
	switch old := m.slots[i]; {
	case old == nil:
	case sameNames(old, slots) && !slices.Equal(old, slots):
		m.changes[i]++
	default:
		m.changes[i] = 0
	}
	m.sessions = m.sessions || m.changes[i] >= sessionsAfter
	m.slots[i] = slots
}

func sameNames(a, b []m3u8.Slot) bool {
	return slices.EqualFunc(a, b, func(a, b m3u8.Slot) bool { return a.Kind == b.Kind && a.Name == b.Name })
}

// keepMultivariant is the packager whose copy is served: the same as before, as long as
// it answers and changes nothing but sessions. -1 keeps the copy itself.
func (s *State) keepMultivariant(p *Playlist, i int) int {
	m := &p.multi
	if from := &p.records[m.from]; m.served != nil && m.from != i && from.answers() && from.answer.Multi != nil {
		i = m.from
	}
	a := p.records[i].answer
	if m.served != nil && m.from == i && m.sessions {
		return -1
	}
	if m.served == nil || string(m.served) != string(a.Raw) {
		m.served, m.from, m.found = a.Raw, i, a.Found
		var keys []string
		for _, slot := range m.slots[i] {
			if place, err := s.hosts.Place(a.Found, slot.URI, ""); err == nil && !place.Outside() {
				m.names[place.Key] = nameOf(slot)
				keys = append(keys, place.Key)
			}
		}
		s.emit(Name{keys})
	}
	return i
}

// slotOf is the slot of a media playlist's key in a multivariant playlist of the stream.
func (s *State) slotOf(key string) slot {
	for _, p := range s.ordered() {
		if name, ok := p.multi.names[key]; ok && p.key != key {
			return slot{p.key, name}
		}
	}
	return slot{}
}

// targetOf is the target of a playlist at packager i: its own, or the one that the
// packager's copy of the multivariant playlist names for the same slot.
func (s *State) targetOf(p *Playlist, i int) string {
	m := s.playlists[p.slot.multi]
	if m == nil || i == m.multi.from {
		return p.asked
	}
	return s.targetIn(m, p.slot.name, i, p.asked)
}

func (s *State) targetIn(m *Playlist, name slotName, i int, target string) string {
	for _, slot := range m.multi.slots[i] {
		if nameOf(slot) != name {
			continue
		}
		if place, err := s.hosts.Place(m.records[i].answer.Found, slot.URI, ""); err == nil && !place.Outside() && place.Packager == i {
			return place.Target
		}
	}
	return target
}

// renewPause is the least time between two new sessions for one playlist.
const renewPause = 2 * time.Second

// renew begins another session at a packager that does not know the current one: its copy
// of the multivariant playlist names the new session.
func (s *State) renew(p *Playlist, i int) {
	m := s.playlists[p.slot.multi]
	if m == nil || p.records[i].status == 0 || p.records[i].status >= 429 {
		return
	}
	target := s.targetIn(m, p.slot.name, i, p.asked)
	if i == m.multi.from && !m.multi.sessions && uri.Name(target) != uri.Name(p.records[i].target) {
		return // it is gone, and another playlist has its place
	}
	if target != p.records[i].target {
		p.records[i].target = target
		p.records[i].seen.Fails = 0 // it was asked for what it never had
		return
	}
	if s.now.Sub(m.multi.renewed) >= renewPause {
		m.multi.renewed = s.now
		s.emit(Hurry{m.key, i})
	}
}
