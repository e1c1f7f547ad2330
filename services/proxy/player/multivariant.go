package player

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/proxy/cors"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/multivariant"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/uri"
)

// Some players need a multivariant playlist before they play fMP4: television sets,
// Chromecast, AirPlay. Where packagers have none, the proxy makes one of the one media
// playlist that there is. It has no packager, so no failover changes it.

const (
	// multivariantName is where players look for a multivariant playlist, mediaName the
	// media playlist that it stands beside.
	multivariantName = "master.m3u8"
	mediaName        = "playlist.m3u8"
	// lookAgainAfter is how old a multivariant playlist of the proxy's own may be before
	// its media is measured again, and packagers are asked again whether they have one.
	lookAgainAfter = 10 * time.Second
	// multivariantHold is how long packagers are waited for that do not say whether they
	// have one, while the media playlist is here.
	multivariantHold = 2 * time.Second
	// variantsMost is how many of them are kept.
	variantsMost = 1000
)

var multivariantPath = []byte("/" + multivariantName)

// isMultivariant reports whether a key, or a target, is that of a multivariant playlist
// that the proxy may make.
func isMultivariant(key string) bool {
	return strings.HasSuffix(uri.Name(key), "/"+multivariantName)
}

// variants are the multivariant playlists that the proxy has made. Safe for concurrent
// use.
type variants struct {
	mu   sync.RWMutex
	list map[string]*variant // by key; guarded by mu
}

// variant is one multivariant playlist. Safe for concurrent use.
type variant struct {
	key  string
	of   *follow.Playlist // the media playlist
	next atomic.Int64     // when it is looked at again, in Unix ns

	ready atomic.Pointer[fastpath.Response]

	mu       sync.Mutex
	playlist multivariant.Playlist  // guarded by mu
	sizes    []multivariant.Segment // in order; guarded by mu
}

func (v *variants) find(key string) *variant {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.list[key]
}

// begin is the multivariant playlist of a key, which stands beside p. One of an earlier
// playlist of the same key passes on what it knew.
func (v *variants) begin(key string, p *follow.Playlist, isOver func(*variant) bool) *variant {
	v.mu.Lock()
	defer v.mu.Unlock()
	old := v.list[key]
	if old != nil && old.of == p {
		return old
	}
	if old == nil && len(v.list) >= variantsMost {
		for k, one := range v.list {
			if isOver(one) {
				delete(v.list, k)
			}
		}
	}
	next := &variant{key: key, of: p}
	if old != nil {
		old.mu.Lock()
		next.playlist = old.playlist
		old.mu.Unlock()
	}
	if v.list == nil {
		v.list = map[string]*variant{}
	}
	if old != nil || len(v.list) < variantsMost {
		v.list[key] = next
	}
	return next
}

// isOver reports whether the media playlist of v has ended, or packagers have a
// multivariant playlist of their own by now.
func (s *Server) isOver(v *variant) bool {
	if s.streams.Find(v.of.Key) != v.of || v.of.Shown().Body == nil {
		return true
	}
	p := s.streams.Find(v.key)
	return p != nil && p.Shown().Body != nil
}

// readyMultivariant is a multivariant playlist of the proxy's own, nil when it stands no
// more.
func (s *Server) readyMultivariant(v *variant) *fastpath.Response {
	if v.ready.Load() == nil || s.isOver(v) {
		return nil
	}
	now := time.Now()
	if next := v.next.Load(); now.UnixNano() >= next && v.next.CompareAndSwap(next, now.Add(lookAgainAfter).UnixNano()) {
		s.look(v)
		// Packagers may have one by now. An error means that there is no room to ask.
		_, _ = s.streams.Follow(v.key, v.key)
	}
	return v.ready.Load()
}

// makeMultivariant is the multivariant playlist of a key. It waits for the media playlist
// and for its newest segments. nil when there is no such playlist, or its media cannot be
// measured.
func (s *Server) makeMultivariant(ctx context.Context, key string) *fastpath.Response {
	if v := s.variants.find(key); v != nil {
		if res := s.readyMultivariant(v); res != nil {
			return res
		}
	}
	media := uri.Beside(key, mediaName)
	p, err := s.streams.Follow(media, media)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, firstHold)
	defer cancel()
	if !s.awaitBody(ctx, p) {
		return nil
	}
	for i, l := range last(s.segmentsOf(p), segmentsLooked) {
		s.await(ctx, l, i == 0)
	}
	v := s.variants.begin(key, p, s.isOver)
	v.next.Store(time.Now().Add(lookAgainAfter).UnixNano())
	s.look(v)
	return v.ready.Load()
}

// awaitBody waits until a playlist has a body; false when it will not have one.
func (s *Server) awaitBody(ctx context.Context, p *follow.Playlist) bool {
	defer p.Wait()()
	for {
		snap := p.Shown()
		switch {
		case snap.Body != nil:
			return true
		case position{-1, -1}.in(snap): // refused, or each player's own
			return false
		}
		p.Touch(time.Now())
		select {
		case <-snap.Replaced:
		case <-ctx.Done():
			return false
		case <-s.streams.Done():
			return false
		}
	}
}

// hasMedia reports whether the media playlist that a multivariant playlist would stand
// beside is here.
func (s *Server) hasMedia(key string) bool {
	p := s.streams.Find(uri.Beside(key, mediaName))
	return p != nil && p.Shown().Body != nil
}

// isAbsent reports whether packagers say that a playlist does not exist.
func isAbsent(snap *follow.Snapshot) bool {
	return snap.Mode == stream.Refused && snap.Body == nil && isNone(snap.Status)
}

func isNone(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }

// sendMultivariant answers with a multivariant playlist that the proxy has made before;
// false when there is none.
func (s *Server) sendMultivariant(w http.ResponseWriter, r *http.Request, key string) bool {
	if !isMultivariant(key) {
		return false
	}
	v := s.variants.find(key)
	if v == nil {
		return false
	}
	res := s.readyMultivariant(v)
	if res == nil {
		return false
	}
	s.metrics.PlaylistsSent.Inc()
	send(w, r, res)
	return true
}

// serveMultivariant makes the multivariant playlist of a key, which packagers do not have,
// and answers with it; false when it cannot be made.
func (s *Server) serveMultivariant(w http.ResponseWriter, r *http.Request, key string) bool {
	release, ok := s.mayWait()
	if !ok {
		return false
	}
	defer release()
	res := s.makeMultivariant(r.Context(), key)
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the player has gone
	}
	if res == nil {
		return false
	}
	s.metrics.PlaylistsSent.Inc()
	send(w, r, res)
	return true
}

// stand puts the proxy's multivariant playlist into the place of a packager's answer that
// there is none.
func (s *Server) stand(res *http.Response, key string) bool {
	if !isMultivariant(key) || !isNone(res.StatusCode) {
		return false
	}
	made := s.makeMultivariant(res.Request.Context(), key)
	if made == nil {
		return false
	}
	if res.Body != nil {
		_ = res.Body.Close() // nothing reads it
	}
	res.StatusCode, res.Header = http.StatusOK, made.Header().Clone()
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(made.Body())), int64(len(made.Body()))
	return true
}

// multivariantResponse is the answer with a multivariant playlist.
func multivariantResponse(body []byte) *fastpath.Response {
	h := cors.Open()
	h.Set("Content-Type", "application/vnd.apple.mpegurl")
	h.Set("Cache-Control", "max-age=10")
	h.Set("Accept-Ranges", "bytes")
	h.Set("ETag", object.ETagOf(body))
	return fastpath.NewResponse(h, body)
}
