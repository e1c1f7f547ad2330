package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/handover"
	"livestream-tui/services/kit/httpx"
)

const (
	// healthyTimeout bounds the question.
	healthyTimeout = 2 * time.Second
	// reasonMost bounds the answer of a service, in bytes.
	reasonMost = 1 << 10
)

func healthyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "healthy", Short: "succeed if what runs here is healthy, for the health check of a container", Args: cobra.NoArgs,
		Long: "Asks the service at SERVICE_SOCKET whether it is ready; where none is there, asks the platform that runs here\n" +
			"whether it is on air. Prints the answer. The exit status is 0 if it is, and 1 otherwise.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), healthyTimeout)
			defer cancel()
			answer, err := a.healthy(ctx)
			if err == nil {
				fmt.Fprintln(a.out, answer)
			}
			return err
		},
	}
}

// healthy returns how the service or the platform that runs here is, or an error that says
// why it is not healthy.
func (a *app) healthy(ctx context.Context) (string, error) {
	path := a.env[handover.SocketVariable]
	if info, err := os.Stat(path); path != "" && err == nil && info.Mode()&os.ModeSocket != 0 {
		return readiness(ctx, path)
	}
	p, err := a.dialToWatch(ctx)
	if err != nil {
		return "", err
	}
	defer p.Close()
	return health(p.Latest().OnAir) // dial has just fetched it
}

// health returns the state of a platform that is on air, or an error with its state and the
// reason.
func health(air platform.OnAir) (string, error) {
	if air.State == platform.AirOn || air.State == platform.AirOffSoon {
		return air.State.String(), nil
	}
	return "", errors.New(strings.TrimSuffix(air.State.String()+": "+air.Reason, ": "))
}

// readiness asks the service whose socket is at path.
func readiness(ctx context.Context, path string) (string, error) {
	client := httpx.New(httpx.Options{Dial: httpx.Socket(path)})
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://service/readyz", nil)
	if err != nil {
		return "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("SERVICE_SOCKET=%q: no answer: %w", path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, reasonMost))
	if err != nil {
		return "", fmt.Errorf("SERVICE_SOCKET=%q: %w", path, err)
	}
	if answer := strings.TrimSpace(string(b)); res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("not ready: %s", answer)
	}
	return "ready", nil
}
