package machine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/worker/ffmpeg"
)

func TestAMachineAtFaultIsCheckedUntilItIsMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &servicetest.Log{}
		m := New("ffmpeg", hclog.New(&hclog.LoggerOptions{Output: l, JSONFormat: true}))
		checks := 0
		fault := &ffmpeg.Machine{Command: "ffmpeg", What: "it is built without libx264", Remedy: "install it"}
		m.Check = func(context.Context) error {
			if checks++; checks < 4 {
				return fault
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { m.Watch(ctx); close(ended) }()
		if m.Blame(errors.New("the film's")) || m.Why() != nil {
			t.Error("an error of the film's is the machine's")
		}
		m.Await(ctx) // returns at once
		began := time.Now()
		if !m.Blame(fmt.Errorf("mezzanine: %w", fault)) || !m.Blame(fault) {
			t.Error("an error of the machine's is not")
		}
		m.Await(ctx)
		if got := time.Since(began); got != 4*checkEvery || checks != 4 {
			t.Errorf("mended after %s and %d checks, want %s and 4", got, checks, 4*checkEvery)
		}
		if m.Why() != nil {
			t.Errorf("got %v, want no fault", m.Why())
		}
		if n := l.Count("FFmpeg does not work, no film can be made until it does"); n != 1 {
			t.Errorf("said %d times, want once", n)
		}
		if err := m.Suspect(ctx); err != nil {
			t.Errorf("a machine that works: got %v", err)
		}
		cancel()
		<-ended
	})
}
