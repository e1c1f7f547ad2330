package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"livestream-tui/services/hls/feed"
	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/worker/input"
)

// largestIndex bounds the index of feeds, in bytes.
const largestIndex = 4 << 20

// index asks the receiver at base for its live signals.
func index(ctx context.Context, c *http.Client, base string) (feed.Index, error) {
	var list feed.Index
	a, err := httpx.Get(ctx, c, base+feed.IndexPath, largestIndex)
	if err != nil {
		return list, err
	}
	if err := json.Unmarshal(a.Body, &list); err != nil {
		return list, fmt.Errorf("its list of signals: %w", err)
	}
	return list, nil
}

// segments is the feed of one signal: an input.Feed.
type segments struct {
	from   *receivers
	signal string
	http   *http.Client
	base   string              // the receiver that list is from
	list   *m3u8.MediaPlaylist // as last loaded; nil before that
	inits  map[string][]byte   // those that list needs, as far as they were loaded
}

var _ input.Feed = (*segments)(nil)

// errBehind says that a feed has no number that was not published before.
var errBehind = errors.New("its newest segment is older than what was published already")

// Next implements input.Feed.
func (s *segments) Next(ctx context.Context, after int64) (input.FeedSegment, error) {
	for {
		if i := s.find(after); i >= 0 {
			one, err := s.get(ctx, i)
			if err != nil && s.left(ctx) {
				continue
			}
			return one, err
		}
		if err := s.load(ctx, after+1); err != nil {
			if s.left(ctx) {
				continue
			}
			return input.FeedSegment{}, err
		}
		if after >= 0 && len(s.list.Segments) > 0 && s.list.LastMSN() < after-1 {
			return input.FeedSegment{}, errBehind
		}
		if s.list.EndList {
			return input.FeedSegment{}, errors.New("the feed has ended")
		}
	}
}

// left reports whether another receiver leads the signal than the one that was asked last.
func (s *segments) left(ctx context.Context) bool {
	base, _ := s.from.of(s.signal)
	return ctx.Err() == nil && base != s.base
}

// find returns the index of the first segment in the list above a number; -1 without one.
func (s *segments) find(after int64) int {
	if s.list == nil {
		return -1
	}
	for i, e := range s.list.Segments {
		if s.list.MediaSequence+int64(i) > after && !e.Gap {
			return i
		}
	}
	return -1
}

// load loads the playlist once it has segment msn, or whatever it has after a while.
func (s *segments) load(ctx context.Context, msn int64) error {
	if base, _ := s.from.of(s.signal); base != s.base {
		s.base, s.list = base, nil
	}
	if s.list == nil {
		msn = -1 // what there is
	}
	ctx, cancel := s.from.limit(ctx, s.signal, s.base, feed.BlockMost+patience)
	defer cancel()
	a, err := httpx.Get(ctx, s.http, s.base+feed.PlaylistPath(s.signal, msn), m3u8.MaxPlaylist)
	if err != nil {
		return err
	}
	list, err := m3u8.ParseMedia(a.Body)
	if err != nil {
		return fmt.Errorf("its playlist: %w", err)
	}
	s.list = list
	used := map[string][]byte{}
	for _, e := range list.Segments {
		if e.Map != nil && s.inits[e.Map.URI] != nil {
			used[e.Map.URI] = s.inits[e.Map.URI]
		}
	}
	s.inits = used
	return nil
}

// get loads segment i of the list.
func (s *segments) get(ctx context.Context, i int) (input.FeedSegment, error) {
	ctx, cancel := s.from.limit(ctx, s.signal, s.base, patience)
	defer cancel()
	e := s.list.Segments[i]
	if e.Map == nil {
		s.list = nil
		return input.FeedSegment{}, fmt.Errorf("its playlist has no EXT-X-MAP for %s", e.URI)
	}
	init := s.inits[e.Map.URI]
	if init == nil {
		a, err := httpx.Get(ctx, s.http, s.base+feed.Path(s.signal, e.Map.URI), ingest.MaxInit)
		if err != nil {
			s.list = nil // it lists what is gone
			return input.FeedSegment{}, fmt.Errorf("%s: %w", e.Map.URI, err)
		}
		init = a.Body
		s.inits[e.Map.URI] = init
	}
	a, err := httpx.Get(ctx, s.http, s.base+feed.Path(s.signal, e.URI), ingest.MaxSegment)
	if err != nil {
		s.list = nil
		return input.FeedSegment{}, fmt.Errorf("%s: %w", e.URI, err)
	}
	msn := s.list.MediaSequence + int64(i)
	return input.FeedSegment{
		MSN: msn, Data: a.Body, Init: init, InitName: e.Map.URI, Listed: e, Target: s.list.TargetDuration,
		Independent: s.list.IndependentSegments, Newest: msn == s.list.LastMSN(),
	}, nil
}
