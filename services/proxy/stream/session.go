package stream

import (
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/uri"
)

// multi is what is known of a multivariant playlist that is served.
type multi struct {
	// served is the copy that players are given, of the packager from, found there.
	served []byte
	from   int
	found  uri.Found
	// slots are what each packager's copy names, by packager.
	slots map[int][]m3u8.Slot
	// names are the slots of every key that players were ever given.
	names map[string]string
	// sessions: a packager names other URIs each time, one session for each player.
	sessions bool
	// changes are the answers in a row that named other URIs than the one before, by packager.
	changes map[int]int
	renewed time.Time
}

// sessionsAfter is how many answers in a row must name other URIs than the one before,
// and nothing else, to be those of sessions: one is a change.
const sessionsAfter = 2

// slot is the place of a media playlist in a multivariant one; the zero value is none.
type slot struct {
	multi string // the multivariant playlist's key
	name  string
}

// takeMultivariant takes note of what a packager's copy names.
func (s *State) takeMultivariant(p *Playlist, i int) {
	m, slots := &p.multi, p.records[i].answer.Multi.Slots()
	if m.slots == nil {
		m.slots, m.names, m.changes = map[int][]m3u8.Slot{}, map[string]string{}, map[int]int{}
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

// keepMultivariant says whose copy is served: the one that was, as long as its packager
// answers and has not changed what it names but for sessions. -1 keeps the copy itself.
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
				m.names[place.Key] = string(slot.Kind) + " " + slot.Name
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

// targetOf is what packager i is asked for: the playlist's key, or what its own copy of
// the multivariant playlist names in its place.
func (s *State) targetOf(p *Playlist, i int) string {
	m := s.playlists[p.slot.multi]
	if m == nil || i == m.multi.from {
		return p.asked
	}
	return s.targetIn(m, p.slot.name, i, p.asked)
}

func (s *State) targetIn(m *Playlist, name string, i int, target string) string {
	for _, slot := range m.multi.slots[i] {
		if string(slot.Kind)+" "+slot.Name != name {
			continue
		}
		if place, err := s.hosts.Place(m.records[i].answer.Found, slot.URI, ""); err == nil && !place.Outside() && place.Packager == i {
			return place.Target
		}
	}
	return target
}

// renewPause is the time between two sessions that are begun for one playlist.
const renewPause = 2 * time.Second

// renew begins another session at a packager that does not know the one it is asked
// for: its copy of the multivariant playlist names the new one.
func (s *State) renew(p *Playlist, i int) {
	m := s.playlists[p.slot.multi]
	if m == nil || p.records[i].status == 0 || p.records[i].status >= 429 {
		return
	}
	target := s.targetIn(m, p.slot.name, i, p.asked)
	if i == m.multi.from && !m.multi.sessions && uri.Name(target) != uri.Name(p.records[i].target) {
		return // it is gone, and what has its place is another
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
