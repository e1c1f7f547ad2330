package webhook

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	live "livestream-tui/services/kit/signals"
)

// began is when the tests begin.
var began = time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)

// moment is a snapshot of live01 with two usable packagers, some time after began.
func moment(after time.Duration, state platform.AirState, change func(s *platform.Snapshot)) platform.Snapshot {
	s := platform.Snapshot{
		At: began.Add(after), Layout: "default", PID: 7,
		OnAir:     platform.OnAir{State: state, Spare: true, Signals: []platform.SignalAir{{Signal: "live01", State: state, Due: true}}},
		Packagers: []platform.Packager{{Signal: "live01", Name: "server1", Usable: true}, {Signal: "live01", Name: "server2", Usable: true}},
	}
	if change != nil {
		change(&s)
	}
	return s
}

func light(change func(l *platform.SignalAir)) func(*platform.Snapshot) {
	return func(s *platform.Snapshot) { change(&s.OnAir.Signals[0]) }
}

// said are the alerts of a series of snapshots, a line each: time, kind, text.
func said(w *watch, series ...platform.Snapshot) []string {
	var lines []string
	for _, s := range series {
		for _, a := range w.step(s) {
			if a.Phase != Lasts && !a.quiet {
				lines = append(lines, a.Time.Sub(began).String()+" "+string(a.Kind)+": "+a.Text)
			}
		}
	}
	return lines
}

// onePackager leaves a signal without a spare.
func onePackager(s *platform.Snapshot) { s.Packagers[1].Usable = false }

// broken returns a change that has a process in a state after some restarts.
func broken(state platform.State, restarts int) func(*platform.Snapshot) {
	return func(s *platform.Snapshot) {
		s.Processes = []platform.Process{{Status: platform.Status{Name: "origin", State: state, Wanted: true, Restarts: restarts, Reason: "exit status 1"}}}
	}
}

// disk returns a change that has two folders on one disk.
func disk(low bool) func(*platform.Snapshot) {
	one := platform.Disk{Folder: "OUTPUT_STREAM_PATH", Path: "/o", Device: 1, FreeBytes: 1 << 20, SizeBytes: 1 << 40, Low: low}
	two := one
	two.Folder, two.Path = "STATE_PATH", "/s"
	return func(s *platform.Snapshot) { s.Disks = []platform.Disk{one, two} }
}

// failedOver returns a change that has a failover.
func failedOver(pending bool) func(*platform.Snapshot) {
	return func(s *platform.Snapshot) {
		s.Processes = []platform.Process{
			{Status: platform.Status{Name: "server1"}, Role: layouts.Packager, Port: 8080}, {Status: platform.Status{Name: "server2"}, Role: layouts.Packager, Port: 9090},
		}
		s.Failovers = []platform.FailoverAt{{Time: began, Process: "proxy", Failover: event.Failover{
			Signal: "live01", From: "http://localhost:8080", To: "http://localhost:9090", Cause: "http://localhost:8080 refused the connection", GapMS: 12, Pending: pending,
		}}}
	}
}

// stage returns a change that has a live signal with two inputs in their states.
func stage(source string, main, backup live.State) func(*platform.Snapshot) {
	return func(s *platform.Snapshot) {
		l := live.Status{Name: "stage", OnAir: true, Source: source, Inputs: []live.InputStatus{{Name: "main", State: main}, {Name: "backup", State: backup}}}
		for i := range l.Inputs {
			l.Inputs[i].OnAir = l.Inputs[i].Name == source
		}
		s.LiveSignals = []live.Status{l}
	}
}

func TestEachConditionIsSaidWhenItBeginsAndWhenItIsOver(t *testing.T) {
	const s = time.Second
	stalled := light(func(l *platform.SignalAir) {
		l.Since, l.Reason, l.Cause = began, "live01 has stood still", platform.NoWorker
		l.Mends = []platform.Command{{Action: platform.Start, Process: "worker"}}
	})
	soon := light(func(l *platform.SignalAir) {
		l.Until, l.Reason, l.Cause = began.Add(8*s), "0 of 2 packagers usable", platform.NoPackager
	})
	const on, off, will, unknown = platform.AirOn, platform.AirOff, platform.AirOffSoon, platform.AirUnknown
	for name, c := range map[string]struct {
		series []platform.Snapshot
		want   []string
	}{
		"nothing": {[]platform.Snapshot{moment(0, on, nil), moment(time.Hour, on, nil)}, nil},
		"off air, while no viewer reports, and back": {
			[]platform.Snapshot{moment(0, on, nil), moment(2*s, off, stalled), moment(4*s, off, stalled), moment(5*s, off, stalled), moment(6*s, unknown, nil), moment(9*s, on, nil)},
			[]string{
				"2s off_air: off air: live01 has stood still; try ctl start worker", "5s input_lost: input lost: live01: live01 has stood still",
				"9s back_on_air: on air again: live01 after 9s", "9s input_back: input back: new segments of live01 come again after 7s",
			},
		},
		"off air, and the signal ends": {
			[]platform.Snapshot{moment(2*s, off, light(func(l *platform.SignalAir) { l.Reason = "why" })), moment(5*s, platform.AirEnded, nil)},
			[]string{"2s off_air: off air: why", "5s back_on_air: no longer off air: live01 has ended, after 3s"},
		},
		"a countdown that is averted": {
			[]platform.Snapshot{moment(0, will, soon), moment(s, on, nil)},
			[]string{"0s off_air_soon: off air in 8s: live01: 0 of 2 packagers usable", "1s averted: averted: live01 stays on air"},
		},
		"a countdown that runs out": {
			[]platform.Snapshot{moment(0, will, soon), moment(8*s, off, light(func(l *platform.SignalAir) { l.Reason = "why" }))},
			[]string{"0s off_air_soon: off air in 8s: live01: 0 of 2 packagers usable", "8s off_air: off air: why"},
		},
		"a spare that is back before it is worth a word": {[]platform.Snapshot{moment(0, on, onePackager), moment(9*s, on, onePackager), moment(10*s, on, nil)}, nil},
		"no spare": {
			[]platform.Snapshot{moment(0, on, onePackager), moment(10*s, on, onePackager), moment(65*s, on, nil)},
			[]string{"10s no_spare: no spare: 1 of 2 packagers of live01 usable", "1m5s spare_back: spare again: live01 had only one usable packager for 1m05s"},
		},
		"a signal that never had a spare": {[]platform.Snapshot{moment(0, on, func(s *platform.Snapshot) { s.Packagers = s.Packagers[:1] }), moment(time.Hour, on, func(s *platform.Snapshot) { s.Packagers = s.Packagers[:1] })}, nil},
		"a long first start":              {[]platform.Snapshot{moment(0, on, broken(platform.Starting, 0)), moment(time.Minute, on, broken(platform.Starting, 0))}, nil},
		"a process that ends again and again": {
			[]platform.Snapshot{moment(0, on, broken(platform.Backoff, 0)), moment(5*s, on, broken(platform.Starting, 1)), moment(10*s, on, broken(platform.Failed, 2)), moment(20*s, on, broken(platform.Ready, 3))},
			[]string{"10s degraded: degraded: origin is failed: exit status 1", "20s not_degraded: no longer degraded: origin after 20s"},
		},
		"a disk, of two folders": {
			[]platform.Snapshot{moment(0, on, disk(true)), moment(s, on, disk(false))},
			[]string{"0s disk_low: disk low: 1 MiB of 1024.0 GiB left for OUTPUT_STREAM_PATH (/o)", "1s disk_fine: the disk has room again: OUTPUT_STREAM_PATH after 1s"},
		},
		"a failover, once its gap is known": {
			[]platform.Snapshot{moment(0, on, failedOver(true)), moment(s, on, failedOver(false)), moment(2*s, on, failedOver(false))},
			[]string{"1s failover: failover of live01 from server1 to server2: server1 refused the connection; the longest wait of a player was 12 ms"},
		},
		"a failover whose gap stays unknown": {
			[]platform.Snapshot{moment(s, on, failedOver(true)), moment(3*s, on, failedOver(true)), moment(4*s, on, failedOver(true))},
			[]string{"3s failover: failover of live01 from server1 to server2: server1 refused the connection"},
		},
		"a slate": {
			[]platform.Snapshot{moment(0, on, stage("slate", "lost", "waiting")), moment(4*s, on, stage("slate", "lost", "waiting")), moment(5*s, on, stage("slate", "lost", "waiting")), moment(6*s, on, nil), moment(9*s, on, stage("main", "good", "waiting"))},
			[]string{"5s slate_on: slate on air: no input of stage gives anything: main lost, backup waiting", "9s slate_off: slate off air: stage shows main again after 9s"},
		},
		"a slate that is over before it is worth a word": {[]platform.Snapshot{moment(0, on, stage("slate", "lost", "good")), moment(4*s, on, stage("backup", "lost", "good"))}, nil},
		"a live input, with a spare": {
			[]platform.Snapshot{moment(0, on, stage("backup", "lost", "good")), moment(10*s, on, stage("backup", "lost", "good")), moment(70*s, on, stage("main", "good", "good"))},
			[]string{"10s live_input_lost: live input lost: main of stage is lost; backup is on air, no spare", "1m10s live_input_back: live input back: main of stage after 1m10s"},
		},
		"a live input that was never there": {[]platform.Snapshot{moment(0, on, stage("main", "good", "waiting")), moment(time.Hour, on, stage("main", "good", "waiting"))}, nil},
		"a platform that is being stopped": {
			[]platform.Snapshot{moment(0, on, nil), moment(s, off, func(s *platform.Snapshot) { s.Stopping = true })}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, said(&watch{}, c.series...)); d != "" {
				t.Errorf("want -, got +\n%s", d)
			}
		})
	}
}

func TestReceiversThatForgetLearnOfEveryEnd(t *testing.T) {
	soon := light(func(l *platform.SignalAir) { l.Until = began.Add(8 * time.Second) })
	w := &watch{}
	alerts := append(w.step(moment(0, platform.AirOffSoon, soon)), w.step(moment(8*time.Second, platform.AirOff, nil))...)
	for name, want := range map[string][]Kind{"json": {OffAirSoon, OffAir}, "alertmanager": {OffAirSoon, OffAir, Averted}} {
		targets, err := ParseTargets("http://h/", name)
		if err != nil {
			t.Fatal(err)
		}
		s := newSender(targets[0], "", nil, nil)
		for _, a := range alerts {
			s.take(a)
		}
		var got []Kind
		for _, a := range s.queue.waiting {
			got = append(got, a.Kind)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: want -, got +\n%s", name, d)
		}
	}
}

func TestStillOnIsSaidOnlyOnAir(t *testing.T) {
	w := &watch{stillOn: time.Minute}
	got := said(w, moment(0, platform.AirStarting, nil), moment(5*time.Second, platform.AirOn, nil), moment(64*time.Second, platform.AirOn, nil),
		moment(65*time.Second, platform.AirOn, nil), moment(126*time.Second, platform.AirUnknown, nil), moment(130*time.Second, platform.AirOn, nil))
	var at []string
	for _, l := range got {
		at = append(at, strings.Fields(l)[0])
	}
	if d := cmp.Diff([]string{"5s", "1m5s", "2m10s"}, at); d != "" {
		t.Errorf("want -, got +\n%s", d)
	}
}

func TestAConditionThatLastsIsRepeatedForReceiversThatForget(t *testing.T) {
	w, repeats := &watch{}, 0
	for after := time.Duration(0); after <= 3*time.Minute; after += time.Second {
		for _, a := range w.step(moment(after, platform.AirOff, nil)) {
			if a.Phase == Lasts {
				repeats++
			}
			if want := a.Time.Add(forgetAfter); !a.Until.Equal(want) {
				t.Errorf("until: got %s, want %s", a.Until, want)
			}
		}
	}
	if repeats != 3 {
		t.Errorf("repeated %d times in three minutes, want 3", repeats)
	}
}
