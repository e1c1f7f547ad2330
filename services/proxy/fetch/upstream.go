package fetch

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"livestream-tui/services/kit/dial"
)

const (
	// dialTimeout is how long a host may take to accept: one that does not answer
	// to its address at all is not waited for.
	dialTimeout = 250 * time.Millisecond
	maxHeader   = 64 << 10
	idleTimeout = 30 * time.Second
	// playersConns and forwardConns bound what players ask of one packager at once:
	// what is fetched, and what is passed straight through.
	playersConns, forwardConns = 64, 256
)

// Lane says which connections a request uses, so that what players ask for never
// waits in front of, or takes the place of, what is on air.
type Lane uint8

const (
	// LanePlayback is for listed media and playlists.
	LanePlayback Lane = iota
	// LanePlayers is for what players ask for that nothing lists. It is bounded.
	LanePlayers
)

// Options are an Upstream's.
type Options struct {
	// Dial connects; nil is package dial's way, within 250 ms.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Follow reports whether redirects may lead to another server, named as in the
	// Host of a URL. Nil: to none. The packager's own host is always allowed.
	Follow func(host string) bool
}

// Upstream is one packager, as a server. Safe for concurrent use.
type Upstream struct {
	base   string // as in PACKAGERS
	own    string // scheme and host of base, as originOf has them
	prefix string // path of base
	follow func(host string) bool
	lanes  [2]lane
	// fetching and forwarding hold a token for each request of players.
	fetching, forwarding chan struct{}
	// lingering holds one for each of them that nobody waits for.
	lingering chan struct{}
	drains    sync.WaitGroup
}

// lane is what requests of one kind have of their own.
type lane struct {
	client *http.Client
	waits  waits
}

// NewUpstream returns the packager at base, a URL as in PACKAGERS, perhaps with a
// path that comes before every target.
func NewUpstream(base string, o Options) *Upstream {
	u := &Upstream{base: base, follow: o.Follow, fetching: make(chan struct{}, playersConns), forwarding: make(chan struct{}, forwardConns), lingering: make(chan struct{}, lingerCount)}
	if at, err := url.Parse(base); err == nil { // else every request fails, and says so
		u.own, u.prefix = originOf(at), strings.TrimSuffix(at.EscapedPath(), "/")
	}
	connect := o.Dial
	if connect == nil {
		connect = dial.From((&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext)
	}
	for i := range u.lanes {
		u.lanes[i].client = &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				DialContext:            connect,
				MaxIdleConnsPerHost:    256,
				IdleConnTimeout:        idleTimeout,
				MaxResponseHeaderBytes: maxHeader,
				DisableCompression:     true, // the bytes are to be the packager's
				ReadBufferSize:         64 << 10,
			},
		}
	}
	return u
}

// Base is the URL that NewUpstream was given.
func (u *Upstream) Base() string { return u.base }

// Close closes the connections that nobody uses, and waits for the rest of refused
// answers. Requests under way are ended by their contexts.
func (u *Upstream) Close() {
	u.drains.Wait()
	for i := range u.lanes {
		u.lanes[i].client.CloseIdleConnections()
	}
}

// originOf is scheme, host and port of a URL, with the port that the scheme implies.
func originOf(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// take takes a token, which the result gives back; nil when there is none.
func take(tokens chan struct{}) (release func()) {
	select {
	case tokens <- struct{}{}:
		return sync.OnceFunc(func() { <-tokens })
	default:
		return nil
	}
}
