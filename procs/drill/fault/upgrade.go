package fault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/platform"
)

const renewedCase = "It is restarted or upgraded"

var upgrading = Fault{Name: "upgrade", More: true, hits: thePlatform, NoSource: ComeBack, prepare: allPaced, inject: upgrade, Proves: renewedCase,
	About: "every process is restarted from the binary on disk, one after the other"}

// upgradeWithin bounds the upgrade of a whole platform.
const upgradeWithin = 90 * time.Second

// upgrade restarts every process from the binary on disk and waits for the last.
func upgrade(ctx context.Context, a *attempt, _ string) error {
	s, err := a.target.Platform.Snapshot(ctx)
	if err != nil {
		return err
	}
	before := map[string]int{}
	for _, p := range s.Processes {
		before[p.Name] = p.Incarnation
	}
	if err := a.target.command(ctx, "", platform.Upgrade); err != nil {
		return err
	}
	var stopped error
	err = poll.Until(ctx, upgradeWithin, func() error {
		now, err := a.target.Platform.Snapshot(ctx)
		if err != nil {
			return err
		}
		if u := now.Upgrade; u != nil && u.Error != "" {
			stopped = fmt.Errorf("the upgrade stopped at %s: %s", u.Process, u.Error)
			return nil
		}
		for _, p := range now.Processes {
			if p.Incarnation == before[p.Name] || p.State != platform.Ready {
				return fmt.Errorf("%s is not renewed: %s %s", p.Name, p.State, p.Reason)
			}
		}
		if now.Upgrade == nil || now.Upgrade.Ended.IsZero() {
			return errors.New("the upgrade is not over")
		}
		return nil
	})
	return errors.Join(stopped, err)
}
