package bus

import (
	"os"
	"strings"

	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/service"
)

// Config is where the engine is, and how it is to be reached. A service that uses the Bus has
// it in its own Config.
type Config struct {
	// EngineURL is the engines of the cluster, nats://HOST:PORT, separated by commas. They are
	// tried in order. Empty means that there is no engine.
	EngineURL string `env:"ENGINE_URL" doc:"addresses of the cluster's engines, nats://HOST:PORT, comma-separated, this machine's own first; empty: there is no cluster"`
	// EngineKey is the file with the nkey seed of this machine's role; empty means none.
	EngineKey string `env:"ENGINE_KEY" doc:"file with the nkey seed that machines show to the engine; empty: none"`
	// EngineCA is the file with the certificate (PEM) by which engines are known; empty means
	// that connections are not encrypted.
	EngineCA string `env:"ENGINE_CA" doc:"file with the certificate (PEM) that has signed those of the engines; empty: connections to them are not encrypted"`
	// Machine is the name of this machine in the cluster; required with an EngineURL.
	Machine string `env:"MACHINE" doc:"name of this machine in the cluster: up to 32 lower-case letters, digits and -"`

	// Engines is EngineURL parsed. Set by Complete.
	Engines []string
}

// Complete adds bad values to problems and fills Engines. Call it after Parse.
func (c *Config) Complete(problems *service.Problems) {
	c.Engines = nil
	CheckMachine(c.Machine, problems)
	if c.EngineURL == "" {
		return
	}
	list, err := service.ParseURLs(c.EngineURL, "nats", "tls")
	if err != nil {
		problems.Add("ENGINE_URL", c.EngineURL, err.Error())
		return
	}
	for _, u := range list {
		_, host, _ := strings.Cut(u, "://")
		if strings.Contains(host, "/") {
			problems.Add("ENGINE_URL", c.EngineURL, "an address has a path; allowed are nats://HOST:PORT, separated by commas")
			return
		}
	}
	c.Engines = list
	problems.Require(c.Machine != "", "MACHINE", c.Machine, "not set; an engine needs the name of this machine")
	CheckFile("ENGINE_KEY", c.EngineKey, problems)
	CheckFile("ENGINE_CA", c.EngineCA, problems)
}

// Enabled reports whether there is an engine.
func (c *Config) Enabled() bool { return c.EngineURL != "" }

// CheckMachine adds a problem of MACHINE unless it is a name that a machine may have, or
// empty.
func CheckMachine(name string, problems *service.Problems) {
	problems.Require(name == "" || cluster.IsMachine(name), "MACHINE", name, "not a name; allowed are up to 32 lower-case letters, digits and -, a letter or digit first")
}

// CheckFile adds a problem unless the file that a variable names can be read; an empty name
// is none.
func CheckFile(variable, path string, problems *service.Problems) {
	if path == "" {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		problems.Add(variable, path, "cannot be read; allowed is the path of a file")
		return
	}
	_ = f.Close() // nothing was written
}
