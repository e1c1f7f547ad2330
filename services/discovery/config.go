package discovery

import (
	"time"

	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/kit/service"
)

// Config is discovery's settings.
type Config struct {
	Topology service.Topology
	Paths    service.Paths
	// Bus says whether there is a cluster, whose packagers are judged by their clocks as well.
	Bus bus.Config

	// Patience is how long the reporter may be away before the first report; after that it
	// may be away for any time. Default: 10s.
	Patience time.Duration `env:"REPORTER_PATIENCE" envDefault:"10s" doc:"how long discovery waits for the reporter to take its first report before it gives up"`
}

// ConfigFromEnv reads discovery's settings; a *service.ConfigError names every bad one.
func ConfigFromEnv(e service.Environment) (Config, error) {
	var c Config
	var p service.Problems
	service.Parse(e, &c, &p)
	c.Topology.Complete(&p)
	c.Paths.Complete(e, &p)
	c.Bus.Complete(&p)
	p.Require(c.Patience > 0, "REPORTER_PATIENCE", c.Patience, "allowed is more than 0s")
	return c, p.Err()
}
