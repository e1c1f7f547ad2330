package preflight

import (
	"fmt"
	"maps"
	"net"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/services/kit/dial"
)

// Loopback and Loopback6 are the addresses that services listen on by default.
const Loopback, Loopback6 = "127.0.0.1", "::1"

// Endpoint is where a process listens.
type Endpoint struct {
	Process, Service string
	// Variable is the setting of the port.
	Variable string
	// Host is an address, or localhost.
	Host string
	Port int
	// Every is the unspecified address where it listens at every address; else empty.
	Every string
}

// listens is the address that it listens on; nil for a host name.
func (e Endpoint) listens() net.IP {
	switch {
	case e.Every != "":
		return net.ParseIP(e.Every)
	case e.Host == dial.Localhost:
		return net.ParseIP(Loopback) // the services' default address
	}
	return net.ParseIP(e.Host)
}

// URL returns the base URL by which this machine reaches the process.
func (e Endpoint) URL() string {
	return "http://" + net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
}

// Endpoints returns those of the processes that have a port, in the layout's order.
// operator is the operator's environment; nil is allowed. The error names a variable whose
// value is not a port.
func Endpoints(l layouts.Layout, operator map[string]string) ([]Endpoint, error) {
	l, err := l.Resolve(operator)
	if err != nil {
		return nil, err
	}
	var list []Endpoint
	for _, p := range l.Processes {
		if p.PortVariable == "" {
			continue
		}
		env := Environment(operator, p)
		port, err := PortOf(p, env)
		if err != nil {
			return nil, err
		}
		e := Endpoint{Process: p.Name, Service: p.Service, Variable: p.PortVariable, Port: port}
		bind := env[BindVariable(p.Service)]
		e.Host = dial.Reachable(bind)
		if ip := net.ParseIP(bind); ip != nil && ip.IsUnspecified() {
			e.Every = bind
		}
		list = append(list, e)
	}
	return list, nil
}

// PortOf returns the port of a process that has one: from its environment, or else the
// layout's default.
func PortOf(p layouts.Process, env map[string]string) (int, error) {
	s := env[p.PortVariable]
	if s == "" {
		return p.PortDefault, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("%s=%q: not a port; allowed is a number from 1 to 65535", p.PortVariable, s)
	}
	return n, nil
}

// BindVariable returns the name of the variable with the address that a service listens
// on; empty for a service without one.
func BindVariable(service string) string {
	s, _ := layouts.Find(service) // a layout's services are all in the catalogue
	return s.BindVariable
}

// Environment returns a process's variables: the operator's, overridden by those of the
// resolved layout, and LOG_FORMAT=json, since the supervisor reads the log.
func Environment(operator map[string]string, p layouts.Process) map[string]string {
	env := maps.Clone(operator)
	if env == nil {
		env = map[string]string{}
	}
	maps.Copy(env, p.Environment)
	env["LOG_FORMAT"] = "json"
	return env
}
