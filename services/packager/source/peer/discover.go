package peer

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/report"
)

const (
	// discoverEvery is how often the peers are asked which signals they serve, discoverLimit
	// how long they may take to answer.
	discoverEvery = 2 * time.Second
	discoverLimit = time.Second
	// maxNames bounds the answer, in bytes.
	maxNames = 1 << 20
)

// gone has the signals that have ended here, each with the newest number that a peer listed
// then; -1 while that is not known. A peer may not have heard of the end yet, and takes them
// up again only where they go on.
type gone map[string]int64

// Discover makes the signals known that peers serve and this packager does not know, until ctx
// is cancelled.
func (s *Source) Discover(ctx context.Context, peers []string) {
	known := s.to.All()
	for {
		known = s.round(ctx, peers, known)
		if follow.Until(ctx, time.Now().Add(discoverEvery)) != nil {
			return
		}
	}
}

// round asks each peer once. It takes the signals that were known after the round before, and
// returns those that are now.
func (s *Source) round(ctx context.Context, peers, before []string) (known []string) {
	for _, signal := range before {
		if !s.to.Knows(signal) {
			s.gone[signal] = -1
		}
	}
	listed, all := map[string]bool{}, true
	for _, peer := range peers {
		names, err := s.names(ctx, peer)
		all = all && err == nil
		for _, signal := range names {
			listed[signal] = true
			if !s.to.Knows(signal) && s.goesOn(ctx, peer, signal) {
				_ = s.to.Open(signal) // refused only where there are too many
			}
		}
	}
	for signal := range s.gone {
		if all && !listed[signal] || s.to.Knows(signal) {
			delete(s.gone, signal)
		}
	}
	return s.to.All()
}

// names are the signals that a peer serves and that go on there.
func (s *Source) names(ctx context.Context, peer string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, discoverLimit)
	defer cancel()
	a, err := httpx.Get(ctx, s.options.Client, peer+ingest.SignalsPath, maxNames)
	var names []string
	if err == nil {
		err = json.Unmarshal(a.Body, &names)
	}
	return slices.DeleteFunc(names, func(name string) bool { return !report.IsSignal(name) }), err
}

// goesOn reports whether a signal that may have ended here goes on at a peer.
func (s *Source) goesOn(ctx context.Context, peer, signal string) bool {
	newest, ended := s.gone[signal]
	if !ended {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, discoverLimit)
	defer cancel()
	list, _, err := follow.Load(ctx, s.options.Client, peer+ingest.ObjectPath(signal, media.PlaylistName))
	if err != nil {
		return false
	}
	if newest < 0 {
		s.gone[signal] = list.LastMSN()
		return false
	}
	return list.LastMSN() > newest
}
