// Package e2e runs the built binary as people do: real processes, real FFmpeg, real
// players.
package e2e

import (
	"os"
	"os/signal"
	"syscall"
	"testing"

	"livestream-tui/cli"
	"livestream-tui/test/harness"
)

func TestMain(m *testing.M) {
	if os.Getenv(asItself) != "" {
		beItself()
	}
	os.Exit(harness.Main(m))
}

// asItself is a variable that makes the test binary livestream-tui itself, with a
// goroutine that panics on USR1: the product has no switch for that.
const asItself = "LIVESTREAM_TUI_TEST_AS_ITSELF"

func beItself() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		<-signals
		panic("a goroutine of ours")
	}()
	os.Exit(cli.Run("test", os.Args[1:]))
}

// The exit statuses of the command line.
const (
	failed      = 1
	misused     = 2
	interrupted = 130
)
