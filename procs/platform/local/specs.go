package local

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
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/handover"
)

// except returns env without the variables of those names.
func except(env map[string]string, names []string) map[string]string {
	env = maps.Clone(env)
	for _, name := range names {
		delete(env, name)
	}
	return env
}

// listed returns an environment as a process is given it: NAME=VALUE, in order.
func listed(env map[string]string) []string {
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// unread returns the settings that a service does not read. It is not given them, so that
// its environment, which its children inherit, contains no secret of another service.
func (o Options) unread(service string) []string {
	if o.Reads == nil {
		return nil
	}
	reads := o.Reads(service)
	return slices.DeleteFunc(slices.Clone(o.Settings), func(name string) bool { return slices.Contains(reads, name) })
}

// environmentOf returns the environment of a process of the resolved layout.
func (o Options) environmentOf(p layouts.Process) []string {
	return listed(except(preflight.Environment(o.Env, p), o.unread(p.Service)))
}

// specs turns a layout into what the supervisor runs: our own binary, with the service of
// each process as its argument.
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
		env := preflight.Environment(operator, p)
		spec := procs.Spec{
			Name: p.Name, Argv: []string{o.Self, p.Service}, Env: o.environmentOf(p), Stopped: slices.Contains(o.Stopped, p.Name),
			DependsOn: p.DependsOn, Role: p.Role().String(), Restart: policy, Grace: p.Grace,
		}
		if p.PortHeld {
			port, err := preflight.PortOf(p, env)
			if err != nil {
				return nil, err
			}
			spec.Held = sockets(p.Name, cmp.Or(env[preflight.BindVariable(p.Service)], preflight.Loopback), port)
			spec.FinishGrace = finishGrace(env)
		}
		list = append(list, spec)
	}
	return list, nil
}

// handoverSpare is how long after HANDOVER_TIMEOUT, which ends the connections, a process
// that has handed over is killed.
const handoverSpare = 5 * time.Second

// sockets returns those of a process that listens on address. localhost means both loopback
// addresses, whichever the machine resolves it to; the second is optional, since a machine
// may lack it.
func sockets(name, address string, port int) []procs.Socket {
	at := func(address string) string { return net.JoinHostPort(address, strconv.Itoa(port)) }
	switch {
	case address == preflight.Loopback || dial.IsLocalhost(address):
		return []procs.Socket{{Name: name, Address: at(preflight.Loopback)}, {Name: name, Address: at(preflight.Loopback6), Optional: true}}
	case address == preflight.Loopback6:
		return []procs.Socket{{Name: name, Address: at(preflight.Loopback6)}, {Name: name, Address: at(preflight.Loopback), Optional: true}}
	}
	return []procs.Socket{{Name: name, Address: at(address)}}
}

// finishGrace returns how long an incarnation that has handed over may take to end; zero
// for the default. The service itself rejects a value that is not a duration.
func finishGrace(env map[string]string) time.Duration {
	if d, err := time.ParseDuration(env[handover.TimeoutVariable]); err == nil {
		return d + handoverSpare
	}
	return 0
}
