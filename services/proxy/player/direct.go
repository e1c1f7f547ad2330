package player

import (
	"bytes"
	"strings"
	"time"

	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/proxy/cmcd"
	"livestream-tui/services/proxy/follow"
)

// Answer is the response to a plain GET of what is whole in memory: the playlist as it is
// shown, a segment, an init section, a key. It is nil for everything else, which
// ServeHTTP answers. A report of the player in the query (CMCD) is heard, and is no part of
// what is asked for.
func (s *Server) Answer(target []byte) *fastpath.Response {
	select {
	case <-s.streams.Restored():
	default:
		return nil
	}
	asked, report := cmcd.Cut(target)
	res, of := s.ready(asked)
	if report != nil && res != nil && of != nil && !s.audience.HearAgain(asked, report, nil) {
		s.hearOf(of, asked, report, nil)
	}
	return res
}

// Hear hears what a player reports in the header of a request that Answer has answered.
func (s *Server) Hear(target []byte, fields [][]byte) {
	asked, _ := cmcd.Cut(target)
	if s.audience.HearAgain(asked, nil, fields) {
		return
	}
	if p := s.playedBy(string(asked)); p != nil {
		s.hearOf(p, asked, nil, fields)
	}
}

// hearOf hears a report that came with a request for a media playlist, or for something
// that belongs to it.
func (s *Server) hearOf(p *follow.Playlist, asked, report []byte, fields [][]byte) {
	if string(asked) == p.Key {
		s.audience.HearPlaylist(p.Key, report, fields)
	} else {
		s.audience.Hear(p.Key, report, fields)
	}
}

// hear hears a report that came with a request for a key: about nothing that is followed,
// it would be of anybody's making.
func (s *Server) hear(key string, report []byte, fields [][]byte) {
	if p := s.playedBy(key); p != nil {
		s.audience.Hear(p.Key, report, fields)
	}
}

// playedBy is the media playlist that a request belongs to: the one that is asked for, or
// that lists what is asked for, or that the proxy's multivariant playlist stands beside.
// nil when no packager has it.
func (s *Server) playedBy(key string) *follow.Playlist {
	p := s.streams.Find(key)
	if p == nil || !p.IsProven() {
		if p = s.streams.Index.PlaylistOf(key); p == nil {
			if v := s.variants.find(key); v != nil {
				p = v.of
			}
		}
	}
	return p
}

// ready is the response for a key, and the playlist that it belongs to.
func (s *Server) ready(key []byte) (*fastpath.Response, *follow.Playlist) {
	if bytes.Contains(key, multivariantPath) && isMultivariant(string(key)) {
		if v := s.variants.find(string(key)); v != nil {
			if res := s.readyMultivariant(v); res != nil {
				s.metrics.PlaylistsSent.Inc()
				return res, v.of
			}
		}
	}
	if p := s.streams.Ask(key); p != nil {
		if res := p.Shown().Ready; res != nil {
			s.metrics.PlaylistsSent.Inc()
			return res, p
		}
	}
	return s.readyMedia(key)
}

func (s *Server) readyMedia(key []byte) (*fastpath.Response, *follow.Playlist) {
	o := s.cache.Look(key)
	if o == nil {
		return nil, nil
	}
	res := o.Quick()
	if res == nil || isRouted(o.Key()) {
		return nil, nil
	}
	l, _ := s.streams.Play(o.Key())
	o.Touch(time.Now())
	s.metrics.MediaSent.Inc()
	return res, l.Playlist
}

// isRouted reports whether a key may be one of the proxy's own routes. They all lie at
// the top and have no extension ("/healthz", "/events"). A packager may list such a name
// as a segment.
func isRouted(key string) bool {
	p, _, _ := strings.Cut(key, "?")
	return strings.LastIndexByte(p, '/') == 0 && !strings.Contains(p, ".")
}
