package api

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/event"
)

func TestContractEachMethodReturnsWhenItsContextIsCancelled(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		var commands atomic.Int64
		l := platformOf(t, platformtest.Supervisor{OnCommand: func(string, procs.Action) error { commands.Add(1); return nil }})
		p := open(t, l)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s, err := p.Snapshot(ctx)
		if !errors.Is(err, context.Canceled) || len(s.Processes) != len(l.Now().Processes) {
			t.Errorf("snapshot: got one of %d processes, %v, want the latest and %v", len(s.Processes), err, context.Canceled)
		}
		if _, err := p.Logs(ctx, 0, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("logs: got %v, want %v", err, context.Canceled)
		}
		_, events, err := p.Subscribe(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("subscribe: got %v, want %v", err, context.Canceled)
		}
		for range events { // until it is closed
		}
		for _, a := range platform.Actions() {
			if err := p.Command(ctx, platform.Command{Process: "server1", Action: a}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want %v", a, err, context.Canceled)
			}
		}
		if n := commands.Load(); n != 0 {
			t.Errorf("%d cancelled commands were done", n)
		}
	})
}

// TestContractAViewersSilenceShowsWithoutAChange lets time pass and nothing else: the
// version stays.
func TestContractAViewersSilenceShowsWithoutAChange(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		l := platformOf(t, platformtest.Supervisor{})
		p := open(t, l)
		l.Update(func(m *model.Model) {
			m.ApplyLine("viewer", event.Line{Time: time.Now().Add(time.Hour)}, event.Viewing{Signal: "live01", State: event.ViewPlaying})
		})
		before := seen(t, p)
		if before.OnAir.State != platform.AirOn {
			t.Fatalf("at first: got %+v, want on air", before.OnAir)
		}
		l.Update(func(m *model.Model) {
			m.Now.Viewings = slices.Clone(m.Now.Viewings)
			m.Now.Viewings[0].Time = time.Now().Add(-2 * onair.Silence)
		})
		var after platform.Snapshot
		platformtest.Await(t, "a later snapshot", func() bool {
			after = seen(t, p)
			return after.At.After(before.At)
		})
		if after.Version != before.Version {
			t.Fatalf("got version %d after %d: nothing has changed", after.Version, before.Version)
		}
		if after.OnAir.State != platform.AirUnknown || after.OnAir.Signals[0].State != platform.AirUnknown {
			t.Errorf("after the silence: got %+v, want unknown", after.OnAir)
		}
	})
}

// fixed is a platform with a snapshot that does not change, or an error in its place.
type fixed struct {
	*local.Local
	snapshot platform.Snapshot
	err      atomic.Pointer[error]
}

func (f *fixed) Snapshot(context.Context) (platform.Snapshot, error) {
	if err := f.err.Load(); err != nil {
		return f.snapshot, *err
	}
	return f.snapshot, nil
}

func TestTheLightOfAPlatformThatDoesNotAnswerIsUnknown(t *testing.T) {
	lost := errors.New("lost")
	for _, c := range []struct {
		name string
		fail func(s served, f *fixed)
		says string
		age  time.Duration // of the last snapshot
		want platform.AirState
	}{
		{"it is gone", func(s served, _ *fixed) { s.hangUp() }, ErrNoPlatform.Error(), time.Hour, platform.AirUnknown},
		{"it is gone, a moment ago", func(s served, _ *fixed) { s.hangUp() }, ErrNoPlatform.Error(), -time.Hour, platform.AirOn},
		{"it fails itself", func(_ served, f *fixed) { f.err.Store(&lost) }, "lost", time.Hour, platform.AirUnknown},
		{"it fails itself, a moment ago", func(_ served, f *fixed) { f.err.Store(&lost) }, "lost", -time.Hour, platform.AirOn},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := platformOf(t, platformtest.Supervisor{})
			f := &fixed{Local: l, snapshot: l.Now()}
			f.snapshot.At = time.Now().Add(-c.age)
			f.snapshot.OnAir = platform.OnAir{State: platform.AirOn, Signals: []platform.SignalAir{{Signal: "live01", State: platform.AirOn, Due: true}}}
			timeouts := defaultTimeouts()
			timeouts.end = 0
			s := serve(t, f, timeouts)
			r := dialed(t, s.path)
			if got := seen(t, r); got.OnAir.State != platform.AirOn {
				t.Fatalf("while it answers: got %+v, want on air", got.OnAir)
			}
			c.fail(s, f)
			got, err := r.Snapshot(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got error %v, want %q", err, c.says)
			}
			if got.OnAir.State != c.want || got.OnAir.Signals[0].State != c.want || !got.At.Equal(f.snapshot.At) {
				t.Errorf("got %+v at %s, want %s at %s", got.OnAir, got.At, c.want, f.snapshot.At)
			}
			if c.want == platform.AirUnknown && got.OnAir.Reason != err.Error() {
				t.Errorf("reason: got %q, want %q", got.OnAir.Reason, err)
			}
		})
	}
}
