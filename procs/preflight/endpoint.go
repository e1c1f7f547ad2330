package preflight

import (
	"fmt"
	"maps"
	"net"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/services/kit/dial"
)

// The addresses that services listen on by default.
const Loopback, Loopback6 = "127.0.0.1", "::1"

// Endpoint is where a process listens.
type Endpoint struct {
	Process, Service string
	Variable         string // that sets the port
	Host             string // address, or localhost
	Port             int
}

// URL is the base URL by which this machine reaches it.
func (e Endpoint) URL() string {
	return "http://" + net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
}

// Endpoints are those of the processes that have a port, in the layout's order.
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
		list = append(list, Endpoint{
			Process: p.Name, Service: p.Service, Variable: p.PortVariable,
			Host: dial.Reachable(env[BindVariable(p.Service)]), Port: port,
		})
	}
	return list, nil
}

// PortOf is the port of a process that has one.
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

// BindVariable is the variable with the address that a service listens on.
func BindVariable(service string) string {
	s, _ := layouts.Find(service) // a layout's services are all in the catalogue
	return s.BindVariable
}

// Environment is a process's variables: the operator's, those of the resolved
// layout over them, and what makes its log one for programs.
func Environment(operator map[string]string, p layouts.Process) map[string]string {
	env := maps.Clone(operator)
	if env == nil {
		env = map[string]string{}
	}
	maps.Copy(env, p.Environment)
	env["LOG_FORMAT"] = "json"
	return env
}
