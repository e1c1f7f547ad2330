package cli

import (
	"errors"
	"fmt"
	"os"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/service"
)

// status is the exit status of the program. Scripts and the supervisor, which runs
// this same binary, act on it, so a status keeps its meaning.
type status int

const (
	statusOK            status = 0   // also after TERM or HUP and a clean stop
	statusFailed        status = 1   // any error without a status of its own
	statusUsage         status = 2   // the command line is wrong, as in shells
	statusNeverReady    status = 3   // a service never became ready
	statusConfiguration status = 78  // EX_CONFIG of sysexits(3); the supervisor does not restart it
	statusInterrupted   status = 130 // 128 + SIGINT, as shells report it
)

// statusTexts says what each status means, in order.
func statusTexts() []statusText {
	return []statusText{
		{statusOK, "success; also after TERM or HUP and a clean stop"},
		{statusFailed, "failure: a port is in use, a folder cannot be written, the stream went off air, a drill failed, or no platform is running"},
		{statusUsage, "the command line is wrong, names a service that does not exist, or would take the stream off air without --yes"},
		{statusNeverReady, "a service did not become ready, or not within the --timeout of ctl"},
		{statusConfiguration, "the environment, the layout or config.yaml is bad; one message lists everything that is wrong"},
		{statusInterrupted, "INT (ctrl+c); a second one kills at once"},
	}
}

// statusText is a status with its meaning.
type statusText struct {
	status status
	text   string
}

// usageError is a wrong command line.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// layoutError is a layout that cannot be run as it is written.
type layoutError struct{ error }

func (e *layoutError) Unwrap() error { return e.error }

func statusOf(err error) status {
	var usage *usageError
	var layout *layoutError
	var config *service.ConfigError
	var own *preferencesError
	var outcome *platform.Outcome
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &usage):
		return statusUsage
	case errors.As(err, &config), errors.As(err, &layout), errors.As(err, &own):
		return statusConfiguration
	case errors.As(err, &outcome) && outcome.NeverReady:
		return statusNeverReady
	}
	return statusFailed
}

// exitInterrupted ends the program at once, for a second SIGINT where nothing needs
// to be cleaned up.
func exitInterrupted() { os.Exit(int(statusInterrupted)) }
