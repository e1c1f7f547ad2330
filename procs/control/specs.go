package control

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/procs"
)

// environment is a process's variables: the operator's, the layout's over them,
// and what makes its log one for programs.
func environment(operator map[string]string, p layouts.Process) map[string]string {
	env := maps.Clone(operator)
	if env == nil {
		env = map[string]string{}
	}
	maps.Copy(env, p.Environment)
	env["LOG_FORMAT"] = "json"
	return env
}

// specs turns a layout into what the supervisor runs: self with the name of each
// process's service.
func specs(l layouts.Layout, self string, operator map[string]string) ([]procs.Spec, error) {
	var list []procs.Spec
	for _, p := range l.Processes {
		var policy procs.RestartPolicy
		if err := policy.UnmarshalText([]byte(p.Restart)); err != nil {
			return nil, fmt.Errorf("layout %s: process %s: %w", l.Name, p.Name, err)
		}
		env := environment(operator, p)
		variables := make([]string, 0, len(env))
		for _, name := range slices.Sorted(maps.Keys(env)) {
			variables = append(variables, name+"="+env[name])
		}
		list = append(list, procs.Spec{
			Name: p.Name, Argv: []string{self, p.Service}, Env: variables,
			DependsOn: p.DependsOn, Restart: policy, Grace: p.Grace,
		})
	}
	return list, nil
}

// endpoint is where a process listens.
type endpoint struct {
	Process, Service string
	Variable         string // that sets the port
	Host             string // address, or localhost
	Port             int
}

// url is the base URL by which this machine reaches it.
func (e endpoint) url() string {
	return "http://" + net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
}

// endpoints are those of the processes that have a port, in the layout's order.
func endpoints(l layouts.Layout, operator map[string]string) ([]endpoint, error) {
	var list []endpoint
	for _, p := range l.Processes {
		if p.PortVariable == "" {
			continue
		}
		env := environment(operator, p)
		e := endpoint{Process: p.Name, Service: p.Service, Variable: p.PortVariable, Port: p.PortDefault}
		if s := env[p.PortVariable]; s != "" {
			n, err := strconv.Atoi(s)
			if err != nil || n < 1 || n > 65535 {
				return nil, fmt.Errorf("%s=%q: not a port; allowed is a number from 1 to 65535", p.PortVariable, s)
			}
			e.Port = n
		}
		bind := "CONTROL_BIND_ADDRESS"
		if p.Service == "proxy" {
			bind = "BIND_ADDRESS"
		}
		e.Host = reachable(env[bind])
		list = append(list, e)
	}
	return list, nil
}

// reachable is where to find what listens on address: every address and the
// loopback ones are found at localhost.
func reachable(address string) string {
	if ip := net.ParseIP(address); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		return "localhost"
	}
	return address
}
