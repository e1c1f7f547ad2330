package follow

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"testing"
	"time"
	"unsafe"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/events"
	"livestream-tui/services/proxy/metrics"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/preference"
	"livestream-tui/services/proxy/statefile"
	"livestream-tui/services/proxy/upstream"
)

// stepped is t as a clock shows it after its wall time was set forward by so many hours;
// its monotonic reading is that of t. Package time has no function for that: it keeps the
// seconds from 1885 on above the nanoseconds, which have 30 bits.
func stepped(t *testing.T, at time.Time, hours int) time.Time {
	t.Helper()
	parts := (*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&at))
	before := at
	parts.wall += uint64(hours*3600) << 30
	if at.Sub(before) != 0 || at.Round(0).Sub(before.Round(0)) != time.Duration(hours)*time.Hour {
		t.Fatalf("got %s from %s, want the wall clock alone %d hours on", at, before, hours)
	}
	return at
}

// TestAStepOfTheWallClockDropsNothing is outside of a bubble, whose time has no
// monotonic reading.
func TestAStepOfTheWallClockDropsNothing(t *testing.T) {
	const key = "/live01/playlist.m3u8"
	for name, hours := range map[string]int{"forward": 30, "back": -30} {
		t.Run(name, func(t *testing.T) {
			const idle = time.Minute
			nowhere := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }
			kit := service.NewKit("proxy", service.Common{}, nil, io.Discard)
			s := New(Options{
				Bases: []string{"http://server1"}, Packagers: []*upstream.Upstream{upstream.New("http://server1", upstream.Options{Dial: nowhere})},
				Origins: preference.New(nil, nowhere), CacheBytes: 1 << 20, Most: 10, Idle: idle, State: statefile.Open(t.TempDir(), 1),
				Events: events.New(), Metrics: metrics.New(kit.Metrics), Log: kit.Log, Quiet: service.NewQuiet(kit.Log, service.QuietPeriod),
			})
			defer s.Close()
			list, err := s.Follow(key, key)
			if err != nil {
				t.Fatal(err)
			}
			list.waits.Begin() // somebody waits: it is kept for the whole time
			list.watch(time.Now())
			s.tick(stepped(t, time.Now(), hours), false)
			if s.Find(key) != list {
				t.Error("a playlist that was asked for a moment ago was dropped")
			}
			if at := list.Watched(); time.Since(at) > time.Minute {
				t.Errorf("played a moment ago: got at %s", at)
			}
			s.tick(stepped(t, time.Now().Add(idle+time.Second), hours), false)
			if s.Find(key) != nil {
				t.Error("it was not dropped in time")
			}
		})
	}
}

func TestWhatWasLeastLatelyUsedIsSoByTheMonotonicClock(t *testing.T) {
	now := time.Now()
	old, fresh := object.New("old", now), object.New("fresh", now)
	old.Touch(stepped(t, now, 5))
	fresh.Touch(now.Add(time.Second))
	if !old.Touched().Before(fresh.Touched()) {
		t.Errorf("touched at %s and a second later: got %s", old.Touched(), fresh.Touched())
	}
}

func TestAMomentIsKeptInTheTimeOfTheDay(t *testing.T) {
	now := time.Now()
	m := moment{began: now}
	if !m.get().IsZero() || !m.was(now).IsZero() {
		t.Errorf("never set: got %s", m.get())
	}
	if before := m.set(now); !before.IsZero() || !m.get().Equal(now) {
		t.Errorf("set at once: got %s before, %s now", before, m.get())
	}
	later := stepped(t, now.Add(3*time.Second), 7)
	b, err := json.Marshal(m.was(later))
	if err != nil {
		t.Fatal(err)
	}
	var kept time.Time
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Fatal(err)
	}
	if got := later.Round(0).Sub(kept); got != 3*time.Second {
		t.Errorf("3 s ago, by a clock that was set since: got %s ago", got)
	}
}
