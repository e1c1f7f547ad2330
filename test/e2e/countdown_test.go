package e2e

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
	"livestream-tui/test/harness"
)

// TestTheCountdownEndsWhereTheViewerStalls stops both packagers: the light counts down to the
// moment at which the viewer's picture stands still. Once they are back it is started over,
// and a packager that comes back in time averts the outage.
func TestTheCountdownEndsWhereTheViewerStalls(t *testing.T) {
	harness.Parallel(t)
	p := harness.Launch(t, harness.Settings(t))
	p.AwaitOnAir(harness.Every...)
	w := openLight(t, p)
	w.awaitHeld(t, p)

	w.command(t, platform.Stop, "server1", "server2")
	soon := w.await(t, p, platform.AirOffSoon)
	first, _, _ := soon.OnAir.Worst()
	if first.Cause != platform.NoPackager || len(first.Mends) != 2 || first.Mends[0].Action != platform.Start || first.LastSegment.IsZero() {
		t.Errorf("got %+v, want no packager, and both to be started", first)
	}
	status := p.Ctl("status")
	for _, says := range []string{"OFF AIR IN ", "0 of 2 packagers usable", "livestream-tui ctl start server1"} {
		if !strings.Contains(status, says) {
			t.Errorf("ctl status lacks %q:\n%s", says, status)
		}
	}
	off := w.await(t, p, platform.AirOff)
	stall := off.Outage("live01")
	if stall == nil {
		t.Fatalf("off air without an outage: %+v", off.OnAir)
	}
	worst := time.Duration(0)
	for _, l := range w.seen {
		if l.State == platform.AirOffSoon {
			worst = max(worst, l.Until.Sub(stall.Since).Abs())
		}
	}
	last := w.seen[len(w.seen)-2] // before the one that is off air
	t.Logf("the countdown of %s ended %s from the stall at its last word, %s at its worst; the light was red %s after the stall",
		first.Until.Sub(soon.At).Round(time.Millisecond), last.Until.Sub(stall.Since), worst, off.At.Sub(stall.Since).Round(time.Millisecond))
	if d := last.Until.Sub(stall.Since).Abs(); last.State != platform.AirOffSoon || d > 200*time.Millisecond {
		t.Errorf("got %s until %s, want the stall at %s within 200ms", last.State, last.Until, stall.Since)
	}

	w.command(t, platform.Start, "server1", "server2")
	w.await(t, p, platform.AirOn)
	w.awaitHeld(t, p)
	p.Await(5*time.Second, "one outage of one length", func() error { // the last hour ends with a whole second
		on := w.now(t)
		last, hour := on.OnAir.LastOutage, on.OnAir.LastHour
		if len(on.Outages) != 1 || last == nil || hour == nil || math.Abs(float64(hour.OffMS-last.LengthMS)) > 1 || hour.Percent >= 100 {
			return fmt.Errorf("%+v, the last %+v, the last hour %+v", on.Outages, last, hour)
		}
		return nil
	})

	lines := func(begun, averted int) func() error {
		return func() error {
			all := strings.Join(p.Logged(), "\n")
			if b, a := strings.Count(all, `"off air in `), strings.Count(all, `"averted":{"signal":"live01","cause":"no packager",`); b != begun || a != averted {
				return fmt.Errorf("%d countdowns begin and %d are averted, want %d and %d", b, a, begun, averted)
			}
			return nil
		}
	}
	w.command(t, platform.Stop, "server1", "server2")
	p.Await(5*time.Second, "the line of the second countdown", lines(2, 0))
	w.command(t, platform.Start, "server1")
	if averted := w.await(t, p, platform.AirOn); len(averted.Outages) != 1 {
		t.Errorf("got %+v, want no outage but the first", averted.Outages)
	}
	p.Await(5*time.Second, "the line of its end", lines(2, 1))
}

// light is a platform's light as a client sees it.
type light struct {
	remote *api.Remote
	// seen are the lights of live01 so far, the latest last.
	seen []platform.SignalAir
}

func openLight(t *testing.T, p *harness.Platform) *light {
	t.Helper()
	remote, err := api.Dial(t.Context(), platform.SocketPath(p.Env["RUN_PATH"]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remote.Close)
	return &light{remote: remote}
}

func (w *light) now(t *testing.T) platform.Snapshot {
	t.Helper()
	s, err := w.remote.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.OnAir.Signals {
		if l.Signal == "live01" {
			w.seen = append(w.seen, l)
		}
	}
	return s
}

// await waits for a state of the light.
func (w *light) await(t *testing.T, p *harness.Platform, state platform.AirState) platform.Snapshot {
	t.Helper()
	var s platform.Snapshot
	p.Await(60*time.Second, "the light "+state.String(), func() error {
		if s = w.now(t); s.OnAir.State != state {
			return fmt.Errorf("it is %s: %s", s.OnAir.State, s.OnAir.Reason)
		}
		return nil
	})
	return s
}

// awaitHeld waits until both packagers are usable and the viewer holds what it usually does.
func (w *light) awaitHeld(t *testing.T, p *harness.Platform) {
	t.Helper()
	p.Await(60*time.Second, "both packagers and a full buffer", func() error {
		s := w.now(t)
		usable, _ := s.Usable("live01")
		if usable < 2 || len(s.Viewings) == 0 || s.Viewings[0].BufferMS < 4000 || s.OnAir.State != platform.AirOn {
			return fmt.Errorf("%d usable, %+v, %s", usable, s.Viewings, s.OnAir.State)
		}
		return nil
	})
}

// command gives a command to several processes.
func (w *light) command(t *testing.T, a platform.Action, processes ...string) {
	t.Helper()
	for _, name := range processes {
		if err := w.remote.Command(t.Context(), platform.Command{Process: name, Action: a}); err != nil {
			t.Fatalf("%s %s: %v", a, name, err)
		}
	}
}
