package cli

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/service"
)

// inviteFlags are the flags of the command invite.
type inviteFlags struct {
	edge, new        bool
	machine, address string
}

func inviteCommand(a *app) *cobra.Command {
	var o inviteFlags
	cmd := &cobra.Command{
		Use: "invite [--new MACHINE=ADDRESS...]", Short: "print a token by which another machine joins the cluster of this one",
		Long: "Prints a token by which another machine joins the cluster of this one. Where this machine belongs to no cluster yet,\n" +
			"it becomes the first of a new one. Whoever has a token has the cluster's secret: keep it as you keep a password. An\n" +
			"edge token gives no more than the right to hear what is new.\n\n" +
			"With --new, prints a token of a cluster that does not exist yet, and leaves this machine alone: each machine of the\n" +
			"list is then started with it as CLUSTER_TOKEN, and with its name as MACHINE.",
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			if o.new {
				return a.inviteNew(o, args)
			}
			return a.invite(o, args)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.edge, "edge", false, "a token for a proxy that only serves players: it may hear what is new, and nothing else")
	f.BoolVar(&o.new, "new", false, "a token of a new cluster of the machines MACHINE=ADDRESS")
	f.StringVar(&o.machine, "machine", "", "the `NAME` of this machine, where it belongs to no cluster yet (default: MACHINE, else from the host name)")
	f.StringVar(&o.address, "address", "", "the IP `ADDRESS` or host name by which other machines reach this one (default: CLUSTER_ADDRESS, else as before)")
	return cmd
}

// inviteNew prints a token of a cluster that does not exist yet.
func (a *app) inviteNew(o inviteFlags, args []string) error {
	if o.machine != "" || o.address != "" || o.edge {
		return usagef("--new: the machines are MACHINE=ADDRESS; leave --edge, --machine and --address out")
	}
	var list []cluster.Member
	for _, arg := range args {
		name, address, is := strings.Cut(arg, "=")
		if !is {
			return usagef("%q: allowed is MACHINE=ADDRESS, such as a=10.0.0.1", arg)
		}
		list = append(list, cluster.Member{Name: name, Address: address})
	}
	t, err := identity.NewToken(list)
	if err != nil {
		return &usageError{err}
	}
	_, err = fmt.Fprintln(a.out, t.Encode())
	return err
}

// invite prints a token of the cluster of this machine.
func (a *app) invite(o inviteFlags, args []string) error {
	if len(args) > 0 {
		return usagef("%q: only with --new are there machines", args[0])
	}
	paths, err := a.paths()
	if err != nil {
		return err
	}
	i, err := a.inviting(o, paths)
	if err != nil {
		return err
	}
	t, err := i.Invitation(o.edge)
	if err != nil {
		return err
	}
	if t.Edge != nil && i.Edge == nil {
		if t.Edge.Packagers, t.Edge.Origins, err = a.servers(i); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(a.out, t.Encode()); err != nil {
		return err
	}
	fmt.Fprint(a.errs, nextSteps(o.edge))
	return nil
}

// nextSteps says what to do with a token.
func nextSteps(edge bool) string {
	if edge {
		return "\nOn the edge, run, and paste the token:\n  livestream-tui join -\n"
	}
	return "\nOn the next machine, run, and paste the token:\n  livestream-tui join -\nThen start it:\n  livestream-tui --layout cluster\n"
}

// inviting is the identity of this machine: that which it has, or a new one.
func (a *app) inviting(o inviteFlags, paths service.Paths) (identity.Identity, error) {
	folder := identity.FolderIn(paths.State)
	address := cmp.Or(o.address, a.env["CLUSTER_ADDRESS"])
	i, err := identity.Open(folder)
	switch {
	case errors.Is(err, identity.ErrNone) && address == "":
		return i, usagef("this machine belongs to no cluster yet; --address says by which address others reach it; %s", preflight.OwnAddressesText())
	case errors.Is(err, identity.ErrNone):
		if err := preflight.CheckAddress(address); err != nil {
			return i, &usageError{err}
		}
		host, _ := os.Hostname() // without one the name is a
		i, err = identity.Create(folder, cmp.Or(o.machine, a.env["MACHINE"], identity.NameFrom(host)), address)
		if err == nil {
			fmt.Fprintf(a.errs, "%s is new; start it on this machine:\n  livestream-tui --layout cluster\n\n", i)
		}
		return i, err
	case err != nil:
		return i, err
	case o.machine != "" && o.machine != i.Machine:
		return i, usagef("--machine %q: this machine is %s already, of cluster %s; to have it leave that for good, run first: livestream-tui remove %s", o.machine, i.Machine, i.Cluster, i.Machine)
	case o.address != "" && o.address != i.Address:
		if i, err = a.moved(i, o.address, paths); err != nil {
			return i, err
		}
	}
	if i.Edge == nil && i.Address == identity.Loopback {
		return i, fmt.Errorf("the address of this machine is %s, where no other machine reaches it: stop its platform, and set another with --address or CLUSTER_ADDRESS; %s",
			i.Address, preflight.OwnAddressesText())
	}
	return i, nil
}

// moved gives this machine another address, which its platform must not do at the same time.
func (a *app) moved(i identity.Identity, address string, paths service.Paths) (identity.Identity, error) {
	if err := preflight.CheckAddress(address); err != nil {
		return i, &usageError{err}
	}
	if err := stopped(paths); err != nil {
		return i, fmt.Errorf("--address %s: this machine is at %s, and %w", address, i.Address, err)
	}
	if err := i.Apart(address); err != nil {
		return i, &usageError{fmt.Errorf("%w; %s", err, preflight.OwnAddressesText())}
	}
	return i.WithAddress(address)
}

// stopped returns an error while a platform of this user runs.
func stopped(paths service.Paths) error {
	if errors.Is(preflight.CheckNotRunning(platform.SocketPath(paths.Run)), procs.ErrAlreadyRunning) {
		return errors.New("its platform is running: stop it first")
	}
	return nil
}

// servers are the packagers and origins of a cluster, for an edge. Those of machines that this
// one has not heard of yet are taken to be at the usual ports.
func (a *app) servers(i identity.Identity) (packagers, origins []string, err error) {
	table, _ := registry.Load(i.TablePath()) // without it the usual ports are as good
	for _, s := range table.Instances(layouts.Packager.String()) {
		packagers = append(packagers, s.URL)
	}
	for _, s := range table.Instances(layouts.Origin.String()) {
		origins = append(origins, s.URL)
	}
	if len(packagers) > 0 && len(origins) > 0 {
		return packagers, origins, nil
	}
	var places service.Topology
	var problems service.Problems
	service.Parse(a.env, &places, &problems)
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	for _, m := range i.Members {
		packagers = append(packagers, baseURL(m.Address, places.ServerOnePort), baseURL(m.Address, places.ServerTwoPort))
		origins = append(origins, baseURL(m.Address, places.OriginPort))
	}
	return packagers, origins, nil
}

func baseURL(address string, port service.Port) string {
	return "http://" + net.JoinHostPort(address, strconv.Itoa(int(port)))
}
