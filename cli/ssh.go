package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
	"livestream-tui/procs/platform/relay"
)

// far is another host whose platform is asked by ssh; its zero value is none. It works where
// the engine is gone, and needs ssh and the program there, nothing else.
type far struct {
	host    string
	program string // what runs there, with its arguments
	folder  string // of the connection that all others share; empty before the first
}

// addFar adds the flags of a command that may ask another host.
func (a *app) addFar(f *pflag.FlagSet) {
	f.StringVar(&a.far.host, "ssh", "", "the platform on this `HOST`, by ssh to its control socket; needs no engine")
	f.StringVar(&a.far.program, "ssh-program", "livestream-tui", "with --ssh: the `COMMAND` there, such as \"sudo livestream-tui-service\"")
}

// argv returns the ssh that connects to the control socket of the host.
func (f far) argv() []string {
	return append(f.ssh(), "-T", "--", f.host, f.program+" ctl connect")
}

// ssh returns ssh with the options by which all connections share one login.
func (f far) ssh() []string {
	return []string{"ssh", "-o", "ControlMaster=auto", "-o", "ControlPath=" + filepath.Join(f.folder, "s"), "-o", "ControlPersist=60"}
}

// dialFar connects to the platform of the other host, after a login.
func (a *app) dialFar(ctx context.Context) (*api.Remote, error) {
	if strings.HasPrefix(a.far.host, "-") {
		return nil, usagef("--ssh %q: allowed is HOST or USER@HOST", a.far.host)
	}
	if a.far.folder == "" {
		folder, err := os.MkdirTemp("", "lt") // short: the path of a socket has a limit
		if err != nil {
			return nil, err
		}
		a.far.folder = folder
	}
	return api.DialBy(ctx, relay.Dialer{Argv: a.far.argv()}.Dial, "the platform on "+a.far.host)
}

// hangUp ends what the connections to another host share.
func (a *app) hangUp() {
	if a.far.folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	ssh := append(a.far.ssh(), "-O", "exit", "--", a.far.host)
	_ = exec.CommandContext(ctx, ssh[0], ssh[1:]...).Run() // without one there is nothing to end
	_ = os.RemoveAll(a.far.folder)                         // a temporary folder: no harm if it stays
}

// connectCommand carries a connection to the control socket over standard input and output:
// it is what --ssh runs on the other host.
func connectCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "connect", Short: "carry standard input and output to the control socket, for --ssh", Args: cobra.NoArgs, Hidden: true,
		RunE: func(*cobra.Command, []string) error {
			if a.far.host != "" {
				return usagef("ctl connect is what --ssh runs: leave --ssh out")
			}
			p, err := a.dial(context.Background()) // its errors say what is wrong
			if err != nil {
				return err
			}
			p.Close()
			paths, err := a.paths()
			if err != nil {
				return err
			}
			ctx, release := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
			defer release()
			if err := relay.Serve(ctx, platform.SocketPath(paths.Run), os.Stdin, a.out); err != nil {
				return fmt.Errorf("control socket: %w", err)
			}
			return nil
		},
	}
}
