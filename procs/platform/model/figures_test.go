package model

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

func TestFiguresAreThoseThatAreKnown(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	view := func(process, signal string, state event.ViewState, buffer, latency int64, age time.Duration) platform.ViewingAt {
		return platform.ViewingAt{Time: now.Add(-age), Process: process, Viewing: event.Viewing{Signal: signal, State: state, BufferMS: buffer, LatencyMS: latency, BitrateBPS: 100}}
	}
	up := func(signal, url string, state report.State, usable bool) platform.Packager {
		return platform.Packager{Signal: signal, URL: url, Reported: true, Usable: usable, Status: report.PackagerStatus{State: state, LatencyMS: 1.5}}
	}
	s := platform.Snapshot{
		Processes: []platform.Process{
			{Status: platform.Status{Name: "worker", PID: 1, CPU: 50, RSS: 7}}, {Status: platform.Status{Name: "proxy", PID: 2}}, {Status: platform.Status{Name: "origin", CPU: 3}},
		},
		Packagers: []platform.Packager{up("a", "http://x", report.Up, true), up("a", "http://y", report.Stale, false), up("b", "http://x", report.Down, false), {URL: "http://z"}},
		Viewings: []platform.ViewingAt{
			view("one", "a", event.ViewPlaying, 4000, 5000, 0), view("two", "a", event.ViewStalled, 0, 9000, 0),
			view("one", "b", event.ViewPlaying, 4000, -1, 0), view("one", "silent", event.ViewPlaying, 1, 1, onair.Silence+1),
			view("one", "ended", event.ViewEnded, 1, 1, 0), view("one", "starting", event.ViewStarting, 1, 1, 0), view(platform.Self, "c", event.ViewPlaying, 1, 1, 0),
		},
	}
	var got []string
	for _, p := range Figures(s, now) {
		if p.Value >= 0 {
			got = append(got, fmt.Sprintf("%s %s: %v", p.Kind, p.Of, p.Value))
		}
	}
	slices.Sort(got)
	want := []string{
		"answer_ms a http://x: 1.5", "answer_ms a http://y: 1.5",
		"bitrate_bps a: 100", "bitrate_bps b: 100", "buffer_ms a: 0", "buffer_ms b: 4000",
		"cpu_percent proxy: 0", "cpu_percent worker: 50", "latency_ms a: 9000", "memory_bytes worker: 7",
		"usable_packagers a: 1", "usable_packagers b: 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}

func TestTheSpareIsKnownWhileSomethingIsOnAir(t *testing.T) {
	for _, c := range []struct {
		state platform.AirState
		spare bool
		want  series.SpareState
	}{
		{platform.AirOn, true, series.SpareThere}, {platform.AirOn, false, series.SpareMissing}, {platform.AirOff, false, series.SpareMissing},
		{platform.AirOffSoon, false, series.SpareMissing}, {platform.AirStarting, true, series.SpareUnknown}, {platform.AirUnknown, false, series.SpareUnknown}, {platform.AirEnded, false, series.SpareUnknown},
	} {
		if got := Spare(platform.Snapshot{OnAir: platform.OnAir{State: c.state, Spare: c.spare}}); got != c.want {
			t.Errorf("%s, spare %t: got %s, want %s", c.state, c.spare, got, c.want)
		}
	}
}
