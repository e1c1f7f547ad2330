package cli

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"livestream-tui/procs/guardian"
	"livestream-tui/tui/terminal"
)

// guardianCommand is the command that the supervisor starts beside itself; its arguments
// are the supervisor's records and, with a dashboard, the state of the terminal.
func guardianCommand(*app) *cobra.Command {
	return &cobra.Command{
		Use: guardian.Command + " RECORDS [TERMINAL]", Short: "end what a killed supervisor has left", Hidden: true, Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			// It must outlive what ends the supervisor, a closed terminal included.
			signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTTOU)
			orphaned, err := guardian.Guard(os.Stdin, args[0])
			if orphaned {
				err = errors.Join(err, terminal.Restore(args[1:]))
			}
			return err
		},
	}
}
