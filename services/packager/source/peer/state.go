package peer

import (
	"maps"
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
)

const (
	// After a failure a signal is tried again after retryFirst, then after twice as long each
	// time up to retryMost.
	retryFirst = 250 * time.Millisecond
	retryMost  = 2 * time.Second
	// seenMost bounds the numbers that are remembered.
	seenMost = 1024
)

// state is what is known of one signal at the peers. Pure; the caller holds the lock.
type state struct {
	lists map[string]*m3u8.MediaPlaylist // the newest of each peer that answers
	// seen is when a peer was first known to list a number.
	seen map[int64]time.Time
	// lacking is true while segments are pulled because no worker brings them in time.
	lacking bool
	fails   int
	again   time.Time // not before then
	busy    bool      // it is being pulled
}

func newState() *state {
	return &state{lists: map[string]*m3u8.MediaPlaylist{}, seen: map[int64]time.Time{}}
}

// listed takes the playlist of a peer.
func (s *state) listed(peer string, list *m3u8.MediaPlaylist, now time.Time) {
	if old := s.lists[peer]; old != nil && list.LastMSN() < old.LastMSN() {
		clear(s.seen) // it began anew
	}
	s.lists[peer] = list
	for i, segment := range list.Segments {
		msn := list.MediaSequence + int64(i)
		if _, known := s.seen[msn]; !known && !segment.Gap {
			s.seen[msn] = now
		}
	}
	if len(s.seen) > seenMost {
		oldest := slices.Sorted(maps.Keys(s.seen))
		for _, msn := range oldest[:len(oldest)-seenMost] {
			delete(s.seen, msn)
		}
	}
}

// brought notes that a worker has brought a segment, and reports whether that ends a lack.
func (s *state) brought(msn int64, now time.Time) bool {
	at, known := s.seen[msn]
	ends := s.lacking && (!known || now.Sub(at) <= s.patience())
	s.lacking = s.lacking && !ends
	return ends
}

// patience is how long a segment may be missing that a peer lists. Just below half a segment,
// after which a packager says that it is behind its peer.
func (s *state) patience() time.Duration { return s.segment() * 3 / 8 }

// segment is how long a segment lasts at most.
func (s *state) segment() time.Duration {
	longest := time.Duration(0)
	for _, list := range s.lists {
		longest = max(longest, time.Duration(list.TargetDuration)*time.Second)
	}
	return longest
}

// due is when something is to be pulled that a peer lists after newest; false where there is
// nothing.
func (s *state) due(newest int64) (time.Time, bool) {
	wait := s.patience()
	if s.lacking {
		wait = s.segment() / 16 // a worker that is back may bring it first
	}
	due, found := time.Time{}, false
	for _, list := range s.lists {
		for i := len(list.Segments) - 1; i >= 0; i-- {
			msn := list.MediaSequence + int64(i)
			if msn <= newest {
				break
			}
			if at, known := s.seen[msn]; known && !list.Segments[i].Gap && (!found || at.Add(wait).Before(due)) {
				due, found = at.Add(wait), true
			}
		}
	}
	if found && due.Before(s.again) {
		due = s.again
	}
	return due, found
}

// source returns the peer to pull from, and what it lists after newest, so many segments at
// most; nil where there is nothing. After failures the other peers have their turn.
func (s *state) source(newest int64, most int) (peer string, list *m3u8.MediaPlaylist) {
	var peers []string
	for name, l := range s.lists {
		if l.LastMSN() > newest {
			peers = append(peers, name)
		}
	}
	if len(peers) == 0 {
		return "", nil
	}
	slices.SortFunc(peers, func(a, b string) int {
		if d := s.lists[b].LastMSN() - s.lists[a].LastMSN(); d != 0 {
			return int(d)
		}
		if a < b {
			return -1
		}
		return 1
	})
	peer = peers[s.fails%len(peers)]
	left := *s.lists[peer]
	left.Drop(int(max(newest+1-left.MediaSequence, int64(len(left.Segments)-most), 0)))
	return peer, &left
}

// pulled notes how a pull ended.
func (s *state) pulled(ok bool, now time.Time) {
	s.busy = false
	if ok {
		s.fails, s.again = 0, time.Time{}
		return
	}
	s.again = now.Add(min(retryFirst<<min(s.fails, 4), retryMost))
	s.fails++
}
