package local

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/event"
)

func TestOnAirFollowsFromTheViewersReports(t *testing.T) {
	reported := func(signal string, state event.ViewState, age time.Duration, stalled int64) func(m *model.Model, now time.Time) {
		return func(m *model.Model, now time.Time) {
			v := event.Viewing{Signal: signal, State: state, StalledForMS: stalled}
			if state == event.ViewStalled {
				v.Since = now.Add(-time.Duration(stalled) * time.Millisecond)
			}
			m.ApplyLine("viewer", event.Line{Time: now.Add(-age)}, v)
		}
	}
	playing := reported("live01", event.ViewPlaying, time.Second, 0)
	viewerReady := func(m *model.Model, now time.Time) {
		m.SetStatus(platform.Status{Name: "viewer", State: procs.Ready, PID: 9}, now)
	}
	for _, c := range []struct {
		name   string
		happen []func(m *model.Model, now time.Time)
		state  platform.AirState
		says   string
	}{
		{"no viewer has reported", nil, platform.AirStarting, "not ready yet: worker, reporter"},
		{"it plays", []func(*model.Model, time.Time){playing}, platform.AirOn, ""},
		{"one plays and one stands still", []func(*model.Model, time.Time){playing, reported("live02", event.ViewStalled, 0, 3200)}, platform.AirOff, "live02 has stood still since 11:59:56"},
		{"one plays and one was never shown", []func(*model.Model, time.Time){playing, reported("live02", event.ViewStarting, 0, 0)}, platform.AirStarting, "live02 has not been shown yet"},
		{"the viewer is silent", []func(*model.Model, time.Time){reported("live01", event.ViewPlaying, 12*time.Second, 0)}, platform.AirUnknown, "viewer has not reported on live01 since 11:59:48"},
		{"silent about a signal that no longer exists", []func(*model.Model, time.Time){playing, reported("live02", event.ViewPlaying, 12*time.Second, 0), viewerReady}, platform.AirOn, ""},
		{"silent about everything, and dead", []func(*model.Model, time.Time){reported("live02", event.ViewPlaying, 12*time.Second, 0)}, platform.AirUnknown, "live02"},
		{"it stops", []func(*model.Model, time.Time){playing, func(m *model.Model, _ time.Time) { m.SetStopping() }}, platform.AirStopping, "stopping"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &platformOf(t, platformtest.Supervisor{}).model
			platformtest.PlayLive01(m)
			now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.Local)
			for _, happen := range c.happen {
				happen(m, now)
			}
			s := m.Now
			s.At = now
			if got := onair.Complete(s).OnAir; got.State != c.state || !strings.Contains(got.Reason, c.says) || got.State == platform.AirOn && got.Reason != "" || !got.Spare {
				t.Errorf("got %+v, want %s, %q, with a spare", got, c.state, c.says)
			}
		})
	}
	if got := onair.Light(platform.Snapshot{Processes: []platform.Process{{Service: "proxy", Role: layouts.Proxy}}}); got.State != platform.AirUnknown || got.Spare {
		t.Errorf("a layout without a viewer and a proxy: got %+v, want unknown, no spare", got)
	}
}
