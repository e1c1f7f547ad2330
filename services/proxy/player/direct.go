package player

import (
	"strings"
	"time"

	"livestream-tui/services/kit/fastpath"
)

// Answer is the response to a plain GET of what is whole in memory: the playlist as it is
// shown, a segment, an init section, a key. It is nil for everything else, which
// ServeHTTP answers.
func (s *Server) Answer(target []byte) *fastpath.Response {
	select {
	case <-s.streams.Restored():
	default:
		return nil
	}
	if res := s.readyPlaylist(target); res != nil {
		return res
	}
	return s.readyMedia(target)
}

func (s *Server) readyPlaylist(target []byte) *fastpath.Response {
	p := s.streams.Ask(target)
	if p == nil {
		return nil
	}
	res := p.Shown().Ready
	if res != nil {
		s.metrics.PlaylistsSent.Inc()
	}
	return res
}

func (s *Server) readyMedia(target []byte) *fastpath.Response {
	o := s.cache.Look(target)
	if o == nil {
		return nil
	}
	res := o.Quick()
	if res == nil || isRouted(o.Key()) {
		return nil
	}
	s.streams.Play(o.Key())
	o.Touch(time.Now())
	s.metrics.MediaSent.Inc()
	return res
}

// isRouted reports whether a key may be one of the proxy's own routes. They all lie at
// the top and have no extension ("/healthz", "/events"). A packager may list such a name
// as a segment.
func isRouted(key string) bool {
	p, _, _ := strings.Cut(key, "?")
	return strings.LastIndexByte(p, '/') == 0 && !strings.Contains(p, ".")
}
