package packager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/dial"
	"livestream-tui/services/packager/window"
)

const (
	dialTimeout = time.Second
	// peerPause is the least pause after a peer was no help.
	peerPause = 250 * time.Millisecond
	// maxPeerPause is the longest.
	maxPeerPause = 4 * time.Second
)

// errSelf says that a base URL in PACKAGERS is this packager's own.
var errSelf = errors.New("it is this packager")

func newPeerClient() *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         dial.Within(dialTimeout),
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     90 * time.Second,
			DisableCompression:  true,
		},
	}
}

// others are the packagers that may be peers: all but the one at our own port here.
// That another base URL is ours as well shows when it answers.
func (c Config) others() []string {
	var list []string
	for _, base := range c.Topology.Packagers {
		u, err := url.Parse(base)
		if err != nil {
			continue // PACKAGERS has been parsed before
		}
		ip := net.ParseIP(u.Hostname())
		here := u.Hostname() == "localhost" || u.Hostname() == c.Topology.ControlBindAddress || ip != nil && ip.IsLoopback()
		if !here || u.Port() != strconv.Itoa(int(c.Port)) {
			list = append(list, base)
		}
	}
	return list
}

// followPeers learns every peer's newest segment of every signal until ctx is
// cancelled.
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

// followPeer costs a request a segment: each is held by the peer until it lists
// the next one.
func (s *Service) followPeer(ctx context.Context, peer, signal string) {
	wanted, fails := int64(-1), 0
	pause := time.NewTimer(0)
	defer pause.Stop()
	defer s.forget(peer, signal)
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		list, err := s.peerPlaylist(ctx, peer, signal, wanted)
		if err != nil {
			s.forget(peer, signal)
			wait := min(peerPause<<min(fails, 4), maxPeerPause)
			if errors.Is(err, errSelf) {
				wait = maxPeerPause
			}
			wanted, fails = -1, fails+1
			pause.Reset(wait + rand.N(wait/5))
			continue
		}
		fails = 0
		s.hear(peer, signal, list.LastMSN())
		blocks := list.ServerControl != nil && list.ServerControl.CanBlockReload
		if blocks && list.LastMSN() >= wanted {
			wanted = list.NextMSN()
			pause.Reset(0)
			continue
		}
		wanted = -1 // it does not block as it says, or not at all
		pause.Reset(time.Duration(list.TargetDuration) * time.Second / 8)
	}
}

// peerPlaylist asks a peer for its playlist, once it lists the segment wanted;
// -1 for at once.
func (s *Service) peerPlaylist(ctx context.Context, peer, signal string, wanted int64) (*m3u8.MediaPlaylist, error) {
	address, limit := peer+"/"+signal+"/"+media.PlaylistName, 2*time.Second
	if wanted >= 0 {
		address += "?" + msnParameter + "=" + strconv.FormatInt(wanted, 10)
		limit = s.longestHold(signal) + time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	switch {
	case res.Header.Get(instanceHeader) == s.instance:
		return nil, errSelf
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, m3u8.MaxPlaylist+1))
	if err != nil {
		return nil, err
	}
	return m3u8.ParseMedia(body)
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

// Behind says in words that a peer is fresher than our snapshot; empty when none is.
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
	return "it is behind " + peer // without numbers: they would make it another reason each time
}
