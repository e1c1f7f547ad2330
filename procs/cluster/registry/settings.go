package registry

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/services/cluster"
)

// Keys are the secrets and the files of this machine that its processes need.
type Keys struct {
	// IngestToken is what workers show to packagers, AdminToken what commands origins.
	IngestToken, AdminToken string
	// CA, Cert, CertKey, Machine and Edge are paths; empty where this machine has none.
	CA, Cert, CertKey, Machine, Edge string
}

// Place is where a process runs.
type Place struct {
	Table Table
	// Machine is the own one. Its address is empty where everything is to listen on loopback
	// as without a cluster.
	Machine cluster.Member
	Keys    Keys
}

// setting is a variable that the agent gives to processes of some roles.
type setting struct {
	variable string
	// operators: where an operator has set it, that counts.
	operators bool
	value     func(Place) string
	roles     []layouts.Role
}

// settings is the table of what the agent gives to processes. A process is restarted where one
// of its settings changes, so a role is named only where it reads the variable.
func settings() []setting {
	bus := []layouts.Role{layouts.Packager, layouts.Reporter, layouts.Discovery, layouts.Origin, layouts.Proxy, layouts.Receiver}
	engine := []layouts.Role{layouts.Engine}
	named := append(slices.Clone(bus), layouts.Engine)
	return []setting{
		{"MACHINE", false, func(p Place) string { return p.Machine.Name }, named},
		{"ENGINE_URL", true, Place.engineURL, bus},
		{"ENGINE_KEY", true, func(p Place) string { return p.Keys.Machine }, bus},
		{"ENGINE_CA", true, func(p Place) string { return p.Keys.CA }, append(slices.Clone(bus), layouts.Engine)},
		{"ENGINE_PEERS", false, Place.enginePeers, engine},
		{"ENGINE_CERT", true, func(p Place) string { return p.Keys.Cert }, engine},
		{"ENGINE_CERT_KEY", true, func(p Place) string { return p.Keys.CertKey }, engine},
		{"ENGINE_KEY", true, func(p Place) string { return p.Keys.Machine }, engine},
		{"ENGINE_EDGE_KEY", true, func(p Place) string { return p.Keys.Edge }, engine},
		{"CONTROL_BIND_ADDRESS", true, Place.bindAddress, nil},
		{"BIND_ADDRESS", true, Place.bindAddress, nil},
		{"PACKAGERS", false, Place.packagers, []layouts.Role{layouts.Packager, layouts.Reporter, layouts.Discovery, layouts.Origin, layouts.Proxy, layouts.Viewer}},
		{"INGEST_URLS", false, Place.ingestURLs, []layouts.Role{layouts.Worker}},
		{"INGEST", false, func(Place) string { return "http" }, []layouts.Role{layouts.Packager}},
		{"INGEST_TOKEN", false, func(p Place) string { return p.Keys.IngestToken }, []layouts.Role{layouts.Packager, layouts.Worker}},
		{"OUTPUT_STREAM_PATH", false, func(Place) string { return "none" }, []layouts.Role{layouts.Packager, layouts.Worker, layouts.Discovery}},
		{"REPORTER_URL", false, Place.reporterURL, []layouts.Role{layouts.Reporter, layouts.Discovery, layouts.Origin}},
		{"ORIGIN_URL", false, Place.originURL, []layouts.Role{layouts.Origin, layouts.Proxy, layouts.Viewer}},
		{"PROXY_URL", false, Place.proxyURL, []layouts.Role{layouts.Viewer}},
		{"RECEIVER_URL", true, Place.receivers, []layouts.Role{layouts.Worker, layouts.Receiver}},
		{"ADMIN_TOKEN", true, func(p Place) string { return p.Keys.AdminToken }, []layouts.Role{layouts.Origin, layouts.Receiver}},
	}
}

// Settings returns the variables that a process of a role gets. operator is the operator's
// environment.
func Settings(role layouts.Role, p Place, operator map[string]string) map[string]string {
	env := map[string]string{}
	for _, s := range settings() {
		if s.roles != nil && !slices.Contains(s.roles, role) || s.operators && operator[s.variable] != "" {
			continue
		}
		if v := s.value(p); v != "" {
			env[s.variable] = v
		}
	}
	return env
}

// bindAddress is where the services of this machine listen: its address, or every address
// where that is a name; empty for loopback.
func (p Place) bindAddress() string {
	switch ip := net.ParseIP(p.Machine.Address); {
	case p.Machine.Address == "" || p.Machine.Address == "127.0.0.1":
		return ""
	case ip == nil:
		return "0.0.0.0"
	}
	return p.Machine.Address
}

// EngineURLs returns where a machine finds the engine: its own first, then the others.
func (p Place) EngineURLs() []string {
	list := Engines(p.Table.Members())
	var urls []string
	for _, m := range ownFirst(list, p.Machine.Name, func(m cluster.Member) string { return m.Name }) {
		urls = append(urls, "nats://"+net.JoinHostPort(m.Address, strconv.Itoa(m.EnginePort)))
	}
	return urls
}

func (p Place) engineURL() string { return strings.Join(p.EngineURLs(), ",") }

// enginePeers has the machines that run the engine, in order of name: its folder is named for
// them.
func (p Place) enginePeers() string {
	var list []string
	for _, m := range Engines(p.Table.Members()) {
		list = append(list, fmt.Sprintf("%s=%s", m.Name, net.JoinHostPort(m.Address, strconv.Itoa(m.RoutePort))))
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

// urls returns the base URLs of the servers of a kind.
func (p Place) urls(kind layouts.Role, own bool) []string {
	list := p.Table.Instances(kind.String())
	if own {
		list = ownFirst(list, p.Machine.Name, func(i cluster.Instance) string { return i.Machine })
	}
	var urls []string
	for _, i := range list {
		urls = append(urls, i.URL)
	}
	return urls
}

func (p Place) packagers() string {
	return strings.Join(p.urls(layouts.Packager, false), ",")
}

// receivers are in the same order on every machine: of two that lead a signal, all workers are
// to follow the same.
func (p Place) receivers() string {
	return strings.Join(p.urls(layouts.Receiver, false), ",")
}

func (p Place) ingestURLs() string { return strings.Join(p.urls(layouts.Packager, true), ",") }

func (p Place) originURL() string {
	return strings.Join(p.urls(layouts.Origin, true), ",")
}

// reporterURL is the own reporter, or all where this machine has none.
func (p Place) reporterURL() string { return strings.Join(p.ownOr(layouts.Reporter), ",") }

// proxyURL is the own proxy, or the first where this machine has none.
func (p Place) proxyURL() string {
	list := p.ownOr(layouts.Proxy)
	return strings.Join(list[:min(1, len(list))], ",")
}

// ownOr returns the base URLs of the own servers of a kind, or of all where there are none.
func (p Place) ownOr(kind layouts.Role) []string {
	var own []string
	for _, i := range p.Table.Instances(kind.String()) {
		if i.Machine == p.Machine.Name {
			own = append(own, i.URL)
		}
	}
	if len(own) > 0 {
		return own
	}
	return p.urls(kind, false)
}

// ownFirst returns list with those of a machine first, and the rest in their order.
func ownFirst[E any](list []E, machine string, of func(E) string) []E {
	own := slices.DeleteFunc(slices.Clone(list), func(e E) bool { return of(e) != machine })
	return append(own, slices.DeleteFunc(slices.Clone(list), func(e E) bool { return of(e) == machine })...)
}
