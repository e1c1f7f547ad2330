package ctl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"livestream-tui/procs/platform"
)

// upgrade starts an upgrade and waits for its end.
func upgrade(ctx context.Context, c call) (string, error) {
	if err := c.command(ctx); err != nil || !c.Wait {
		return "upgrade started", err
	}
	timeout := time.NewTimer(c.Timeout)
	defer timeout.Stop()
	look := time.NewTicker(waitLook)
	defer look.Stop()
	for {
		u := c.latest(ctx).Upgrade
		switch {
		case u == nil || c.before.Upgrade != nil && !u.Began.After(c.before.Upgrade.Began): // not seen yet
		case u.Ended.IsZero():
		case u.Error != "":
			return "", &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("upgrade stopped after %d of %d processes: %s", u.Done, u.Total, u.Error)}
		default:
			return fmt.Sprintf("upgraded %d processes to %s in %s", u.Done, u.Version, u.Ended.Sub(u.Began).Round(100*time.Millisecond)), nil
		}
		select {
		case _, open := <-c.events:
			if !open && ctx.Err() == nil {
				return "", errors.New("upgrade: the platform ended in the meantime")
			}
		case <-look.C:
		case <-timeout.C:
			if u == nil {
				u = &platform.Upgrading{}
			}
			return "", &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("the upgrade has not ended after %s: %d of %d processes are done, now %s; it goes on", c.Timeout, u.Done, u.Total, u.Process)}
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
}
