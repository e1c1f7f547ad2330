package proxy

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/uri"
)

var errTooMany = errors.New("too many playlists are followed")

// playlist is the playlist of a key, which is followed from now on; target is what
// packagers are asked for.
func (s *Service) playlist(key, target string) (*playlist, error) {
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
	if len(s.playlists) >= s.config.Streams || s.unproven() >= unprovenMost {
		s.makeRoom(now)
	}
	if n := len(s.playlists); n >= s.config.Streams || s.unproven() >= unprovenMost {
		return nil, fmt.Errorf("%w: %d, PROXY_PLAYLISTS sets how many are allowed", errTooMany, n)
	}
	if s.life.Err() != nil {
		return nil, s.life.Err()
	}
	p = s.add(s.followerOf(key), key, now)
	p.f.push(stream.Begin{At: stream.At(now), Playlist: key, Target: target})
	return p, nil
}

// followerOf is the follower that a playlist belongs to: that of the multivariant
// playlist that names it, or one of its own. Needs mu.
func (s *Service) followerOf(key string) *follower {
	if f := s.names[key]; f != nil && f.count > 0 {
		return f
	}
	f := newFollower(s, key)
	s.start(f.run)
	return f
}

// add adds a playlist to its follower's. Needs mu.
func (s *Service) add(f *follower, key string, now time.Time) *playlist {
	p := newPlaylist(f, key, now)
	f.count++
	s.playlists[key] = p
	s.folders[folderOf(key)] = p
	s.metrics.playlists.Set(float64(len(s.playlists)))
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

// near is the order of packagers, by index, of the playlist that lies nearest above a
// key; nil for none.
func (s *Service) near(key string) []int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if p := s.playlists[key]; p != nil {
		return p.sources.Load().Order()
	}
	for folder := folderOf(key); folder != ""; folder = folder[:strings.LastIndexByte(folder[:len(folder)-1], '/')+1] {
		if p := s.folders[folder]; p != nil {
			return p.sources.Load().Order()
		}
	}
	return nil
}

// name notes that keys belong to a follower's stream.
func (s *Service) name(f *follower, keys []string) {
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

// drop ends a playlist that nobody has asked for for long, and reports whether it did.
// One that was ever served is kept for the whole time, whatever packagers say: its
// numbers must go on.
func (s *Service) drop(p *playlist, now time.Time) bool {
	most := s.config.Idle
	switch {
	case p.isAbsent():
		most = min(most, absentIdle)
	case !p.isProven() && p.restored.Load() == nil && !p.waits.any():
		most = min(most, unprovenIdle)
	}
	if now.Sub(p.asked.get()) <= most {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(p.asked.get()) <= most {
		return false // asked for meanwhile
	}
	s.remove(p)
	s.log.Debug("nobody asks for this playlist any more", "playlist", p.label)
	return true
}

// unproven counts the playlists that were never there. Needs mu.
func (s *Service) unproven() int {
	n := 0
	for _, p := range s.playlists {
		if !p.isProven() {
			n++
		}
	}
	return n
}

// onceAfter is how long a playlist that was asked for once must have been left alone
// to make room for another.
const onceAfter = 5 * time.Second

// makeRoom ends playlists that no packager has, and of those that nobody asked for
// twice the oldest: whoever asks for made-up names is to keep nobody out. Needs mu.
func (s *Service) makeRoom(now time.Time) {
	var oldest *playlist
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
	if len(s.playlists) >= s.config.Streams && oldest != nil {
		s.remove(oldest)
	}
}

// remove ends a playlist, and its stream with the last of them. Needs mu.
func (s *Service) remove(p *playlist) {
	if s.playlists[p.key] != p {
		return
	}
	p.cancel()
	delete(s.playlists, p.key)
	if s.folders[folderOf(p.key)] == p {
		delete(s.folders, folderOf(p.key))
	}
	s.index.drop(p)
	p.f.seen.forget(p.key)
	if p.f.count--; p.f.count == 0 {
		for _, key := range p.f.names {
			if s.names[key] == p.f {
				delete(s.names, key)
			}
		}
	}
	p.f.push(stream.Leave{At: stream.At(time.Now()), Playlist: p.key})
	if isDegraded(p.shown.Load().Snapshot) {
		s.left = append(s.left, p)
	}
	s.metrics.playlists.Set(float64(len(s.playlists)))
	s.metrics.newest.DeleteLabelValues(p.label)
	s.metrics.state.DeletePartialMatch(prometheus.Labels{"playlist": p.label})
}
