package proxy

import (
	"maps"
	"net/http"
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
	st := s.streams[string(target)]
	if st != nil {
		st.asked.Store(time.Now().UnixNano()) // before drop can look
	}
	s.mu.RUnlock()
	if st == nil {
		return nil
	}
	res := st.shown.Load().ready
	if res != nil {
		s.metrics.playlistsSent.Inc()
	}
	return res
}

func (s *Service) readyMedia(target []byte) *direct.Response {
	o := s.cache.look(target)
	if o == nil || o.routed {
		return nil
	}
	res := o.ready.Load()
	if res != nil {
		s.play(o.key)
		o.touch(time.Now())
		s.metrics.mediaSent.Inc()
	}
	return res
}

// openToAll lets the page of any site play, whatever it is told (CORS).
var openToAll = http.Header{
	"Access-Control-Allow-Origin":   {"*"},
	"Access-Control-Expose-Headers": {"Content-Length, Content-Range, ETag, X-Packager"},
}

func playlistHeader(etag, packager string) http.Header {
	return describe("application/vnd.apple.mpegurl", "max-age=1", etag, packager)
}

// mediaHeader has an ETag once the content is whole.
func mediaHeader(c content) http.Header {
	return describe(c.kind, "max-age=3600, immutable", c.etag, c.packager)
}

func describe(kind, cache, etag, packager string) http.Header {
	h := maps.Clone(openToAll)
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", cache)
	h.Set("X-Packager", packager)
	h.Set("Accept-Ranges", "bytes")
	if etag != "" {
		h.Set("ETag", etag)
	}
	return h
}
