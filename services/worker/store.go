package worker

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"sync"

	"livestream-tui/services/hls"
)

// parcel is one thing to deliver. It never changes.
type parcel struct {
	name   string
	body   []byte
	digest string // Repr-Digest (RFC 9530)
	msn    int64  // -1 for an init section
}

func newParcel(name string, body []byte, msn int64) parcel {
	sum := sha256.Sum256(body)
	return parcel{name, body, "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":", msn}
}

// goods is what there is to deliver of a signal at one time: init sections, then
// the segments of the playlist, oldest first. It never changes.
type goods struct {
	parcels []parcel
	// playlist says what the segments are; nil while the playlist fills, so that
	// nobody publishes the beginning of it.
	playlist []byte
	// changed is closed when there is more.
	changed chan struct{}
}

// store holds a signal's goods. What the playlist does not list any more is
// dropped, whoever lacks it still: that bounds it. Safe for concurrent use.
type store struct {
	mu  sync.Mutex
	now *goods // guarded by mu
}

func newStore() *store { return &store{now: &goods{changed: make(chan struct{})}} }

func (s *store) goods() *goods {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// add adds a segment and its init section; list lists it, whole says that the
// playlist is as long as it is to be.
func (s *store) add(segment, init parcel, list *hls.MediaPlaylist, whole bool) {
	needed := map[string]bool{}
	for _, e := range list.Segments {
		needed[e.URI], needed[e.Map.URI] = true, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next := &goods{changed: make(chan struct{})}
	for _, p := range s.now.parcels {
		if needed[p.name] && p.name != segment.name && p.name != init.name {
			next.parcels = append(next.parcels, p)
		}
	}
	next.parcels = append(next.parcels, init, segment)
	slices.SortStableFunc(next.parcels, func(a, b parcel) int { return int(a.msn - b.msn) })
	if whole {
		next.playlist = list.Encode()
	}
	close(s.now.changed)
	s.now = next
}

// oldest is the number of the oldest segment, -1 when there is none.
func (g *goods) oldest() int64 {
	for _, p := range g.parcels {
		if p.msn >= 0 {
			return p.msn
		}
	}
	return -1
}

// desk is what is known of one packager. One goroutine uses it.
type desk struct {
	has  map[string]bool // names that it has, or will not take
	said []byte          // the playlist that it was sent last
	from int64           // the oldest segment at the last look; -1 before the first
}

func newDesk() *desk { return &desk{has: map[string]bool{}, from: -1} }

// holds notes what the packager says that it has, which is all that counts from
// then on.
func (d *desk) holds(names []string) {
	d.has, d.said = map[string]bool{}, nil
	for _, name := range names {
		d.has[name] = true
	}
}

// lacks returns what the packager lacks of the goods, in the order of delivery.
func (d *desk) lacks(g *goods) []parcel {
	var list []parcel
	for _, p := range g.parcels {
		if !d.has[p.name] {
			list = append(list, p)
		}
	}
	return list
}

// unsaid reports whether the playlist is to be sent.
func (d *desk) unsaid(g *goods) bool { return g.playlist != nil && !bytes.Equal(g.playlist, d.said) }

// missed counts the segments whose time passed while the packager lacked them, and
// forgets what is in the goods no more.
func (d *desk) missed(g *goods) int {
	n, oldest := 0, g.oldest()
	if d.from >= 0 {
		for msn := d.from; msn < oldest && msn < d.from+int64(len(d.has)+len(g.parcels)); msn++ {
			if !d.has[segmentName(msn)] {
				n++
			}
		}
	}
	d.from = oldest
	for name := range d.has {
		if msn, ok := segmentNumber(name); ok && msn < oldest {
			delete(d.has, name)
		}
	}
	return n
}
