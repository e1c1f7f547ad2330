package packager

import (
	"net"
	"strconv"

	"livestream-tui/services/report"
	"livestream-tui/services/runner"
)

// Config is a packager's settings.
type Config struct {
	Topology runner.Topology
	Paths    runner.Paths

	// Name tells this packager from its peers in the header X-Packager.
	Name string `env:"PACKAGER_NAME" envDefault:"packager" doc:"name of a packager in its log and in the header X-Packager; server1 and server2 set their own"`
	// Port is where this packager listens, on ControlBindAddress.
	Port runner.Port `env:"PACKAGER_PORT" envDefault:"8080" doc:"port of a packager; server1 and server2 set their own"`
	// Window is how many segments the packager's playlist lists.
	Window int `env:"WINDOW_SEGMENTS" envDefault:"10" doc:"segments that a playlist lists, 3 or more"`
}

// ConfigFromEnv reads a packager's settings; a *runner.ConfigError names every
// bad one.
func ConfigFromEnv(e runner.Environment) (Config, error) {
	var c Config
	var p runner.Problems
	runner.Parse(e, &c, &p)
	c.Topology.Complete(&p)
	c.Paths.Complete(e, &p)
	p.Require(report.IsSignal(c.Name), "PACKAGER_NAME", c.Name, "allowed are up to 64 letters, digits, _ and -, a letter or digit first")
	p.Require(c.Window >= 3, "WINDOW_SEGMENTS", c.Window, "allowed is 3 or more")
	return c, p.Err()
}

// Address is where the packager listens.
func (c Config) Address() string {
	return net.JoinHostPort(c.Topology.ControlBindAddress, strconv.Itoa(int(c.Port)))
}
