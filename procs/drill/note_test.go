package drill

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"livestream-tui/procs/platform"
)

func TestTheVerdictOfADrill(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want platform.DrillVerdict
		seen string
	}{
		{"nothing was noticed", t.Context(), nil, platform.DrillPassed, "no failover"},
		{"a player stood still", t.Context(), errors.New("1 stall"), platform.DrillFailed, "1 stall"},
		{"it could not be injected", t.Context(), fmt.Errorf("%w: no such process", errNotInjected), platform.DrillAborted, "the fault could not be made: no such process"},
		{"an operator ended it", cancelled, context.Canceled, platform.DrillAborted, "ended by the operator"},
	} {
		if got, seen := verdict(c.ctx, "no failover", c.err); got != c.want || seen != c.seen {
			t.Errorf("%s: got %s, %q, want %s, %q", c.name, got, seen, c.want, c.seen)
		}
	}
}
