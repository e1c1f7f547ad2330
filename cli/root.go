package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commands is the table of commands, apart from the services: those come from the
// catalogue of services.
func commands() []func(*app) *cobra.Command {
	return []func(*app) *cobra.Command{
		attachCommand,
		cacheCommand,
		configCommand,
		ctlCommand,
		doctorCommand,
		drillCommand,
		environmentCommand,
		eventsCommand,
		guardianCommand,
		healthyCommand,
		inviteCommand,
		joinCommand,
		keysCommand,
		layoutsCommand,
		manCommand,
		removeCommand,
		reportCommand,
		tokenCommand,
		versionCommand,
	}
}

// rootCommand runs the platform, and holds every other command.
func rootCommand(a *app) *cobra.Command {
	root := platformCommand(a)
	root.Version = a.version // adds --version
	root.SetVersionTemplate(versionLine(a.version))
	root.SilenceErrors, root.SilenceUsage = true, true
	addServices(root, a)
	for _, command := range commands() {
		root.AddCommand(command(a))
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = knownTopic
		case "completion": // Cobra would show its help for an unknown shell
			c.Args, c.RunE = onlyCommands, needsShell
		}
	}
	root.SetFlagErrorFunc(badFlag)
	addExamples(root)
	return root
}

// suggestionDistance is by how many letters a misspelt command may differ from the
// one that is suggested.
const suggestionDistance = 2

// needsShell refuses the command completion without the name of a shell.
func needsShell(cmd *cobra.Command, _ []string) error {
	var shells []string
	for _, c := range cmd.Commands() {
		shells = append(shells, c.Name())
	}
	return usagef("completion needs a shell: allowed are %s", strings.Join(shells, ", "))
}

// badFlag says which values a flag may have, where its type tells that.
func badFlag(_ *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	if !errors.As(err, &bad) {
		return err
	}
	switch f := bad.GetFlag(); f.Value.Type() {
	case "duration":
		return fmt.Errorf("--%s %q: allowed is a number with a unit, such as 500ms, 10s or 2m", f.Name, bad.GetValue())
	case "int", "int64", "uint64":
		return fmt.Errorf("--%s %q: allowed is a whole number", f.Name, bad.GetValue())
	}
	return err
}

// knownTopic refuses help on an unknown command, for which Cobra would show the
// root's help.
func knownTopic(help *cobra.Command, topic []string) error {
	cmd, rest, err := help.Root().Find(topic)
	if err == nil && cmd == help.Root() {
		err = onlyCommands(cmd, rest)
	}
	return err
}

// onlyCommands refuses the arguments of a command that takes only subcommands: each
// argument is an unknown command.
func onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q%s", args[0], hint)
}
