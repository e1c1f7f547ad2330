package tail

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// deadline is for what a busy machine delays.
const deadline = 30 * time.Second

func TestWatchWakesWhatHasChanged(t *testing.T) {
	x, quiet := newTailed(t), newTailed(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); Watch(ctx, []*Tail{x.tail, quiet.tail}) }()
	wakes := func(of *tailed, what string, within time.Duration) {
		t.Helper()
		select {
		case <-of.tail.wake:
		case <-time.After(within):
			t.Fatalf("%s: not woken within %s", what, within)
		}
	}
	idle := 0
	for i := range 10 {
		x.write("a line\n")
		wakes(x, fmt.Sprint("line ", i), deadline)
		select {
		case <-quiet.tail.wake:
			idle++
		default:
		}
	}
	if idle > 5 {
		t.Errorf("one that is quiet was woken %d times, one that is not 10 times: want it to be seldom", idle)
	}
	wakes(quiet, "unchanged", deadline)
	wakes(quiet, "unchanged, a second later", deadline)
	if err := os.Rename(x.tail.path, x.tail.path+".1"); err != nil {
		t.Fatal(err)
	}
	wakes(x, "moved away", deadline)
	cancel()
	<-ended
}

func TestAFloodIsLookedAtLessOften(t *testing.T) {
	for grown, want := range map[int64]time.Duration{0: pollPeriod, floodLeast - 1: pollPeriod, floodLeast: floodPeriod, 1 << 40: floodPeriod} {
		if got := pauseAfter(grown); got != want {
			t.Errorf("%d bytes: got %s until the next look, want %s", grown, got, want)
		}
	}
}
