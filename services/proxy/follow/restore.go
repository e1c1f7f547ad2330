package follow

import (
	"encoding/json"
	"time"

	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/statefile"
	"livestream-tui/services/proxy/stream"
)

// keep writes the high-water marks of a playlist.
func (f *follower) keep(key string) {
	p := f.playlist(key)
	if p == nil || f.s.isSucceeded() {
		return // the other incarnation keeps the marks
	}
	kept, ok := f.state.Keep(key)
	if !ok {
		if f.state.IsOver(key) {
			f.s.state.Put(key, nil)
		}
		return
	}
	kept.Stream = f.key
	now := time.Now()
	b, err := json.Marshal(statefile.Playlist{Kept: kept, At: now, Asked: p.asked.was(now), Watched: p.watched.was(now)})
	if err != nil {
		f.s.log.Warn("cannot keep the high-water marks", "playlist", p.label, "error", err)
		return
	}
	f.s.state.Put(key, b)
}

// restore continues the streams of an earlier incarnation.
func (s *Streams) restore() {
	now := time.Now()
	list, err := s.state.Read(now)
	if err != nil {
		s.log.Warn("some high-water marks cannot be read, their playlists begin anew", "error", text.Shown(err.Error()))
	}
	streams := map[string]*follower{}
	var begun []*follower
	s.mu.Lock()
	for i := range list {
		list[i].Kept = list[i].On(s.options.Bases)
	}
	for _, v := range list {
		if s.playlists[v.Key] != nil || len(s.playlists) >= s.options.Most || !v.Fits(len(s.packagers)) {
			continue
		}
		f := streams[v.Stream]
		if f == nil {
			f = newFollower(s, v.Stream)
			streams[v.Stream] = f
			begun = append(begun, f)
		}
		p := s.add(f, v.Key, now)
		p.restored.Store(&restored{since: now})
		if now.Sub(v.Watched) < time.Minute {
			p.watched.set(now)
		}
	}
	s.mu.Unlock()
	for _, v := range list {
		f := streams[v.Stream]
		if p := s.Find(v.Key); f == nil || p == nil || p.f != f {
			continue
		}
		var effects []stream.Effect
		f.state, effects = f.state.Restore(v.Kept, now)
		f.do(effects)
		if now.Sub(v.Watched) < time.Minute {
			f.push(stream.Played{At: stream.At(now), Playlist: v.Key})
		}
	}
	for _, f := range begun {
		s.start(f.run)
	}
}

// restored is when a playlist of an earlier incarnation was restored.
type restored struct{ since time.Time }

// RestoreMost is how long a restored playlist may keep the proxy from being ready.
const RestoreMost = 3 * time.Second

// restoredNewest is how many of the newest segments are waited for.
const restoredNewest = 4

// restoring is what a restored playlist still waits for, empty when it is ready.
func (p *Playlist) restoring(now time.Time) string {
	r := p.restored.Load()
	if r == nil {
		return ""
	}
	if now.Sub(r.since) < RestoreMost {
		if !p.answered.Load() {
			return "restoring " + p.Key + ": no packager has answered yet"
		}
		if !p.watched.get().IsZero() && !p.f.s.hasNewest(p) {
			return "restoring " + p.Key + ": fetching its newest segments"
		}
	}
	p.restored.Store(nil)
	return ""
}

// hasNewest reports whether the newest segments of a playlist are here or cannot be had.
func (s *Streams) hasNewest(p *Playlist) bool {
	last := p.shown.Load().Last
	for _, id := range s.Index.newest(p, last-restoredNewest) {
		if o := s.cache.Get(id); o != nil {
			if whole, err := o.Done(); !whole && err == nil {
				return false
			}
		}
	}
	return true
}
