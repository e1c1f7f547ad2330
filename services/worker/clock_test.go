package worker

import (
	"testing"
	"time"
)

func TestTheClockGoesOnFromTheLastNumber(t *testing.T) {
	c := newClock()
	later := c.now().Add(time.Hour)
	if got := c.notBefore(later).now(); got.Before(later) || got.Sub(later) > time.Minute {
		t.Errorf("got %s, want %s or a little later", got, later)
	}
	if got := c.notBefore(c.now().Add(-time.Hour)); got != c {
		t.Error("an earlier time changed the clock")
	}
}
