package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"livestream-tui/services/kit/service"
)

// app is the state that the commands share.
type app struct {
	version string
	env     service.Environment
	out     io.Writer // standard output
	errs    io.Writer // standard error
	// interrupted is set by SIGINT, which has an exit status of its own.
	interrupted atomic.Bool
	// far is the other host that is asked; none without --ssh.
	far far
}

// Run runs the program with these arguments, without its name, and returns the exit
// status. It blocks until the command has finished.
func Run(version string, args []string) int {
	a := &app{version: version, env: service.OSEnvironment(), out: os.Stdout, errs: os.Stderr}
	return int(a.run(args))
}

func (a *app) run(args []string) status {
	root := rootCommand(a)
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.errs)
	began := false // an error before the command's own work is wrong usage
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	cmd, err := root.ExecuteC()
	a.hangUp()
	if err != nil && !began {
		err = &usageError{err}
	}
	if err == nil && a.interrupted.Load() {
		return statusInterrupted
	}
	if err != nil {
		a.complain(cmd, err)
	}
	return statusOf(err)
}

// complain reports the error, as a line of log if a supervisor reads it.
func (a *app) complain(cmd *cobra.Command, err error) {
	if a.env["LOG_FORMAT"] == "json" {
		hclog.New(&hclog.LoggerOptions{Name: cmd.Name(), Output: a.errs, JSONFormat: true}).Error(err.Error())
		return
	}
	fmt.Fprintf(a.errs, "livestream-tui: %v\n", err)
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(a.errs, "see: %s --help\n", cmd.CommandPath())
	}
}
