package packager

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/packager/frontier"
	"livestream-tui/services/packager/sink"
	"livestream-tui/services/packager/source/peer"
)

// machines is what a packager of a cluster does besides: it tells the other machines what it
// has published, and pulls from their packagers what no worker brings. Its methods do nothing
// where it is nil, which is without a cluster.
type machines struct {
	s        *Service
	frontier *frontier.Publisher
	peer     *peer.Source // nil where a folder brings the signals
	// self is the base URL under which other machines know this packager.
	self atomic.Pointer[string]
	// connect returns the Bus, and what closes it.
	connect func() (cluster.Bus, func(), error)
}

// newMachines returns what a packager does for the cluster, nil without one, and completes the
// options of its sink.
func newMachines(s *Service, k service.Kit, o *sink.Options) *machines {
	if !s.config.Bus.Enabled() {
		return nil
	}
	m := &machines{s: s, frontier: frontier.New(k.Metrics)}
	o.Cluster, o.Listed = !o.Sole, m.frontier.Listed
	m.connect = func() (cluster.Bus, func(), error) {
		c, err := bus.Dial(s.config.Bus, s.config.Name, k.Log)
		if err != nil {
			return nil, nil, err
		}
		return c, func() { _ = c.Close() }, nil // nothing is lost by it
	}
	return m
}

// begin adds what needs the sink.
func (m *machines) begin(s *Service) {
	if m != nil && s.config.Ingest == FromHTTP {
		m.peer = peer.New(s.sink, peer.Options{Window: s.config.Window, Client: s.client, Now: s.clock, Log: s.log, Metrics: s.metrics})
	}
}

// brought returns what is to be told of the segments that workers bring; nil for nothing.
func (m *machines) brought() func(signal string, msn int64) {
	if m == nil || m.peer == nil {
		return nil
	}
	return m.peer.Brought
}

// heard takes the playlist of a signal at a peer, and reports whether it counts as a measure
// of this packager: a peer that lists what lies ahead of this machine's clock does not, since
// a clock is wrong.
func (m *machines) heard(base, signal string, list *m3u8.MediaPlaylist) bool {
	if m == nil || m.peer == nil {
		return true
	}
	m.peer.Listed(base, signal, list)
	return isInTime(list, m.s.now())
}

// silent notes that a peer does not answer for a signal. err is nil when it is not asked any
// more.
func (m *machines) silent(base, signal string, err error) {
	if m == nil {
		return
	}
	if errors.Is(err, errSelf) {
		m.self.Store(&base)
		return
	}
	if m.peer != nil {
		m.peer.Forget(base, signal)
	}
}

// run works until ctx is cancelled.
func (m *machines) run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	if m.peer != nil {
		group.Go(func() { m.peer.Run(ctx) })
		group.Go(func() { m.peer.Discover(ctx, m.s.config.others()) })
	}
	b, closeBus, err := m.connect()
	if err != nil { // players do not need it
		m.s.log.Warn("other machines are told nothing of new segments", "reason", err.Error())
		return
	}
	defer closeBus()
	m.frontier.Run(ctx, frontier.Options{Bus: b, Packager: m.known, Newest: m.newest})
}

// known is the base URL under which other machines know this packager; empty while that is
// not known.
func (m *machines) known() string {
	if self := m.self.Load(); self != nil {
		return *self
	}
	own := m.s.config.own()
	if own != "" {
		m.self.Store(&own)
	}
	return own
}

// newest are the newest numbers of the signals that are served.
func (m *machines) newest() map[string]int64 {
	list := map[string]int64{}
	for signal, snap := range m.s.sink.Snapshots() {
		if !snap.Gone {
			list[signal] = snap.Newest()
		}
	}
	return list
}

// own returns which of PACKAGERS this one is; empty where that is not plain, and its own
// answer tells (errSelf).
func (c Config) own() string {
	for _, base := range c.Topology.Packagers {
		if c.isOwn(base) {
			return base
		}
	}
	return ""
}

// isOwn reports whether a base URL is on this machine, with our port.
func (c Config) isOwn(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false // cannot happen: PACKAGERS has been parsed
	}
	ip := net.ParseIP(u.Hostname())
	here := u.Hostname() == "localhost" || u.Hostname() == c.Topology.ControlBindAddress || ip != nil && ip.IsLoopback()
	return here && u.Port() == strconv.Itoa(int(c.Port))
}
