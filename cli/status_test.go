package cli

import (
	"errors"
	"fmt"
	"testing"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/service"
)

func TestStatusOfAnError(t *testing.T) {
	config := &service.ConfigError{Problems: []service.Problem{{Variable: "PROXY_PORT"}}}
	for _, c := range []struct {
		name string
		err  error
		want status
	}{
		{"no error", nil, statusOK},
		{"any other error", errors.New("disk full"), statusFailed},
		{"a command line that makes no sense", usagef("--for %s", "-1s"), statusUsage},
		{"a bad setting named on the command line", &usageError{config}, statusUsage},
		{"a bad environment", config, statusConfiguration},
		{"a bad environment, wrapped", fmt.Errorf("worker: %w", config), statusConfiguration},
		{"a bad layout", &layoutError{errors.New("line 3")}, statusConfiguration},
		{"a service that never became ready", &platform.Outcome{NeverReady: true}, statusNeverReady},
		{"never ready, and a folder that stayed", errors.Join(&platform.Outcome{NeverReady: true}, errors.New("folder")), statusNeverReady},
		{"off air in the end", &platform.Outcome{}, statusFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := statusOf(c.err); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}
