package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/identity"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/receiver"
	"livestream-tui/services/receiver/keys"
)

// keysFlags are the flags of the command keys.
type keysFlags struct {
	layout string
	json   bool
}

func keysCommand(a *app) *cobra.Command {
	var o keysFlags
	cmd := &cobra.Command{
		Use: "keys", Short: "show where encoders have to send live signals, with their keys", Args: cobra.NoArgs,
		Long: "Shows for each live input what to type into OBS or another encoder: the server and the stream key. The keys are\n" +
			"made once and kept in STATE_PATH, in a file that only you can read. Without --layout, the signals are those of\n" +
			"SIGNALS where that is set, else those of the layout live.",
		RunE: func(*cobra.Command, []string) error { return a.keys(o) },
	}
	addLayoutFlag(cmd, &o.layout, "")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

// liveLayout is the layout whose signals are shown without --layout.
const liveLayout = "live"

// keys shows the endpoints of all live inputs.
func (a *app) keys(o keysFlags) error {
	list, err := a.receivers(o.layout)
	if err != nil {
		return err
	}
	all := []keys.Endpoint{}
	for _, c := range list {
		made, err := keys.Open(c.State, c.Signals)
		if err != nil {
			return err
		}
		for _, s := range c.Signals {
			for _, in := range s.Inputs {
				all = append(all, c.Places().EndpointOf(s.Name, in, made.Of(s.Name, in)))
			}
		}
	}
	if o.json {
		e := json.NewEncoder(a.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	return a.printEndpoints(all)
}

// receivers are the settings of each receiver of a layout; empty means SIGNALS, or the layout
// live.
func (a *app) receivers(layout string) ([]receiver.Config, error) {
	if layout == "" && a.env["SIGNALS"] != "" {
		c, err := receiver.ConfigFromEnv(a.reached(a.env))
		return []receiver.Config{c}, err
	}
	reached := layout == ""
	if reached {
		layout = liveLayout
	}
	l, err := loadLayout(layout)
	if err != nil {
		return nil, err
	}
	if l, err = l.Resolve(a.env); err != nil {
		return nil, &layoutError{err}
	}
	reached = reached || slices.ContainsFunc(l.Processes, func(p layouts.Process) bool { return p.Role() == layouts.Engine })
	var list []receiver.Config
	for _, p := range l.Processes {
		if p.Role() != layouts.Receiver {
			continue
		}
		env := service.Environment(maps.Clone(a.env))
		maps.Copy(env, p.Environment)
		if reached {
			env = a.reached(env)
		}
		c, err := receiver.ConfigFromEnv(env)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, usagef("layout %s has no live signals; --layout names another one", l.Name)
	}
	return list, nil
}

// reached returns the settings with LIVE_HOST as a machine of a cluster has it: encoders reach it
// where other machines do, unless the operator says otherwise.
func (a *app) reached(env service.Environment) service.Environment {
	if env["LIVE_HOST"] != "" || env["LIVE_BIND_ADDRESS"] != "" || env["BIND_ADDRESS"] != "" {
		return env
	}
	paths, err := a.paths()
	if err != nil {
		return env // whoever reads the settings says so
	}
	i, err := identity.Open(identity.FolderIn(paths.State))
	if err != nil || identity.IsLoopback(i.Address) {
		return env // a machine on its own
	}
	env = maps.Clone(env)
	env["LIVE_HOST"] = i.Address
	return env
}

func (a *app) printEndpoints(all []keys.Endpoint) error {
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SIGNAL\tINPUT\tSERVER\tSTREAM KEY")
	for _, e := range all {
		key := e.Key
		server := e.Server
		switch {
		case e.Server == "":
			server, key = e.Masked, "(it is opened by the receiver)"
		case key == "":
			key = "(none)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Signal, e.Input, server, key)
		if e.Secure != "" && e.Secure != e.Server {
			fmt.Fprintf(w, "\t\t%s\t(the same)\n", e.Secure)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(a.out, "\nIn OBS: Settings, Stream, Service Custom. Type the server and the stream key; where there is none, leave that empty.\n"+
		"Set the key-frame interval to 2 s (Settings, Output, Output Mode Advanced).\n")
	return err
}
