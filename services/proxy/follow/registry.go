package follow

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/uri"
)

const (
	// absentIdle is how long an absent playlist is remembered; it is shorter than the
	// pause before packagers are asked again. unprovenIdle is for a playlist that no
	// packager has given yet and no player waits for.
	absentIdle   = 800 * time.Millisecond
	UnprovenIdle = 5 * time.Second
	// UnprovenMost is how many playlists that were never there may be looked for at once:
	// made-up names must not keep players of real ones out.
	UnprovenMost = 64
)

// ErrTooMany: no more playlists are followed than PROXY_PLAYLISTS.
var ErrTooMany = errors.New("too many playlists are followed")

// Follow is the playlist of a key, which is followed from now on. target is its target at
// packagers.
func (s *Streams) Follow(key, target string) (*Playlist, error) {
	now := time.Now()
	s.mu.RLock()
	p := s.playlists[key]
	if p != nil {
		p.ask(now) // before drop can look
	}
	s.mu.RUnlock()
	if p != nil {
		return p, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p = s.playlists[key]; p != nil {
		p.ask(now)
		return p, nil
	}
	if len(s.playlists) >= s.options.Most || s.unproven() >= UnprovenMost {
		s.makeRoom(now)
	}
	if n := len(s.playlists); n >= s.options.Most || s.unproven() >= UnprovenMost {
		return nil, fmt.Errorf("%w: %d, PROXY_PLAYLISTS sets how many are allowed", ErrTooMany, n)
	}
	if s.life.Err() != nil {
		return nil, s.life.Err()
	}
	p = s.add(s.followerOf(key), key, now)
	p.f.push(stream.Begin{At: stream.At(now), Playlist: key, Target: target})
	return p, nil
}

// Find is the playlist of a key, nil when it is not followed.
func (s *Streams) Find(key string) *Playlist {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.playlists[key]
}

// Ask is Find for a player that asks for the playlist.
func (s *Streams) Ask(key []byte) *Playlist {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p := s.playlists[string(key)]
	if p != nil {
		p.ask(time.Now()) // before drop can look
	}
	return p
}

// Remove ends a playlist now.
func (s *Streams) Remove(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.playlists[key]; p != nil {
		s.remove(p)
	}
}

// All are the playlists that are followed.
func (s *Streams) All() []*Playlist {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*Playlist, 0, len(s.playlists))
	for _, p := range s.playlists {
		list = append(list, p)
	}
	return list
}

// Play is the listing of an ID, if any playlist lists it. It notes that a player plays
// that playlist.
func (s *Streams) Play(id string) (l Listing, listed bool) {
	if l, listed = s.Index.get(id); listed {
		l.Playlist.watch(time.Now())
	}
	return l, listed
}

// followerOf is the follower that a playlist belongs to: that of the multivariant
// playlist that names it, or a new one. Needs mu.
func (s *Streams) followerOf(key string) *follower {
	if f := s.names[key]; f != nil && f.count > 0 {
		return f
	}
	f := newFollower(s, key)
	s.start(f.run)
	return f
}

// add adds a playlist to its follower. Needs mu.
func (s *Streams) add(f *follower, key string, now time.Time) *Playlist {
	p := newPlaylist(f, key, now)
	f.count++
	s.playlists[key] = p
	s.folders[folderOf(key)] = p
	s.metrics.Playlists.Set(float64(len(s.playlists)))
	f.seen.store(key, nil)
	for i := range s.packagers {
		s.start(func() { p.followAt(i) })
	}
	return p
}

// folderOf is the folder that a key lies in.
func folderOf(key string) string {
	name := uri.Name(key)
	return name[:strings.LastIndexByte(name, '/')+1]
}

// name notes which keys belong to a follower's stream.
func (s *Streams) name(f *follower, keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.count == 0 {
		return
	}
	for _, key := range keys {
		s.names[key] = f
	}
	f.names = append(f.names, keys...)
}

// drop ends a playlist that was not asked for for long, and reports whether it did. A
// playlist that was ever served is kept for the whole time whatever packagers say,
// because its numbers must go on.
func (s *Streams) drop(p *Playlist, now time.Time) bool {
	most := s.options.Idle
	switch {
	case p.isAbsent():
		most = min(most, absentIdle)
	case !p.IsProven() && p.restored.Load() == nil && !p.waits.Any():
		most = min(most, UnprovenIdle)
	}
	if now.Sub(p.asked.get()) <= most {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(p.asked.get()) <= most {
		return false // a player has asked for it meanwhile
	}
	s.remove(p)
	s.log.Debug("no player asks for this playlist any more", "playlist", p.label)
	return true
}

// unproven counts the playlists that no packager ever had. Needs mu.
func (s *Streams) unproven() int {
	n := 0
	for _, p := range s.playlists {
		if !p.IsProven() {
			n++
		}
	}
	return n
}

// onceAfter is how long a playlist that was asked for only once must have been left alone
// before it makes room for another.
const onceAfter = 5 * time.Second

// makeRoom ends absent playlists, and the oldest of those that were asked for only once:
// made-up names must not keep players of real ones out. Needs mu.
func (s *Streams) makeRoom(now time.Time) {
	var oldest *Playlist
	for _, p := range s.playlists {
		if p.isAbsent() {
			s.remove(p)
			continue
		}
		once := p.asks.Load() <= 1 && p.watched.get().IsZero() && now.Sub(p.asked.get()) > onceAfter
		if once && (oldest == nil || p.asked.get().Before(oldest.asked.get())) {
			oldest = p
		}
	}
	if len(s.playlists) >= s.options.Most && oldest != nil {
		s.remove(oldest)
	}
}

// remove ends a playlist, and with the last one its stream. Needs mu.
func (s *Streams) remove(p *Playlist) {
	if s.playlists[p.Key] != p {
		return
	}
	p.cancel()
	delete(s.playlists, p.Key)
	if s.folders[folderOf(p.Key)] == p {
		delete(s.folders, folderOf(p.Key))
	}
	s.Index.drop(p)
	p.f.seen.forget(p.Key)
	if p.f.count--; p.f.count == 0 {
		for _, key := range p.f.names {
			if s.names[key] == p.f {
				delete(s.names, key)
			}
		}
	}
	p.f.push(stream.Leave{At: stream.At(time.Now()), Playlist: p.Key})
	if isDegraded(p.shown.Load().Snapshot) {
		s.left = append(s.left, p)
	}
	s.metrics.Playlists.Set(float64(len(s.playlists)))
	s.metrics.Newest.DeleteLabelValues(p.label)
	s.metrics.Up.DeletePartialMatch(prometheus.Labels{"playlist": p.label})
}
