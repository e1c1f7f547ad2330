package player

import (
	"context"
	"errors"
	"net/http"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/proxy/fetch"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/timeline"
)

// serveMedia answers with a segment, an init section, a key, or anything else that
// packagers have.
func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request, key, target string) {
	if span, ok := rangeOf(r); ok {
		if l, listed := s.streams.Play(timeline.RangeID(key, span)); listed {
			s.serveListed(w, r, l)
			return
		}
	}
	if l, listed := s.streams.Play(key); listed {
		s.serveListed(w, r, l)
		return
	}
	if id, ok := s.streams.Index.Around(key); ok && r.Header.Get("Range") == "" {
		if l, listed := s.streams.Play(id); listed {
			s.serveListed(w, r, l)
			return
		}
	}
	target = s.streams.Index.TargetOf(key, target)
	if s.streams.Index.IsRanged(key) || r.Header.Get("Range") != "" && !s.isHeld(key) {
		s.forward(w, r, key, target)
		return
	}
	s.serveUnlisted(w, r, key, target)
}

// isHeld reports whether the whole resource at a key is in memory.
func (s *Server) isHeld(key string) bool {
	o := s.cache.Get(key)
	if o == nil {
		return false
	}
	whole, _ := o.Done()
	return whole
}

// serveListed answers with a resource that a playlist lists.
func (s *Server) serveListed(w http.ResponseWriter, r *http.Request, l follow.Listing) {
	if l.Entry.Segment.Gap && l.Resource == l.Entry.Media {
		s.refuse(w, "media", http.StatusNotFound, "the segment is missing at every packager")
		return
	}
	id := l.Resource.ID()
	o := s.cache.Get(id)
	if o != nil {
		if _, err := o.Done(); err != nil {
			o = nil
		}
	}
	if o != nil && l.IsKey() && time.Since(o.Started()) > keyKept {
		o = s.refresh(r, o, l)
	}
	if o == nil {
		o = s.streams.FetchListed(l.Playlist, l.Entry, l.Resource, l.Playlist.Target())
	}
	o.Touch(time.Now())
	s.serveObject(w, r, o, l.Playlist, l.Resource)
}

const (
	// keyKept is how long a key file is served before its packager is asked again, since
	// it may have another key by then. keyPatience is how long that may take.
	keyKept     = time.Second
	keyPatience = 2 * time.Second
)

// refresh fetches a key file again. The old content stands in when that fails: the
// packager may be gone while its segments are still served.
func (s *Server) refresh(r *http.Request, old *object.Object, l follow.Listing) *object.Object {
	if whole, _ := old.Done(); !whole {
		return old
	}
	content, _ := old.Now()
	s.cache.Drop(l.Resource.ID())
	o := s.streams.FetchListed(l.Playlist, l.Entry, l.Resource, l.Playlist.Target())
	ctx, cancel := context.WithTimeout(r.Context(), keyPatience)
	defer cancel()
	if c, err := o.Await(ctx); err == nil && c.Whole {
		return o
	}
	o.Fill(content)
	return old
}

// serveUnlisted answers with a resource that no playlist lists. If it turns out to be a
// playlist, it is followed from then on.
func (s *Server) serveUnlisted(w http.ResponseWriter, r *http.Request, key, target string) {
	o := s.streams.FetchUnlisted(key, target)
	if _, err := o.Done(); errors.Is(err, object.ErrAbandoned) {
		o = s.streams.FetchUnlisted(key, target) // all other players have left at this moment
	}
	o.Touch(time.Now())
	defer o.Use()()
	ctx, cancel := context.WithTimeout(r.Context(), follow.HoldFor(follow.DefaultTarget))
	c, err := o.Await(ctx)
	cancel()
	switch {
	case errors.Is(err, fetch.ErrTooLarge), c.Whole && follow.ForOnePlayer(c.Header) != "":
		s.cache.Drop(key)
		s.forward(w, r, key, target)
	case c.Whole && container.Sniff(c.Body) == container.FormatPlaylist:
		s.cache.Drop(key)
		s.servePlaylist(w, r, key, target)
	default:
		s.serveObject(w, r, o, nil, timeline.Resource{Key: key, Target: target})
	}
}
