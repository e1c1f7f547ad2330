package origin

import (
	"net"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/kit/service"
)

// Config is the origin's settings.
type Config struct {
	service.Topology
	// Bus is how the origins of other machines are reached; without an engine there are none.
	Bus bus.Config

	// FailbackAfter is how long the preferred packager, the first in PACKAGERS, must have
	// been up before players go back to it. Default: 30s. Zero means as soon as it is up.
	FailbackAfter time.Duration `env:"FAILBACK_AFTER" envDefault:"30s" doc:"how long the first packager must have been up before the origin goes back to it"`
	// AdminToken lets an operator fail over and hold over TCP. Empty lets nobody.
	AdminToken string `env:"ADMIN_TOKEN" doc:"bearer token of the routes that command a service over TCP: the origin's /failover and /hold, the receiver's /feeds/SIGNAL/input (default: the supervisor makes one up at each start; a service without a supervisor cannot be commanded)"`
	// TTL is how long a signal is kept after discovery last reported it. Default: 10s.
	TTL time.Duration `env:"REPORT_TTL" envDefault:"10s" doc:"how long a report counts when it is not repeated"`
}

// ConfigFromEnv reads the origin's settings; a *service.ConfigError names every bad
// one.
func ConfigFromEnv(e service.Environment) (Config, error) {
	var c Config
	var p service.Problems
	service.Parse(e, &c, &p)
	c.Complete(&p)
	c.Bus.Complete(&p)
	p.Require(c.FailbackAfter >= 0, "FAILBACK_AFTER", c.FailbackAfter, "allowed is 0s or more")
	p.Require(c.TTL > 0, "REPORT_TTL", c.TTL, "allowed is more than 0s")
	p.Require(isToken(c.AdminToken), service.AdminTokenVariable, c.AdminToken, "allowed are 16 characters or more, without spaces")
	return c, p.Err()
}

// isToken reports whether a token is none, or is hard to guess and fits into a header.
func isToken(t string) bool {
	const least = 16
	bad := func(c rune) bool { return c <= ' ' || c >= 0x7f }
	return t == "" || len(t) >= least && !strings.ContainsFunc(t, bad)
}

// Address is where the origin listens.
func (c Config) Address() string {
	return net.JoinHostPort(c.ControlBindAddress, strconv.Itoa(int(c.OriginPort)))
}
