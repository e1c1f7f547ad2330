package proxy

import (
	"time"

	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/service"
)

var _ service.Direct = (*Service)(nil)

// Answer is the response to a plain GET of what is whole in memory: the playlist
// that is shown, a segment, an init, a key; nil for everything else, which serve
// answers.
func (s *Service) Answer(target []byte) *fastpath.Response {
	select {
	case <-s.restored:
	default:
		return nil
	}
	if res := s.readyPlaylist(target); res != nil {
		return res
	}
	return s.readyMedia(target)
}

func (s *Service) readyPlaylist(target []byte) *fastpath.Response {
	s.mu.RLock()
	p := s.playlists[string(target)]
	if p != nil {
		p.ask(time.Now()) // before drop can look
	}
	s.mu.RUnlock()
	if p == nil {
		return nil
	}
	res := p.shown.Load().ready
	if res != nil {
		s.metrics.playlistsSent.Inc()
	}
	return res
}

func (s *Service) readyMedia(target []byte) *fastpath.Response {
	o := s.cache.Look(target)
	if o == nil {
		return nil
	}
	res := o.Quick()
	if res == nil || isRouted(o.Key()) {
		return nil
	}
	s.play(o.Key())
	o.Touch(time.Now())
	s.metrics.mediaSent.Inc()
	return res
}
