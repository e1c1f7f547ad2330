package proxy

import (
	"time"

	"livestream-tui/services/direct"
	"livestream-tui/services/runner"
)

var _ runner.Direct = (*Service)(nil)

// Answer is the response to a plain GET of what is whole in memory: the playlist
// that is shown, a segment, an init, a key; nil for everything else, which serve
// answers.
func (s *Service) Answer(target []byte) *direct.Response {
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

func (s *Service) readyPlaylist(target []byte) *direct.Response {
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

func (s *Service) readyMedia(target []byte) *direct.Response {
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
