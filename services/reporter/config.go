package reporter

import (
	"net"
	"strconv"
	"time"

	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/kit/service"
)

// Config is the reporter's settings.
type Config struct {
	service.Topology
	// Bus is how the reporters of other machines are heard; without an engine there are none.
	Bus bus.Config

	// TTL is how long a report is kept unless it is repeated. Default: 10s.
	TTL time.Duration `env:"REPORT_TTL" envDefault:"10s" doc:"how long a report counts when it is not repeated"`
}

// ConfigFromEnv reads the reporter's settings; a *service.ConfigError names every
// bad one.
func ConfigFromEnv(e service.Environment) (Config, error) {
	var c Config
	var p service.Problems
	service.Parse(e, &c, &p)
	c.Complete(&p)
	c.Bus.Complete(&p)
	p.Require(c.TTL > 0, "REPORT_TTL", c.TTL, "allowed is more than 0s")
	return c, p.Err()
}

// Address is where the reporter listens.
func (c Config) Address() string {
	return net.JoinHostPort(c.ControlBindAddress, strconv.Itoa(int(c.ReporterPort)))
}
