package sink_test

import (
	"testing"

	"livestream-tui/services/packager/sinktest"
)

func TestWaitingRequestsAreWokenByTheNextPlaylist(t *testing.T) {
	b := sinktest.New(t, false)
	p := sinktest.NewWorker(b)
	p.Publish(100, 103)
	before := b.Snapshot()
	p.Publish(104, 104)
	after := b.Snapshot()
	woken := func(c chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	if !woken(before.Replaced) || woken(after.Replaced) {
		t.Errorf("got the first replaced %t, the second %t, want the first alone", woken(before.Replaced), woken(after.Replaced))
	}
	if before.Newest() != 103 || before.Media["104.m4s"] != nil {
		t.Error("a snapshot changed")
	}
	b.Sink.Forget("live01")
	if !woken(after.Replaced) {
		t.Error("the signal is gone and waiting requests were not woken")
	}
}
