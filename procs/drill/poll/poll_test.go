package poll

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestUntilLooksUntilThereIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, looks := time.Now(), 0
		err := Until(t.Context(), time.Minute, func() error {
			if looks++; looks < 4 {
				return errors.New("not yet")
			}
			return nil
		})
		if err != nil || time.Since(began) != 3*period {
			t.Errorf("got %v after %s, want no error after %s", err, time.Since(began), 3*period)
		}
	})
}

func TestUntilReturnsTheLastErrorAtItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := Until(t.Context(), time.Second, func() error { return errors.New("server1 is down") })
		if err == nil || !strings.Contains(err.Error(), "server1 is down") || time.Since(began) > time.Second+2*period {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
	})
}

func TestACancelledWaitIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		err := Until(ctx, time.Hour, func() error { return errors.New("not yet") })
		if !errors.Is(err, context.Canceled) || time.Since(began) != time.Second {
			t.Errorf("got %v after %s, want that it was cancelled after a second", err, time.Since(began))
		}
		if err := Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("a sleep: got %v, want that it was cancelled", err)
		}
	})
}
