package control

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/services/kit/dial"
)

// environment is a process's variables: the operator's, those of the resolved
// layout over them, and what makes its log one for programs.
func environment(operator map[string]string, p layouts.Process) map[string]string {
	env := maps.Clone(operator)
	if env == nil {
		env = map[string]string{}
	}
	maps.Copy(env, p.Environment)
	env["LOG_FORMAT"] = "json"
	return env
}

// except is env without the variables of those names.
func except(env map[string]string, names []string) map[string]string {
	env = maps.Clone(env)
	for _, name := range names {
		delete(env, name)
	}
	return env
}

// listed is an environment as processes are given it, NAME=VALUE in order.
func listed(env map[string]string) []string {
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// unread are the settings that a service does not read: whoever gets at its
// environment, which what it starts inherits, is to find no secret of another's there.
func (o Options) unread(service string) []string {
	if o.Reads == nil {
		return nil
	}
	reads := o.Reads(service)
	return slices.DeleteFunc(slices.Clone(o.Settings), func(name string) bool { return slices.Contains(reads, name) })
}

// specs turns a layout into what the supervisor runs: our own binary with the name of
// each process's service.
func specs(o Options) ([]procs.Spec, error) {
	operator := o.Env
	l, err := o.Layout.Resolve(operator)
	if err != nil {
		return nil, err
	}
	var list []procs.Spec
	for _, p := range l.Processes {
		var policy procs.RestartPolicy
		if err := policy.UnmarshalText([]byte(p.Restart)); err != nil {
			return nil, fmt.Errorf("layout %s: process %s: %w", l.Name, p.Name, err)
		}
		env := environment(operator, p)
		given := listed(except(env, o.unread(p.Service)))
		spec := procs.Spec{
			Name: p.Name, Argv: []string{o.Self, p.Service}, Env: given,
			DependsOn: p.DependsOn, Kind: kindOf(p.Service), Restart: policy, Grace: p.Grace,
		}
		if p.PortHeld {
			port, err := portOf(p, env)
			if err != nil {
				return nil, err
			}
			spec.Held = sockets(p.Name, cmp.Or(env[bindVariable(p.Service)], loopback), port)
			spec.FinishGrace = finishGrace(env)
		}
		list = append(list, spec)
	}
	return list, nil
}

// kindOf is what processes of a service have in common with their stand-ins.
func kindOf(service string) string {
	if layouts.IsPackager(service) {
		return "packager"
	}
	return service
}

const (
	// loopback is what services listen on by default.
	loopback, loopback6 = "127.0.0.1", "::1"
	// handoverVariable is how long connections may go on after a hand-over, and
	// handoverSpare how much longer KILL waits than that.
	handoverVariable = "HANDOVER_TIMEOUT"
	handoverSpare    = 5 * time.Second
)

// sockets are those of a process that listens on address. localhost is both loopback
// addresses, whichever the machine resolves it to; it may lack one of them.
func sockets(name, address string, port int) []procs.Socket {
	at := func(address string) string { return net.JoinHostPort(address, strconv.Itoa(port)) }
	switch {
	case address == loopback || dial.IsLocalhost(address):
		return []procs.Socket{{Name: name, Address: at(loopback)}, {Name: name, Address: at(loopback6), Optional: true}}
	case address == loopback6:
		return []procs.Socket{{Name: name, Address: at(loopback6)}, {Name: name, Address: at(loopback), Optional: true}}
	}
	return []procs.Socket{{Name: name, Address: at(address)}}
}

// finishGrace is how long an incarnation that has handed over is waited for; zero
// for what is usual. What is no duration the service itself refuses.
func finishGrace(env map[string]string) time.Duration {
	if d, err := time.ParseDuration(env[handoverVariable]); err == nil {
		return d + handoverSpare
	}
	return 0
}

// bindVariable is the variable that says which address a service listens on.
func bindVariable(service string) string {
	if service == "proxy" {
		return "BIND_ADDRESS"
	}
	return "CONTROL_BIND_ADDRESS"
}

// portOf is the port of a process that has one.
func portOf(p layouts.Process, env map[string]string) (int, error) {
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
	l, err := l.Resolve(operator)
	if err != nil {
		return nil, err
	}
	var list []endpoint
	for _, p := range l.Processes {
		if p.PortVariable == "" {
			continue
		}
		env := environment(operator, p)
		port, err := portOf(p, env)
		if err != nil {
			return nil, err
		}
		list = append(list, endpoint{
			Process: p.Name, Service: p.Service, Variable: p.PortVariable,
			Host: reachable(env[bindVariable(p.Service)]), Port: port,
		})
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
