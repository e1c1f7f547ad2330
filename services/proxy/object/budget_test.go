package object

import "testing"

func TestFullIsAskedForRoom(t *testing.T) {
	var b *Budget
	b = NewBudget(100*small, func(excess int64) { b.Sub(excess) })
	if !b.TryAdd(80*small) || !b.TryAdd(80*small) || b.Used() > 100*small {
		t.Errorf("with room to be made: got %d, want it made", b.Used())
	}
	b = NewBudget(100*small, nil)
	if !b.TryAdd(100*small) || b.TryAdd(2*small) || !b.TryAdd(small) {
		t.Error("at the limit: want what is small alone to be taken")
	}
	for b.TryAdd(small) {
	}
	if b.Used() > 105*small {
		t.Errorf("small ones: got %d, want a twentieth at most", b.Used()/small)
	}
}
