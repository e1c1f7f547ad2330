package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
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
		layoutsCommand,
		manCommand,
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
		if c.Name() == "help" {
			c.Args = knownTopic
		}
	}
	addExamples(root)
	return root
}

// suggestionDistance is by how many letters a misspelt command may differ from the
// one that is suggested.
const suggestionDistance = 2

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
