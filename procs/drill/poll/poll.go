package poll

import (
	"context"
	"fmt"
	"time"
)

// period is how long it is from one look to the next.
const period = 20 * time.Millisecond

// Until looks until look returns nil, for limit at most. The error is the last one that
// look returned, or that of ctx.
func Until(ctx context.Context, limit time.Duration, look func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := look()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(deadline):
			return fmt.Errorf("not within %s: %w", limit, err)
		}
		if err := Sleep(ctx, period); err != nil {
			return err
		}
	}
}

// Sleep returns after d, or with the error of ctx when that is cancelled.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
