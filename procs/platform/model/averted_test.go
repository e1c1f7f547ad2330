package model

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs/platform"
)

func TestACountdownThatEndsWithoutAnOutageIsAnEvent(t *testing.T) {
	const s = time.Second
	soon := func(until time.Duration) platform.SignalAir {
		return platform.SignalAir{Signal: "live01", State: platform.AirOffSoon, Due: true, Until: noon.Add(until), Cause: platform.NoPackager, LastSegment: noon}
	}
	in := func(state platform.AirState, came time.Duration) platform.SignalAir {
		return platform.SignalAir{Signal: "live01", State: state, Due: true, LastSegment: noon.Add(came)}
	}
	averted := func(at, left, length time.Duration) []platform.Event {
		return []platform.Event{{Time: noon.Add(at), What: platform.Averted{Signal: "live01", Cause: platform.NoPackager, LeftMS: left.Milliseconds(), LengthMS: length.Milliseconds()}}}
	}
	notDue := soon(12 * s)
	notDue.Due = false
	for name, c := range map[string]struct {
		lights []platform.SignalAir // a second apart, the first at noon
		want   []platform.Event
	}{
		"media comes in time":                 {[]platform.SignalAir{in(platform.AirOn, 0), soon(12 * s), soon(12 * s), soon(12 * s), in(platform.AirOn, 3600*time.Millisecond)}, averted(3600*time.Millisecond, 8400*time.Millisecond, 2600*time.Millisecond)},
		"a last segment came, and then more":  {[]platform.SignalAir{soon(8 * s), soon(10 * s), in(platform.AirOn, 1500*time.Millisecond)}, averted(1500*time.Millisecond, 8500*time.Millisecond, 1500*time.Millisecond)},
		"a packager is back, and media later": {[]platform.SignalAir{soon(8 * s), soon(8 * s), in(platform.AirOn, 0), in(platform.AirOn, 0), in(platform.AirOn, 3500*time.Millisecond)}, averted(3500*time.Millisecond, 4500*time.Millisecond, 2*s)},
		"a packager is back for a moment":     {[]platform.SignalAir{soon(8 * s), in(platform.AirOn, 0), soon(8 * s), in(platform.AirOn, 2500*time.Millisecond)}, averted(2500*time.Millisecond, 5500*time.Millisecond, 2500*time.Millisecond)},
		"a packager is back, and brings none": {[]platform.SignalAir{soon(2 * s), in(platform.AirOn, 0), in(platform.AirOff, 0), in(platform.AirOn, 4*s)}, nil},
		"it ends in an outage":                {[]platform.SignalAir{soon(s), in(platform.AirOff, 0), in(platform.AirOn, 0)}, nil},
		"the signal ends":                     {[]platform.SignalAir{soon(9 * s), in(platform.AirEnded, 0), in(platform.AirOn, 0)}, nil},
		"nobody knows any more":               {[]platform.SignalAir{soon(9 * s), in(platform.AirUnknown, 0), in(platform.AirOn, 0)}, nil},
		"the signal is not due":               {[]platform.SignalAir{notDue, in(platform.AirOn, 0)}, nil},
		"there never was one":                 {[]platform.SignalAir{in(platform.AirOn, 0), in(platform.AirOn, s)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []platform.Event
			m := &Model{Publish: func(e platform.Event) { got = append(got, e) }}
			for i, l := range c.lights {
				m.publishAverted(platform.Snapshot{At: noon.Add(time.Duration(i) * s), OnAir: platform.OnAir{Signals: []platform.SignalAir{l}}})
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}
