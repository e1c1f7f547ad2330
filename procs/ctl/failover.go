package ctl

import (
	"context"
	"fmt"
	"strings"

	"livestream-tui/procs/platform"
)

// failover moves a signal, or every signal, and waits until the origin's preference shows it.
func failover(ctx context.Context, c call) (string, error) {
	if err := c.command(ctx); err != nil {
		return "", err
	}
	var moved []string
	err := c.settle(ctx, func(now platform.Snapshot) bool {
		for _, n := range c.preferences(now) {
			for _, b := range c.before.Preferences {
				if n.Signal == b.Signal && n.Active != b.Active {
					moved = append(moved, fmt.Sprintf("%s from %s to %s", n.Signal, c.before.Packager(b.Active), now.Packager(n.Active)))
				}
			}
		}
		return len(moved) > 0
	})
	if err != nil || len(moved) == 0 {
		return "failover requested; no signal has moved yet", err
	}
	return "failover: " + strings.Join(moved, ", "), nil
}
