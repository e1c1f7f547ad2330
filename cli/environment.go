package cli

import (
	"github.com/spf13/cobra"

	"livestream-tui/services"
)

// environmentCommand is a help topic: it has no RunE.
func environmentCommand(*app) *cobra.Command {
	return &cobra.Command{Use: "environment", Short: "every setting, each an environment variable: help environment", Long: services.SettingsTable()}
}
