package follow

import (
	"context"
	"time"
)

// Run calls load until ctx is cancelled, first at once and then at the time that the call
// before it returned. It returns the error of ctx. A load that ctx has cut short is the
// last one, whatever it returns.
func Run(ctx context.Context, load func(context.Context) (next time.Time)) error {
	for {
		if err := Until(ctx, load(ctx)); err != nil {
			return err
		}
	}
}

// Until waits for a time, which may have passed. It returns the error of ctx once that is
// cancelled.
func Until(ctx context.Context, due time.Time) error {
	d := time.Until(due)
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
