package upstream

import (
	"testing"
	"time"
)

func TestFirstByteTimer(t *testing.T) {
	var b firstBytes
	if got := b.limit(); got != firstByteLeast {
		t.Errorf("at first: got %s, want %s", got, firstByteLeast)
	}
	for range 64 {
		b.note(150 * time.Millisecond)
	}
	if got := b.limit(); got != 300*time.Millisecond {
		t.Errorf("150 ms each time: got %s, want twice that", got)
	}
	for range 64 {
		b.note(5 * time.Second)
	}
	if got := b.limit(); got != Silence {
		t.Errorf("5 s each time: got %s, want %s", got, Silence)
	}
}
