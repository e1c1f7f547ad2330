package proxy

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/token"
)

// Config is the proxy's settings.
type Config struct {
	service.Topology
	Paths service.Paths
	TLS   TLS
	// Bus is how packagers of other machines are heard; without an engine they are asked alone.
	Bus bus.Config

	// CacheBytes bounds the media kept in memory, in bytes. Listed media may exceed it
	// only while they are being sent.
	CacheBytes int64 `env:"PROXY_CACHE_BYTES" envDefault:"1073741824" doc:"bytes of media that the proxy keeps in memory"`
	// Streams is how many playlists are followed at the same time.
	Streams int `env:"PROXY_PLAYLISTS" envDefault:"1000" doc:"playlists that the proxy follows at the same time"`
	// Idle is how long a playlist is followed after it was last asked for.
	Idle time.Duration `env:"PROXY_IDLE" envDefault:"60s" doc:"how long the proxy follows a playlist that nobody asks for"`
	// IgnoredQuery are query arguments that do not tell one resource from another, in any
	// request.
	IgnoredQuery []string `env:"PROXY_IGNORED_QUERY" envDefault:"CMCD" doc:"query arguments that do not tell one resource from another, comma-separated"`
	// RedirectHosts are the hosts of other servers that redirects of packagers are
	// followed to; for any other host players follow the redirect themselves.
	RedirectHosts []string `env:"PROXY_REDIRECT_HOSTS" doc:"hosts (HOST or HOST:PORT) beside the packagers that the proxy follows redirects to, comma-separated; players are sent elsewhere themselves"`
	// Page is whether the proxy serves its own page: at /, /watch/ and /embed/. Without it
	// these are the packagers', as all other paths are.
	Page bool `env:"PROXY_PAGE" envDefault:"true" doc:"whether the proxy serves its web page at /, /watch/SIGNAL and /embed/SIGNAL; it shows viewers which packager serves, and failovers"`
	// Keys sign and check playback tokens; without them anybody may play.
	Keys token.Keys `env:"PLAYBACK_KEYS" doc:"keys of playback tokens, ID:SECRET, comma-separated, the newest first; with them only players with a token may play (default: everybody may)"`
	// Admin is where metrics and events are served beside the socket.
	Admin service.Admin `env:"PROXY_ADMIN" envDefault:"none" doc:"where the proxy serves /metrics and /events beside its socket: none, a port of CONTROL_BIND_ADDRESS, or public: the players' port, which then shows the packagers' own pages too"`
}

// ConfigFromEnv reads the proxy's settings; a *service.ConfigError names every bad
// setting.
func ConfigFromEnv(e service.Environment) (Config, error) {
	var c Config
	var p service.Problems
	service.Parse(e, &c, &p)
	c.Complete(&p)
	c.Paths.Complete(e, &p)
	c.Bus.Complete(&p)
	p.Require(c.CacheBytes >= 1<<20, "PROXY_CACHE_BYTES", c.CacheBytes, "allowed is 1048576 (1 MiB) or more")
	p.Require(c.Streams >= 1, "PROXY_PLAYLISTS", c.Streams, "allowed is 1 or more")
	p.Require(c.Idle >= time.Second, "PROXY_IDLE", c.Idle, "allowed is 1s or more")
	p.Require(c.Admin.Port == 0 || c.Admin.Port != c.ProxyPort, "PROXY_ADMIN", c.Admin.Port, fmt.Sprintf("PROXY_PORT=%d, which players use, is the same; allowed are another port, none, and public (the players' port)", c.ProxyPort))
	c.TLS.check(&p)
	return c, p.Err()
}

// Address is where the proxy listens: PROXY_PORT on BIND_ADDRESS.
func (c Config) Address() string {
	return net.JoinHostPort(c.BindAddress, strconv.Itoa(int(c.ProxyPort)))
}

// Scheme is https where the proxy has a certificate, else http.
func (c Config) Scheme() string {
	if c.TLS.Cert != "" || len(c.TLS.Hosts) > 0 {
		return "https"
	}
	return "http"
}
