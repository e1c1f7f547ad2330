package cli

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster"
	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/procs/doctor"
	"livestream-tui/procs/preflight"
	records "livestream-tui/services/cluster"
	"livestream-tui/services/kit/service"
	proxypage "livestream-tui/services/proxy/page"
	"livestream-tui/services/worker/ffmpeg"
)

func doctorCommand(a *app) *cobra.Command {
	name := ""
	cmd := &cobra.Command{
		Use: "doctor", Short: "report what is missing on this machine, and how to get it", Args: cobra.NoArgs,
		Long: "Reports what is missing on this machine, and how to get it. It checks what the processes of the layout need: of the one\n" +
			"that --layout names, else of the one that this machine last ran in its cluster, else of " + layouts.Default + ".",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), name) },
	}
	addLayoutFlag(cmd, &name, "")
	return cmd
}

func (a *app) doctor(ctx context.Context, wanted string) error {
	paths, err := a.paths()
	own, env, name, wrong := a.ownCluster(paths)
	layout, lost := loadLayout(cmp.Or(wanted, name))
	if lost != nil {
		return lost
	}
	if own != nil && own.Edge && wanted == "" { // it runs a proxy alone
		layout.Processes = slices.DeleteFunc(layout.Processes, func(p layouts.Process) bool { return p.Role() != layouts.Proxy })
		for i := range layout.Processes {
			layout.Processes[i].DependsOn = nil
		}
	}
	var places service.Topology
	var problems service.Problems
	service.Parse(a.env, &places, &problems)
	places.Complete(&problems)
	bad := checkLayout(layout, a.env)
	if err := service.JoinProblems(err, problems.Err(), bad); err != nil {
		return err
	}
	if wrong != nil {
		return wrong
	}
	needs := folders(paths)
	if cluster.IsIn(layout) { // its workers send what they make
		needs = slices.DeleteFunc(needs, func(f preflight.Folder) bool { return f.Variable == "OUTPUT_STREAM_PATH" })
	}
	list := doctor.Examine(ctx, doctor.Options{
		Layout: layout, Env: env, Cluster: own, Folders: needs, RunPath: paths.Run, Terminal: os.Stdout, Encode: encodes, HLS: proxypage.HasHLS(),
	})
	if !doctor.WriteFindings(a.out, list) {
		return errors.New("something necessary is missing, see above")
	}
	return nil
}

// encodes reports what is wrong with an FFmpeg, and the remedy; both are empty if it
// encodes.
func encodes(ctx context.Context, command string) (wrong, remedy string) {
	err := ffmpeg.Check(ctx, command)
	var machine *ffmpeg.Machine
	switch {
	case err == nil:
		return "", ""
	case errors.As(err, &machine):
		return machine.What, machine.Remedy
	}
	return err.Error(), ""
}

// ownCluster is the cluster that this machine belongs to, with the layout that is run there, and
// the environment of its processes. Without one, they are nil, the default layout and the
// environment as it is.
func (a *app) ownCluster(paths service.Paths) (own *doctor.Cluster, env service.Environment, layout string, err error) {
	i, err := identity.Open(identity.FolderIn(paths.State))
	if errors.Is(err, identity.ErrNone) || paths.State == "" {
		return nil, a.env, layouts.Default, nil
	}
	if err != nil {
		return nil, a.env, layouts.Default, err
	}
	own = &doctor.Cluster{Machine: i.Machine, Address: i.Address, Edge: i.Edge != nil}
	table, _ := registry.Load(i.TablePath()) // without it the members are known
	for _, m := range i.Members {
		if m.Name == i.Machine {
			continue
		}
		peer := doctor.Peer{Machine: m.Name}
		if registry.RunsEngine(i.Members, m.Name) {
			peer.Places = append(peer.Places, doctor.Place{Name: "engine", Address: net.JoinHostPort(m.Address, strconv.Itoa(m.EnginePort))})
			if len(registry.Engines(i.Members)) > 1 && i.Edge == nil {
				peer.Places = append(peer.Places, doctor.Place{Name: "engine's routes", Address: net.JoinHostPort(m.Address, strconv.Itoa(m.RoutePort))})
			}
		}
		for _, kind := range []layouts.Role{layouts.Packager, layouts.Origin} {
			for _, s := range table.Instances(kind.String()) {
				if s.Machine == m.Name {
					peer.Places = append(peer.Places, doctor.Place{Name: s.Name, Address: strings.TrimPrefix(s.URL, "http://")})
				}
			}
		}
		peer.Places = append(peer.Places, edgePlaces(i, m.Address)...)
		own.Peers = append(own.Peers, peer)
	}
	env = maps.Clone(a.env)
	if net.ParseIP(i.Address) != nil && !own.Edge {
		env["BIND_ADDRESS"] = cmp.Or(env["BIND_ADDRESS"], i.Address)
		env["CONTROL_BIND_ADDRESS"] = cmp.Or(env["CONTROL_BIND_ADDRESS"], i.Address)
	}
	if own.Edge {
		return own, env, layouts.Default, nil
	}
	return own, env, ranLast(table, i.Machine), nil
}

// ranLast is the layout that a machine last ran in its cluster, as far as its servers tell.
func ranLast(t registry.Table, machine string) string {
	has := func(kind layouts.Role) bool {
		return slices.ContainsFunc(t.Instances(kind.String()), func(i records.Instance) bool { return i.Machine == machine })
	}
	if has(layouts.Origin) && !has(layouts.Packager) {
		return edgeLayout
	}
	return clusterLayout
}

// edgePlaces are the servers at an address that an edge connects to.
func edgePlaces(i identity.Identity, address string) []doctor.Place {
	if i.Edge == nil {
		return nil
	}
	var list []doctor.Place
	add := func(name string, urls []string) {
		for _, s := range urls {
			if u, err := url.Parse(s); err == nil && u.Hostname() == address {
				list = append(list, doctor.Place{Name: name, Address: u.Host})
			}
		}
	}
	add("packager", i.Edge.Packagers)
	add("origin", i.Edge.Origins)
	return list
}

// clusterLayout is the layout that a machine of a cluster runs, unless its operator has another;
// edgeLayout is that of one without films.
const clusterLayout, edgeLayout = "cluster", "edge"
