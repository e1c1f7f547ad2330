package rules

import (
	"testing"
	"time"
)

func TestLedgerForgetsTheOldest(t *testing.T) {
	var l Ledger
	name := func(i int) string { return time.Duration(i).String() }
	for i := range ledgerSize + 1 {
		if got := l.Enter(name(i), Sum{1}); got != (Sum{1}) {
			t.Fatalf("got %x, want what was entered", got)
		}
	}
	if got := l.Enter(name(1), Sum{2}); got != (Sum{1}) {
		t.Errorf("got %x, want what it held first", got)
	}
	if got := l.Enter(name(0), Sum{2}); got != (Sum{2}) || len(l.sums) != ledgerSize {
		t.Errorf("got %x and %d entries, want the oldest forgotten", got, len(l.sums))
	}
}
