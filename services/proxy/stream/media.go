package stream

import (
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/sources"
	"livestream-tui/services/proxy/timeline"
)

// media is what is known of a playlist's segments, and of the players that play them.
type media struct {
	played    time.Time           // when a player last fetched a segment
	arrived   map[int64]time.Time // when a pending segment was first listed, by MSN
	fetches   map[string]fetched  // progress of each resource, by ID
	uses      map[string]int      // how many entries have a resource, by ID
	retired   []Retired           // oldest first
	holeSince time.Time           // since when segments are missing; zero while they are not
	appended  time.Time           // when a segment was last taken
	grew      time.Time           // when one was last shown
	widest    time.Time           // when the window last had its present length
	tagged    *m3u8.MediaPlaylist // the playlist whose tags stand beside the segments
	retagged  bool                // those tags were not shown yet
	reused    bool                // names are used for more than one segment
}

func newMedia() media {
	return media{arrived: map[int64]time.Time{}, fetches: map[string]fetched{}, uses: map[string]int{}}
}

// fetched is the progress of a resource.
type fetched struct {
	outcome Outcome // zero while it is fetched
	at      time.Time
	digest  string // once it is whole
}

// isPlayed reports whether players play the playlist: then its segments are fetched
// before players ask for them.
func (p *Playlist) isPlayed(now time.Time) bool {
	return !p.media.played.IsZero() && now.Sub(p.media.played) < max(5*p.target(), 10*time.Second)
}

// use notes that an entry is served from now on.
func (s *State) use(p *Playlist, e *timeline.Entry) {
	if id := e.Media.ID(); id != "" && p.media.uses[id] > 0 {
		s.reuse(p, e)
	}
	s.emit(Index{p.key, *e})
	for _, r := range e.Resources() {
		p.media.uses[r.ID()]++
	}
}

// reuse notes that a name means another segment from now on. The bytes of the old one are
// dropped, and the new one is fetched only from packagers that list it.
func (s *State) reuse(p *Playlist, e *timeline.Entry) {
	id := e.Media.ID()
	p.media.reused = true
	delete(p.media.fetches, id)
	s.emit(Drop{id})
	n := 0
	for i := range p.line.Entries {
		if p.line.Entries[i].Media.ID() == id {
			n++
		}
	}
	if n > 1 {
		p.stuck.because("one URI stands for two segments at once", s.now)
	}
}

// forget forgets the resources of an entry.
func (s *State) forget(p *Playlist, e *timeline.Entry) {
	var ids []string
	for _, r := range e.Resources() {
		id := r.ID()
		if p.media.uses[id]--; p.media.uses[id] > 0 {
			continue
		}
		delete(p.media.uses, id)
		delete(p.media.fetches, id)
		ids = append(ids, id)
	}
	if len(ids) > 0 {
		s.emit(Unindex{p.key, ids})
	}
}

// retiredMost is how long a segment that has left a playlist is kept at most, beyond its
// own duration. The packagers keep longer windows.
const retiredMost = 10 * time.Minute

// retire keeps segments that have left the playlist for their duration and that of the
// playlist (RFC 8216, 6.2.2), and forgets those that were kept long enough.
func (s *State) retire(p *Playlist, entries []timeline.Entry) {
	for _, e := range entries {
		until := s.now.Add(e.Segment.Duration + min(p.line.Window+p.line.Target(), retiredMost))
		p.media.retired = append(p.media.retired, Retired{e, until})
		delete(p.media.arrived, e.MSN)
	}
	n := 0
	for n < len(p.media.retired) && s.now.After(p.media.retired[n].Until) {
		s.forget(p, &p.media.retired[n].Entry)
		n++
	}
	p.media.retired = p.media.retired[n:]
}

// fetch fetches a resource of an entry unless it is there or under way.
func (s *State) fetch(p *Playlist, e *timeline.Entry, r timeline.Resource) {
	f, known := p.media.fetches[r.ID()]
	if known && f.outcome != Failed && f.outcome != Absent {
		return
	}
	if known && s.now.Sub(f.at) < retryAfter {
		return
	}
	p.media.fetches[r.ID()] = fetched{at: s.now}
	s.emit(Fetch{Playlist: p.key, Entry: *e, Resource: r, Target: p.target()})
}

// retryAfter is the pause after a fetch that failed.
const retryAfter = 250 * time.Millisecond

// fetchEntry fetches an entry with its key and init section.
func (s *State) fetchEntry(p *Playlist, e *timeline.Entry) {
	for _, r := range e.Resources() {
		if r != e.Media || !e.Segment.Gap {
			s.fetch(p, e, r)
		}
	}
}

// hotMost is how many of the newest segments are fetched before players ask for them: a
// window may be hours long.
const hotMost = 30

// played notes that a player plays the playlist. The window is fetched, newest segments
// first, so that it outlives an outage.
func (s *State) played(key string) {
	p := s.playlists[key]
	if p == nil {
		return
	}
	p.media.played = s.now
	n := len(p.line.Entries)
	for i := n - 1; i >= max(0, n-hotMost); i-- {
		s.fetchEntry(p, &p.line.Entries[i])
	}
	if p.restored {
		for i := len(p.media.retired) - 1; i >= 0; i-- {
			s.fetchEntry(p, &p.media.retired[i].Entry)
		}
	}
	s.settleAfter(p)
}

// fetched takes the outcome of a fetch.
func (s *State) fetched(e Fetched) {
	p := s.playlists[e.Playlist]
	id := e.Resource.ID()
	if p == nil || p.media.uses[id] == 0 {
		return
	}
	p.media.fetches[id] = fetched{outcome: e.Outcome, at: s.now, digest: e.Content.Digest}
	if e.Outcome == Whole || e.Outcome == Elsewhere {
		p.know(id, e)
	}
	if e.Outcome != Begun || p.line.Listed < len(p.line.Entries) {
		s.settleAfter(p)
	}
}

// know notes the content of an entry.
func (p *Playlist) know(id string, e Fetched) {
	for i := len(p.line.Entries) - 1; i >= 0; i-- {
		entry := &p.line.Entries[i]
		switch {
		case entry.Init != nil && entry.Init.ID() == id:
			entry.Content.Init = e.Content.Digest
		case entry.Media.ID() == id && (e.MSN == 0 || e.MSN == entry.MSN):
			init := entry.Content.Init
			if entry.Init != nil {
				init = p.media.fetches[entry.Init.ID()].digest
			}
			entry.Content = e.Content
			entry.Content.Init = init
			return
		case p.line.Entries[i].MSN < e.MSN-hotMost:
			return
		}
	}
}

// offer publishes where the resources of a playlist are to be fetched from, if that has
// changed.
func (s *State) offer(p *Playlist) {
	o := &sources.Table{Ranking: s.order(p), OwnersOnly: p.mode == PassedThrough}
	o.Line = timeline.Timeline{Key: p.key, Hosts: s.hosts, Shift: p.line.Shift, Since: p.line.Since}
	known := p.line.Known(hotMost)
	o.Packagers = make([]sources.Packager, 0, len(p.records))
	for i := range p.records {
		r := &p.records[i]
		o.Packagers = append(o.Packagers, sources.Packager{
			List: r.found(), Untried: r.proof.verdict == unknown && r.rel.Conflict+r.rel.Renamed == "" && !r.rel.Behind && !known,
			Same:    p.mode == Merged && r.rel.Conflict == "" && !r.rel.Behind && s.isSame(p, i),
			Answers: r.answers(), Lacks: r.lacks, Troubled: r.trouble.IsOpen() || r.seen.Fails > 1, Reused: p.media.reused,
		})
	}
	if !o.Equal(p.offered) {
		p.offered = o
		s.emit(Offer{p.key, o})
	}
}
