package engine

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/service"
)

// Config is the engine's settings.
type Config struct {
	service.Topology
	service.Paths

	// Port is where machines reach the engine, RoutePort where other engines do. Both are on
	// ControlBindAddress. Defaults: 4222 and 6222.
	Port      service.Port `env:"ENGINE_PORT" envDefault:"4222" doc:"port of this machine's engine, for the machines of the cluster"`
	RoutePort service.Port `env:"ENGINE_ROUTE_PORT" envDefault:"6222" doc:"port of this machine's engine, for other engines"`
	// Machine is the name of this machine; required with Peers.
	Machine string `env:"MACHINE" doc:"name of this machine in the cluster: up to 32 lower-case letters, digits and -"`
	// Peers are all engines of the cluster, this machine's among them. Empty means that this
	// one is alone. Where they lack this machine, its engine is on standby.
	Peers Peers `env:"ENGINE_PEERS" doc:"the cluster's engines, MACHINE=HOST:ROUTEPORT, comma-separated; a machine that is not among them runs none; empty: the engine is alone"`
	// Cert and CertKey are the files with its certificate and the key of that (PEM), CA the
	// file with the certificate that has signed those of all engines. All or none are set.
	Cert    string `env:"ENGINE_CERT" doc:"file with the engine's certificate (PEM); empty: connections to it are not encrypted"`
	CertKey string `env:"ENGINE_CERT_KEY" doc:"file with the key of ENGINE_CERT (PEM)"`
	CA      string `env:"ENGINE_CA" doc:"file with the certificate (PEM) that has signed those of the engines; empty: connections to them are not encrypted"`
	// Key is the file with the nkey seed of machines, which may do anything. EdgeKey is that of
	// edges, which may only hear about segments and machines; empty means that there are none.
	// Without a Key whoever reaches the engine may do anything.
	Key     string `env:"ENGINE_KEY" doc:"file with the nkey seed that machines show to the engine; empty: none"`
	EdgeKey string `env:"ENGINE_EDGE_KEY" doc:"file with the nkey seed that edges show to the engine, who may only listen; empty: none may"`
}

// ConfigFromEnv reads the engine's settings; a *service.ConfigError names every bad one.
func ConfigFromEnv(e service.Environment) (Config, error) {
	var c Config
	var p service.Problems
	service.Parse(e, &c, &p)
	c.Topology.Complete(&p)
	c.Paths.Complete(e, &p)
	bus.CheckMachine(c.Machine, &p)
	p.Require(len(c.Peers) == 0 || c.Machine != "", "MACHINE", c.Machine, "not set; an engine with peers needs the name of this machine")
	p.Require(c.Port != c.RoutePort, "ENGINE_ROUTE_PORT", c.RoutePort, "is ENGINE_PORT as well; allowed is another port")
	needed := func(variable, value string) {
		p.Require(value != "" || c.onLoopback(), variable, value, "not set; an engine beyond loopback (CONTROL_BIND_ADDRESS) needs ENGINE_CERT, ENGINE_CERT_KEY, ENGINE_CA and ENGINE_KEY")
		bus.CheckFile(variable, value, &p)
	}
	needed("ENGINE_CERT", c.Cert)
	needed("ENGINE_CERT_KEY", c.CertKey)
	needed("ENGINE_CA", c.CA)
	needed("ENGINE_KEY", c.Key)
	bus.CheckFile("ENGINE_EDGE_KEY", c.EdgeKey, &p)
	encrypted := c.Cert != ""
	p.Require(encrypted == (c.CertKey != "") && encrypted == (c.CA != ""), "ENGINE_CERT", c.Cert, "allowed are all of ENGINE_CERT, ENGINE_CERT_KEY and ENGINE_CA, or none")
	p.Require(c.Key != "" || c.EdgeKey == "", "ENGINE_KEY", c.Key, "not set; with ENGINE_EDGE_KEY machines need a key as well")
	return c, p.Err()
}

func (c *Config) onLoopback() bool {
	ip := net.ParseIP(c.ControlBindAddress)
	return dial.IsLocalhost(c.ControlBindAddress) || ip != nil && ip.IsLoopback()
}

// standby reports whether this machine is to run no engine.
func (c *Config) standby() bool {
	return len(c.Peers) > 0 && !slices.ContainsFunc(c.Peers, func(p Peer) bool { return p.Machine == c.Machine })
}

// others are the engines of other machines.
func (c *Config) others() Peers {
	return slices.DeleteFunc(slices.Clone(c.Peers), func(p Peer) bool { return p.Machine == c.Machine })
}

// name is what the engine calls itself.
func (c *Config) name() string { return cmp.Or(c.Machine, "engine") }

// members names the machines whose engines share the Store: its folder has that name, so that
// other peers begin anew.
func (c *Config) members() string {
	names := []string{c.name()}
	for _, p := range c.others() {
		names = append(names, p.Machine)
	}
	slices.Sort(names)
	return strings.Join(names, "+")
}

// Peer is the engine of a machine.
type Peer struct {
	Machine string
	// Address is HOST:PORT, where other engines reach it.
	Address string
}

// Peers are the engines of a cluster. In the environment they are MACHINE=HOST:PORT, separated
// by commas.
type Peers []Peer

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Peers) UnmarshalText(b []byte) error {
	var list Peers
	for one := range strings.SplitSeq(string(b), ",") {
		name, address, _ := strings.Cut(strings.TrimSpace(one), "=")
		host, port, err := net.SplitHostPort(address)
		if err != nil || host == "" || !cluster.IsMachine(name) || new(service.Port).UnmarshalText([]byte(port)) != nil {
			return fmt.Errorf("%q is not an engine; allowed are MACHINE=HOST:PORT, separated by commas", one)
		}
		if slices.ContainsFunc(list, func(p Peer) bool { return p.Machine == name || p.Address == address }) {
			return fmt.Errorf("%q stands twice", one)
		}
		list = append(list, Peer{name, address})
	}
	if len(list) == 2 {
		return errors.New("two engines cannot agree when one is away; allowed are one, three or more")
	}
	*p = list
	return nil
}

// String returns the peers as the environment has them.
func (p Peers) String() string {
	list := make([]string, len(p))
	for i, one := range p {
		list[i] = one.Machine + "=" + one.Address
	}
	return strings.Join(list, ",")
}

func portOf(p service.Port) string { return strconv.Itoa(int(p)) }
