package packager

import (
	"net"
	"regexp"
	"strconv"

	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
)

// Config is a packager's settings.
type Config struct {
	Topology service.Topology
	Paths    service.Paths
	// Bus is how machines of a cluster are reached; without an engine there is none.
	Bus bus.Config

	// Name tells this packager from its peers, in the header X-Packager.
	Name string `env:"PACKAGER_NAME" envDefault:"packager" doc:"name of a packager in its log and in the header X-Packager; server1 and server2 set their own"`
	// Port is where this packager listens, on ControlBindAddress.
	Port service.Port `env:"PACKAGER_PORT" envDefault:"8080" doc:"port of a packager; server1 and server2 set their own"`
	// Ingest names the source of signals.
	Ingest Ingest `env:"INGEST" envDefault:"folder" doc:"where a packager takes signals from: folder (OUTPUT_STREAM_PATH) or http (workers PUT them, see INGEST_URLS)"`
	// Token is the bearer token of workers that PUT; empty, on loopback only, for none.
	Token string `env:"INGEST_TOKEN" doc:"bearer token that workers show to packagers; needed where a packager with INGEST=http listens beyond loopback"`
	// Window is how many segments the packager's playlist lists.
	Window int `env:"WINDOW_SEGMENTS" envDefault:"10" doc:"segments that a playlist lists, 3 or more"`
}

// ConfigFromEnv reads a packager's settings; a *service.ConfigError names every
// bad one.
func ConfigFromEnv(e service.Environment) (Config, error) {
	var c Config
	var p service.Problems
	service.Parse(e, &c, &p)
	c.Topology.Complete(&p)
	c.Paths.Complete(e, &p)
	c.Bus.Complete(&p)
	p.Require(report.IsSignal(c.Name), "PACKAGER_NAME", c.Name, "allowed are up to 64 letters, digits, _ and -, a letter or digit first")
	p.Require(c.Ingest == FromFolder || c.Ingest == FromHTTP, "INGEST", c.Ingest, "allowed are folder and http")
	p.Require(c.Ingest != FromFolder || c.Paths.Output != service.NoOutput, "OUTPUT_STREAM_PATH", service.NoOutput, "a folder is needed, or INGEST=http")
	p.Require(c.Token == "" || token.MatchString(c.Token), "INGEST_TOKEN", "********", "allowed are letters, digits and -._~+/, = at the end")
	p.Require(c.Ingest != FromHTTP || c.Token != "" || isLoopback(c.Topology.ControlBindAddress), "INGEST_TOKEN", "",
		"a packager that takes signals by HTTP beyond loopback (CONTROL_BIND_ADDRESS) needs one, the same as its workers")
	p.Require(c.Window >= 3, "WINDOW_SEGMENTS", c.Window, "allowed is 3 or more")
	return c, p.Err()
}

// Ingest names a source of signals.
type Ingest string

// The sources of signals.
const (
	FromFolder Ingest = "folder"
	FromHTTP   Ingest = "http"
)

// token matches the bearer tokens that an Authorization header may hold (RFC 6750, 2.1).
var token = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

func isLoopback(address string) bool {
	ip := net.ParseIP(address)
	return address == "localhost" || ip != nil && ip.IsLoopback()
}

// Address is where the packager listens.
func (c Config) Address() string {
	return net.JoinHostPort(c.Topology.ControlBindAddress, strconv.Itoa(int(c.Port)))
}
