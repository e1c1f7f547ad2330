package packager

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/packager/window"
)

const (
	dialTimeout = time.Second
	// peerPause is the shortest pause after a failed request to a peer.
	peerPause = 250 * time.Millisecond
	// maxPeerPause is the longest pause.
	maxPeerPause = 4 * time.Second
)

// errSelf says that a base URL in PACKAGERS is this packager's own.
var errSelf = errors.New("it is this packager")

func newPeerClient() *http.Client {
	return httpx.New(httpx.Options{DialTimeout: dialTimeout, Idle: 16})
}

// others returns the packagers that may be peers: all but the one on this machine with our
// port. A further base URL of ours is detected by its answer.
func (c Config) others() []string {
	var list []string
	for _, base := range c.Topology.Packagers {
		if !c.isOwn(base) {
			list = append(list, base)
		}
	}
	return list
}

// followPeers follows every signal at every peer until ctx is cancelled.
func (s *Service) followPeers(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	stops := map[string]context.CancelFunc{}
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	for {
		known := s.sink.All()
		for name, stop := range stops {
			if !slices.Contains(known, name) {
				stop()
				delete(stops, name)
				s.mu.Lock()
				delete(s.peers, name)
				s.mu.Unlock()
			}
		}
		for _, name := range known {
			if stops[name] != nil {
				continue
			}
			s.mu.Lock()
			s.peers[name] = &peers{}
			s.mu.Unlock()
			var followed context.Context
			followed, stops[name] = context.WithCancel(ctx)
			for _, peer := range s.config.others() {
				group.Go(func() { s.followPeer(followed, peer, name) })
			}
		}
		select {
		case <-s.sink.Changed():
		case <-ctx.Done():
			return
		}
	}
}

// followPeer follows the playlist of a signal at a peer until ctx is cancelled. It costs one
// request a segment: the peer holds each until it lists the next segment.
func (s *Service) followPeer(ctx context.Context, peer, signal string) {
	defer s.forget(peer, signal)
	defer s.machines.silent(peer, signal, nil)
	wanted, fails := int64(-1), 0
	_ = follow.Run(ctx, func(ctx context.Context) time.Time { // ends with the error of ctx
		list, err := s.peerPlaylist(ctx, peer, signal, wanted)
		if err != nil {
			s.forget(peer, signal)
			s.machines.silent(peer, signal, err)
			wait := min(peerPause<<min(fails, 4), maxPeerPause)
			if errors.Is(err, errSelf) {
				wait = maxPeerPause
			}
			wanted, fails = -1, fails+1
			return time.Now().Add(wait + rand.N(wait/5))
		}
		fails = 0
		if s.machines.heard(peer, signal, list) {
			s.hear(peer, signal, list.LastMSN())
		}
		blocks := list.ServerControl != nil && list.ServerControl.CanBlockReload
		if blocks && list.LastMSN() >= wanted {
			wanted = list.NextMSN()
			return time.Now()
		}
		wanted = -1 // it does not block, or not as it claims
		return time.Now().Add(time.Duration(list.TargetDuration) * time.Second / 8)
	})
}

// peerPlaylist loads a peer's playlist, once it lists the segment wanted, or at once when
// that is -1.
func (s *Service) peerPlaylist(ctx context.Context, peer, signal string, wanted int64) (*m3u8.MediaPlaylist, error) {
	address, limit := peer+ingest.ObjectPath(signal, media.PlaylistName), 2*time.Second
	if wanted >= 0 {
		address += "?" + msnParameter + "=" + strconv.FormatInt(wanted, 10)
		limit = s.longestHold(signal) + time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	list, a, err := follow.Load(ctx, s.client, address)
	if a.Header.Get(ingest.InstanceHeader) == s.instance {
		return nil, errSelf
	}
	return list, err
}

func (s *Service) hear(peer, signal string, msn int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.peers[signal]; p != nil {
		p.hear(peer, msn, s.now())
	}
}

func (s *Service) forget(peer, signal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.peers[signal]; p != nil {
		p.forget(peer)
	}
}

// Behind returns in words that a peer is fresher than our snapshot; empty when none is.
func (s *Service) Behind(signal string, snap *window.Snapshot) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peers[signal]
	if p == nil || snap.Gone {
		return ""
	}
	peer, _, ok := p.ahead(snap.Newest(), snap.Target(), s.now())
	if !ok {
		return ""
	}
	return "it is behind " + peer // without numbers, which would make every reason another one
}
