package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/event"
)

// establish returns the identity of this machine, which it makes at the first start. Nothing is
// written where the settings are wrong.
func establish(o *local.Options) (identity.Identity, error) {
	folder := identity.FolderIn(cmp.Or(o.StatePath, o.Env["STATE_PATH"]))
	served := !slices.ContainsFunc(o.Layout.Processes, func(p layouts.Process) bool { return p.Role() == layouts.Packager })
	if _, err := identity.Open(folder); served && errors.Is(err, identity.ErrNone) && o.Env["CLUSTER_TOKEN"] == "" {
		return identity.Identity{}, errAlone(o.Layout)
	}
	host, _ := os.Hostname() // without one the identity says that a name is needed
	id, err := identity.Establish(folder, identity.Wish{
		Token: o.Env["CLUSTER_TOKEN"], Machine: o.Env["MACHINE"], Address: o.Env["CLUSTER_ADDRESS"], Host: host, Owns: owns(o.Env),
	})
	switch {
	case err != nil:
		return id, err
	case id.Edge != nil:
		return id, errors.New("this machine has joined by an edge token, and so runs a proxy alone: livestream-tui proxy; a platform needs a token without --edge")
	case served && len(id.Members) < 2:
		return id, errAlone(o.Layout)
	}
	return id, nil
}

// errAlone says that a layout needs other machines.
func errAlone(l layouts.Layout) error {
	return fmt.Errorf("layout %s serves what other machines make, and this one has joined none: run livestream-tui invite on a machine with films, "+
		"and livestream-tui join - here, with the token that it prints", l.Name)
}

// owns returns what says that an address is not one of this machine. A name may be known only
// later, and where an operator says where to listen, others may reach this machine by an address
// that is translated.
func owns(operator map[string]string) func(address string) error {
	return func(address string) error {
		ip := net.ParseIP(address)
		if ip == nil || preflight.IsOwn(ip) || operator["BIND_ADDRESS"] != "" && operator["CONTROL_BIND_ADDRESS"] != "" {
			return nil
		}
		return fmt.Errorf("%s is no address of this machine; %s", address, preflight.OwnAddressesText())
	}
}

const (
	// namePatience is how long the own host name may not be known: that of a container may
	// appear only once it runs.
	namePatience = 30 * time.Second
	nameAgain    = 2 * time.Second
)

// checkName warns where the address of this machine is a host name that does not become one of
// its own. It returns when that is known, or when ctx is cancelled.
func (a *Agent) checkName(ctx context.Context, check func(address string) error) {
	if net.ParseIP(a.id.Address) != nil {
		return // it was looked at before the start
	}
	for began := time.Now(); ; {
		err := check(a.id.Address)
		if err == nil || ctx.Err() != nil {
			return
		}
		if time.Since(began) >= namePatience {
			a.platform.Announce(event.LevelWarn, "", "other machines may not reach this one: "+err.Error())
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(nameAgain):
		}
	}
}
