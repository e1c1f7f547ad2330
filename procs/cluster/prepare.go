package cluster

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/cluster"
)

// served are the roles whose servers other machines call.
var served = []layouts.Role{layouts.Packager, layouts.Reporter, layouts.Origin, layouts.Proxy, layouts.Receiver}

// IsIn reports whether a layout is that of a machine of a cluster: whether it has an engine.
func IsIn(l layouts.Layout) bool {
	return slices.ContainsFunc(l.Processes, func(p layouts.Process) bool { return p.Role() == layouts.Engine })
}

// Prepare makes a platform one of a cluster, where its layout has an engine: it opens the
// identity of this machine, which it makes at the first start, and changes o so that the
// processes know of each other and of those of other machines as last known. Then it returns
// the agent, which is to run with the platform. In any other layout it returns nil and changes
// nothing. version is that of this binary. Call it once the environment and the folders of o are final, and before local.New.
func Prepare(o *local.Options, version string) (*Agent, error) {
	if !IsIn(o.Layout) {
		return nil, nil //nolint:nilnil // as documented
	}
	id, err := establish(o)
	if err != nil {
		return nil, err
	}
	a := &Agent{
		id: id, kept: id, operator: o.Env, layout: o.Layout, path: filepath.Join(id.Folder, tableFile), run: rand.Text(), version: version,
		link: newLink(), dial: dialer(id), heard: map[string]*heard{}, changed: make(chan struct{}, 1), log: hclog.NewNullLogger(),
		seen: map[string]cluster.Entry{},
	}
	if a.table, err = registry.Load(a.path); err != nil {
		a.unread = err // the Store has it all
	}
	if err := a.beginTable(); err != nil {
		return nil, err
	}
	if a.table.Word == "" && len(a.table.Members()) > 1 {
		a.way.first = 1 // the others do not know of this machine's engine yet
	}
	a.keep()
	o.Layout, a.applied = a.layoutOf(a.table)
	o.Machine, o.Address = id.Machine, id.Address
	o.Stopped = a.table.Stopped(id.Machine)
	o.Folders = slices.DeleteFunc(slices.Clone(o.Folders), func(f preflight.Folder) bool { return f.Variable == "OUTPUT_STREAM_PATH" }) // nothing is there
	o.Env = maps.Clone(o.Env)
	o.Env["ADMIN_TOKEN"] = cmp.Or(o.Env["ADMIN_TOKEN"], id.AdminToken())
	return a, nil
}

// tableFile is the name of the last copy of the Store.
const tableFile = "table.json"

// beginTable puts what this machine knows by itself into the table.
func (a *Agent) beginTable() error {
	if a.table.Word == "" {
		for _, m := range a.id.Members {
			if _, known := a.table.Member(m.Name); !known {
				a.table = a.table.Knowing(m)
			}
		}
	}
	ends, err := preflight.Endpoints(a.layout, a.operator)
	if err != nil {
		return err
	}
	a.own.Member = a.member()
	for _, e := range ends {
		if role := layouts.RoleOf(e.Service); slices.Contains(served, role) {
			a.own.Instances = append(a.own.Instances, cluster.Instance{
				Machine: a.id.Machine, Name: e.Process, Kind: role.String(), URL: "http://" + net.JoinHostPort(a.id.Address, strconv.Itoa(e.Port)),
			})
		}
	}
	a.table = a.table.Of(a.own)
	return nil
}

// member is this machine as its settings have it; its place is that of the identity.
func (a *Agent) member() cluster.Member {
	m := a.id.Member()
	m.Name, m.Address = a.id.Machine, a.id.Address
	for variable, port := range map[string]*int{"ENGINE_PORT": &m.EnginePort, "ENGINE_ROUTE_PORT": &m.RoutePort} {
		if n, err := strconv.Atoi(a.operator[variable]); err == nil {
			*port = n // the engine refuses a bad one
		}
	}
	return m
}

// place is what the settings of processes follow from. Of a machine whose servers are not
// known yet, since it is about to start for the first time, they are taken to be as here.
func (a *Agent) place(t registry.Table) registry.Place {
	return registry.Place{Table: t.Guessing(a.own), Machine: a.member(), Keys: registry.Keys{
		IngestToken: a.id.IngestToken(), AdminToken: a.id.AdminToken(), CA: a.id.CAPath(), Cert: a.id.CertPath(), CertKey: a.id.CertKeyPath(),
		Machine: a.id.MachineKeyPath(), Edge: a.id.EdgeKeyPath(),
	}}
}

// layoutOf returns the layout with the settings that follow from a table, and those settings
// by process. What the layout itself sets counts.
func (a *Agent) layoutOf(t registry.Table) (layouts.Layout, map[string]map[string]string) {
	place := a.place(t)
	given := map[string]map[string]string{}
	l := a.layout
	l.Processes = slices.Clone(l.Processes)
	for i := range l.Processes {
		p := &l.Processes[i]
		env := registry.Settings(p.Role(), place, a.operator)
		given[p.Name] = maps.Clone(env)
		maps.Copy(env, p.Environment)
		p.Environment = env
	}
	return l, given
}

// sameSettings reports whether a process needs no restart for other settings.
func sameSettings(before, after map[string]string) bool { return maps.Equal(before, after) }

// changes says in words how the machines of two tables differ.
func changes(before, after registry.Table) string {
	for _, m := range after.Members() {
		switch was, known := before.Member(m.Name); {
		case !known:
			return fmt.Sprintf("machine %s has joined", m.Name)
		case was.Address != m.Address:
			return fmt.Sprintf("machine %s has another address, %s", m.Name, m.Address)
		}
	}
	for _, m := range before.Members() {
		if _, still := after.Member(m.Name); !still {
			return fmt.Sprintf("machine %s was removed", m.Name)
		}
	}
	for _, m := range after.Members() {
		if before.ServersOf(m.Name) != after.ServersOf(m.Name) {
			return fmt.Sprintf("machine %s has other servers", m.Name)
		}
	}
	return "other machines have changed"
}

// stateOf is the state of a machine that is heard.
func stateOf(drain cluster.DrainState) platform.MachineState {
	switch drain {
	case cluster.Draining:
		return platform.MachineDraining
	case cluster.Drained:
		return platform.MachineDrained
	}
	return platform.MachineUp
}
