package player

import (
	"bytes"
	"context"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/multivariant"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/uri"
)

const (
	// segmentsLooked is how many of the newest segments are fetched before a bit rate is
	// told: players begin with them.
	segmentsLooked = 3
	// sizesMost is how many segments a bit rate is measured on.
	sizesMost = 300
)

// measured is a segment of a playlist, as it is measured.
type measured struct {
	size multivariant.Segment
	// media and init are its objects' keys; init is empty when it has none.
	media, init string
	// fetch fetches one of the two, unless it is here.
	fetch func(key string) *object.Object
	// plain means that its bytes can be read.
	plain bool
}

func last[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }

// segmentsOf are the segments of a playlist at packagers, in order.
func (s *Server) segmentsOf(p *follow.Playlist) []measured {
	listed := s.streams.Index.Of(p)
	if len(listed) == 0 {
		return s.passedSegments(p)
	}
	list := make([]measured, 0, len(listed))
	for _, l := range listed {
		e := l.Entry
		m := measured{
			size:  multivariant.Segment{MSN: e.MSN, Duration: e.Segment.Duration},
			media: e.Media.ID(), plain: !e.Enciphered(),
		}
		if e.Init != nil {
			m.init = e.Init.ID()
		}
		m.fetch = func(id string) *object.Object {
			r := e.Media
			if e.Init != nil && id == e.Init.ID() {
				r = *e.Init
			}
			return s.streams.FetchListed(p, e, r, p.Target())
		}
		list = append(list, m)
	}
	return list
}

// passedSegments are the segments of a playlist that is passed through, which nothing
// lists.
func (s *Server) passedSegments(p *follow.Playlist) []measured {
	list, err := m3u8.ParseMedia(p.Shown().Body)
	if err != nil {
		return nil
	}
	fetch := func(key string) *object.Object { return s.streams.FetchUnlisted(key, key) }
	var all []measured
	plain := true
	for i := range list.Segments {
		one := &list.Segments[i]
		if one.Keys != nil {
			plain = one.Keys[0].Method == "NONE"
		}
		m := measured{size: multivariant.Segment{MSN: list.MediaSequence + int64(i), Duration: one.Duration}, fetch: fetch, plain: plain}
		at := uri.Resolve(p.Key, one.URI)
		key, err := at.Key()
		if err != nil || one.Gap || at.HasAuthority {
			continue
		}
		if m.media = key; one.ByteRange != nil {
			m.media, m.size.Bytes = "", one.ByteRange.Length
		}
		if one.Map != nil && one.Map.ByteRange == nil {
			m.init, _ = uri.Resolve(p.Key, one.Map.URI).Key() // empty with an error
		}
		all = append(all, m)
	}
	return last(all, sizesMost)
}

// await waits until a segment is here, and its init section where withInit is set, or
// cannot be had.
func (s *Server) await(ctx context.Context, m measured, withInit bool) {
	keys := []string{m.media}
	if withInit {
		keys = append(keys, m.init)
	}
	for _, key := range keys {
		if key == "" || s.bodyOf(key) != nil {
			continue
		}
		// What cannot be had is not measured.
		_, _ = m.fetch(key).Await(ctx)
	}
}

// bodyOf is the whole resource of a key, nil unless it is in memory.
func (s *Server) bodyOf(key string) []byte {
	if key == "" {
		return nil
	}
	o := s.cache.Get(key)
	if o == nil {
		return nil
	}
	if c, _ := o.Now(); c.Whole {
		return c.Body
	}
	return nil
}

// look looks at the media that is in memory, and makes the playlist anew where that
// changes it. It does not wait.
func (s *Server) look(v *variant) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var init, segment []byte
	var duration time.Duration
	for _, m := range s.segmentsOf(v.of) {
		body := s.bodyOf(m.media)
		if m.size.Bytes == 0 {
			m.size.Bytes = int64(len(body))
		}
		if m.size.Bytes == 0 {
			continue
		}
		if n := len(v.sizes); n == 0 || v.sizes[n-1].MSN < m.size.MSN {
			v.sizes = last(append(v.sizes, m.size), sizesMost)
		}
		if b := s.bodyOf(m.init); b != nil || m.init == "" {
			init = b
			if m.plain {
				segment, duration = body, m.size.Duration
			}
		}
	}
	media := multivariant.Look(init, segment, duration)
	snap := v.of.Shown()
	media.Independent = bytes.Contains(snap.Body, []byte("#EXT-X-INDEPENDENT-SEGMENTS"))
	v.playlist = v.playlist.Next(media, multivariant.Peak(v.sizes, v.of.Target()), multivariant.Average(v.sizes))
	if !v.playlist.IsKnown() {
		return
	}
	body := v.playlist.Encode(v.of.Key[len(folder(v.of.Key)):])
	if old := v.ready.Load(); old == nil || !bytes.Equal(old.Body(), body) {
		v.ready.Store(multivariantResponse(body))
	}
}

// folder is the path of a key up to its last element.
func folder(key string) string { return uri.Beside(uri.Name(key), "") }
