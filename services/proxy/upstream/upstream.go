package upstream

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/httpx"
)

const (
	// dialTimeout is how long a host may take to accept a connection: a host that is cut
	// off is not waited for.
	dialTimeout = 250 * time.Millisecond
	maxHeader   = 64 << 10
	// PlayersConns and ForwardConns bound the requests of players at one packager at the
	// same time: those that are fetched, and those that are passed straight through.
	PlayersConns, ForwardConns = 64, 256
	// LingerCount is how many requests may go on at the same time after their players
	// have left.
	LingerCount = 32
)

// Lane is the set of connections that a request uses, so that requests of players for
// unlisted resources never delay what is on air.
type Lane uint8

const (
	// Playback is for listed media and playlists.
	Playback Lane = iota
	// Players is for resources that players ask for and no playlist lists. It is bounded.
	Players
)

// Options are the options of an Upstream.
type Options struct {
	// Dial connects; nil means that package dial does, within 250 ms.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Follow reports whether redirects may lead to another server, named as in the Host
	// of a URL. Nil means to no other. The packager's own host is always allowed.
	Follow func(host string) bool
}

// Upstream is one packager as a server. Safe for concurrent use.
type Upstream struct {
	base   string // as in PACKAGERS
	own    string // scheme and host of base, in the form of originOf
	prefix string // path of base
	follow func(host string) bool
	lanes  [2]lane
	// fetching and forwarding hold a token for each request of players.
	fetching, forwarding chan struct{}
	// lingering holds a token for each request that goes on after its players have left.
	lingering chan struct{}
	drains    sync.WaitGroup
}

// lane is what the requests of one kind share.
type lane struct {
	client *http.Client
	first  firstBytes
}

// New returns the packager at base, a URL as in PACKAGERS. Its path, if any, comes before
// every target.
func New(base string, o Options) *Upstream {
	u := &Upstream{base: base, follow: o.Follow, fetching: make(chan struct{}, PlayersConns), forwarding: make(chan struct{}, ForwardConns), lingering: make(chan struct{}, LingerCount)}
	if at, err := url.Parse(base); err == nil { // else every request fails with this error
		u.own, u.prefix = originOf(at), strings.TrimSuffix(at.EscapedPath(), "/")
	}
	connect := o.Dial
	if connect == nil {
		connect = dial.From((&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext)
	}
	for i := range u.lanes {
		u.lanes[i].client = httpx.New(httpx.Options{Dial: connect, Idle: 256, MaxHeader: maxHeader, ReadBuffer: 64 << 10})
	}
	return u
}

// Base is the URL that NewUpstream was given.
func (u *Upstream) Base() string { return u.base }

// Close closes the idle connections and waits for the rest of refused answers. The
// contexts of the requests end those that are under way.
func (u *Upstream) Close() {
	u.drains.Wait()
	for i := range u.lanes {
		u.lanes[i].client.CloseIdleConnections()
	}
}

// originOf is the scheme, host and port of a URL; the port is that of the scheme where
// the URL has none.
func originOf(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// TryFetch takes one of the places for players' fetches, which release gives back; nil
// when all are taken.
func (u *Upstream) TryFetch() (release func()) { return take(u.fetching) }

// TryLinger takes one of the places for requests that go on after their players have
// left; nil when all are taken.
func (u *Upstream) TryLinger() (release func()) { return take(u.lingering) }

// NoteFirstByte notes how long an answer took to its first byte.
func (u *Upstream) NoteFirstByte(l Lane, wait time.Duration) { u.lanes[l].first.note(wait) }

// FirstByte is how long to wait for a first byte before a peer is asked as well.
func (u *Upstream) FirstByte(l Lane) time.Duration { return u.lanes[l].first.limit() }

// take takes a token, which the result gives back; nil when all are taken.
func take(tokens chan struct{}) (release func()) {
	select {
	case tokens <- struct{}{}:
		return sync.OnceFunc(func() { <-tokens })
	default:
		return nil
	}
}
