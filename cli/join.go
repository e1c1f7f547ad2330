package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/membership"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/cluster/store/kv"
)

// joinFlags are the flags of the command join.
type joinFlags struct {
	machine, address string
	anyClock         bool
}

func joinCommand(a *app) *cobra.Command {
	var o joinFlags
	cmd := &cobra.Command{
		Use: "join TOKEN", Short: "make this machine one of a cluster", Args: oneToken, ValidArgsFunction: cobra.NoFileCompletions,
		Long: "Makes this machine one of the cluster that TOKEN is of, as printed by livestream-tui invite on another machine, and says\n" +
			"how to start it. With - the token is read from standard input. As an argument it is seen by whoever can list the\n" +
			"processes of this machine meanwhile, and the shell keeps it in its history.\n\n" +
			"Joining again with the same name and address changes nothing.",
		RunE: func(cmd *cobra.Command, args []string) error { return a.join(cmd, args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.machine, "machine", "", "the `NAME` of this machine in the cluster (default: MACHINE, else from the host name)")
	f.StringVar(&o.address, "address", "", "the IP `ADDRESS` or host name by which other machines reach this one (default: CLUSTER_ADDRESS, else the one from which it reaches them)")
	f.BoolVar(&o.anyClock, "force-clock", false, "join although the clock of this machine is off by more than 500ms")
	return cmd
}

// oneToken refuses anything but one argument, and does not repeat what may be a token.
func oneToken(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("join takes one token, or - to read it from standard input, and has %d arguments", len(args))
	}
	return nil
}

// join makes this machine one of a cluster.
func (a *app) join(cmd *cobra.Command, word string, o joinFlags) error {
	paths, err := a.paths()
	if err != nil {
		return err
	}
	if err := stopped(paths); err != nil {
		return err
	}
	var t identity.Token
	if word == "-" {
		t, err = a.readToken(cmd.InOrStdin())
	} else {
		t, err = identity.ParseToken(word)
	}
	if err != nil {
		return &usageError{err}
	}
	host, _ := os.Hostname() // without one the name is a
	r := membership.Request{
		Token: t, Machine: cmp.Or(o.machine, a.env["MACHINE"], identity.NameFrom(host)), Folder: identity.FolderIn(paths.State),
		Version: a.version, AnyClock: o.anyClock, Open: openEngine, Say: a.tell(""), Warn: a.tell("warning: "),
	}
	if r.Address, err = a.joinAddress(t, r.Machine, cmp.Or(o.address, a.env["CLUSTER_ADDRESS"])); err != nil {
		return &usageError{err}
	}
	if err := identity.CheckName(r.Machine); err != nil {
		return &usageError{err}
	}
	ctx, release := a.untilSignal(exitInterrupted)
	defer release()
	i, err := membership.Join(ctx, r)
	if errors.Is(err, context.Canceled) && a.interrupted.Load() {
		return nil // the exit status says that the operator interrupted it
	}
	if err != nil {
		return err
	}
	return a.joined(i)
}

// tell returns what prints a line to standard error.
func (a *app) tell(prefix string) func(string, ...any) {
	return func(format string, args ...any) { fmt.Fprintf(a.errs, prefix+format+"\n", args...) }
}

// joinAddress is the address of this machine, which must be one of its own.
func (a *app) joinAddress(t identity.Token, machine, wished string) (string, error) {
	if t.Edge != nil {
		return cmp.Or(wished, identity.Loopback), nil
	}
	if wished == "" {
		for _, m := range t.Members {
			if m.Name == machine && preflight.CheckAddress(m.Address) == nil {
				return m.Address, nil
			}
		}
		for _, m := range t.Members {
			if at, is := preflight.AddressTowards(m.Address); is && m.Name != machine {
				wished = at
				break
			}
		}
		if wished == "" || identity.IsLoopback(wished) {
			return "", fmt.Errorf("which address of this machine the others reach cannot be told from here: set --address; %s", preflight.OwnAddressesText())
		}
	}
	if err := identity.CheckAddress(wished); err != nil {
		return "", err
	}
	if err := preflight.CheckAddress(wished); err != nil {
		return "", err
	}
	var apart *identity.ApartError
	if _, err := t.Identity(machine, wished); errors.As(err, &apart) {
		return "", fmt.Errorf("%w; %s", err, preflight.OwnAddressesText())
	}
	return wished, nil
}

// tokenLines is how many lines of standard input a token may be on.
const tokenLines = 1000

// readToken reads a token from standard input, up to the line with which it is whole. A terminal
// does not show it.
func (a *app) readToken(in io.Reader) (identity.Token, error) {
	if f, is := in.(*os.File); is && term.IsTerminal(f.Fd()) {
		fmt.Fprint(a.errs, "token (it is not shown): ")
		b, err := term.ReadPassword(f.Fd())
		fmt.Fprintln(a.errs)
		if err != nil {
			return identity.Token{}, err
		}
		return identity.ParseToken(string(b))
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	written := ""
	for range tokenLines {
		if !lines.Scan() {
			break
		}
		written += lines.Text()
		if t, err := identity.ParseToken(written); err == nil {
			return t, nil
		}
	}
	if err := lines.Err(); err != nil {
		return identity.Token{}, err
	}
	return identity.ParseToken(written)
}

// joined says what comes next.
func (a *app) joined(i identity.Identity) error {
	if i.Edge != nil {
		a.tell("")("this machine is an edge of cluster %s now; these are the settings of its proxy:", i.Cluster)
		_, err := fmt.Fprint(a.out, edgeSettings(i))
		return err
	}
	_, err := fmt.Fprintf(a.out, "this machine is %s of cluster %s now, at %s. Start it:\n  livestream-tui --layout cluster\n", i.Machine, i.Cluster, i.Address)
	return err
}

// edgeSettings are the settings by which a proxy is an edge, as lines of a file of settings.
func edgeSettings(i identity.Identity) string {
	c := engineConfig(i)
	return fmt.Sprintf("MACHINE=%s\nENGINE_URL=%s\nENGINE_KEY=%s\nENGINE_CA=%s\nPACKAGERS=%s\nORIGIN_URL=%s\n",
		c.Machine, strings.Join(c.Engines, ","), c.EngineKey, c.EngineCA, strings.Join(i.Edge.Packagers, ","), strings.Join(i.Edge.Origins, ","))
}

// engineConfig is where the engine of an identity may be. The list of machines may be an old one,
// so each of them is tried.
func engineConfig(i identity.Identity) bus.Config {
	var c bus.Config
	c.Machine, c.EngineKey, c.EngineCA = i.Machine, i.EngineKeyPath(), i.CAPath()
	for _, m := range i.Members {
		c.Engines = append(c.Engines, "nats://"+net.JoinHostPort(m.Address, strconv.Itoa(m.EnginePort)))
	}
	return c
}

// openEngine connects to the engine of an identity.
func openEngine(i identity.Identity) (store.Engine, error) {
	conn, err := bus.Dial(engineConfig(i), "join", hclog.NewNullLogger())
	if err != nil {
		return nil, err
	}
	if i.Edge != nil {
		return busAlone{conn}, nil
	}
	return kv.Open(conn, len(registry.Engines(i.Members))), nil
}

// busAlone is the engine as an edge sees it: without the Store, which it may not read.
type busAlone struct{ *bus.Conn }

// Store implements store.Engine.
func (b busAlone) Store() store.Store { return nil }

// Bus implements store.Engine.
func (b busAlone) Bus() cluster.Bus { return b.Conn }

// Health implements store.Engine.
func (b busAlone) Health() error {
	if !b.Connected() {
		return cluster.ErrUnavailable
	}
	return nil
}
