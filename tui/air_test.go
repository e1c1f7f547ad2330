package tui

import (
	"testing"
	"time"

	"livestream-tui/procs/control"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

func TestLight(t *testing.T) {
	type step struct {
		after time.Duration // since the first
		word  word          // at is set to the step's time unless silent
		// silent is how long ago the word was; never: there was none yet.
		silent time.Duration
		never  bool
		want   airState
		since  time.Duration
		spare  bool // NO SPARE stands beside
	}
	playing := word{playing: true, spare: true, spareKnown: true}
	alone := word{playing: true, spareKnown: true}
	s := time.Second
	for name, steps := range map[string][]step{
		"starting until the first picture": {
			{after: 0, never: true, want: airStarting},
			{after: 20 * s, word: word{unsure: true}, want: airStarting},
			{after: 21 * s, word: playing, want: airOn, since: 21 * s},
		},
		"a stall counts from when the picture stood still": {
			{after: 0, word: playing, want: airOn},
			{after: 9 * s, word: word{stalled: 1200 * time.Millisecond}, want: airOff, since: 7800 * time.Millisecond},
			{after: 10 * s, word: word{stalled: 2200 * time.Millisecond}, want: airOff, since: 7800 * time.Millisecond},
			{after: 11 * s, word: playing, want: airOn, since: 11 * s},
		},
		"silence is unknown after three seconds, never off air": {
			{after: 0, word: playing, want: airOn},
			{after: 3 * s, word: playing, silent: 3 * s, want: airOn},
			{after: 4 * s, word: playing, silent: 4 * s, want: airUnknown, since: 4 * s},
			{after: 60 * s, word: word{}, silent: 60 * s, want: airUnknown, since: 4 * s},
			{after: 61 * s, word: playing, want: airOn, since: 61 * s},
		},
		"a viewer that starts anew knows nothing yet": {
			{after: 0, word: playing, want: airOn},
			{after: s, word: word{unsure: true}, want: airUnknown, since: s},
		},
		"no spare is said after five seconds": {
			{after: 0, word: playing, want: airOn},
			{after: s, word: alone, want: airOn},
			{after: 5900 * time.Millisecond, word: alone, want: airOn},
			{after: 6 * s, word: alone, want: airOn, spare: true},
			{after: 7 * s, word: word{playing: true}, want: airOn, spare: true}, // nobody knows better
			{after: 8 * s, word: playing, want: airOn},
		},
		"a short lack of a spare is not said": {
			{after: 0, word: alone, want: airOn},
			{after: 4 * s, word: playing, want: airOn},
			{after: 5 * s, word: alone, want: airOn},
			{after: 9 * s, word: alone, want: airOn},
		},
		"a signal that is new makes it starting, never unknown": {
			{after: 0, word: playing, want: airOn},
			{after: s, word: word{starting: true}, want: airStarting, since: s},
		},
		"the end of every signal": {
			{after: 0, word: playing, want: airOn},
			{after: s, word: word{ended: true}, want: airEnded, since: s},
		},
		"another signal's outage that began before": {
			{after: 0, word: playing, want: airOn},
			{after: 9 * s, word: word{stalled: s}, want: airOff, since: 8 * s},
			{after: 10 * s, word: word{stalled: 9 * s}, want: airOff, since: s},
		},
		"stopping is neither": {
			{after: 0, word: playing, want: airOn},
			{after: s, word: word{stopping: true}, want: airStopping, since: s},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var a air
			for i, c := range steps {
				now := noon.Add(c.after)
				w := c.word
				if !c.never {
					w.at = now.Add(-c.silent)
				}
				a = a.next(w, now)
				if a.state != c.want || a.since.Sub(noon) != c.since || a.noSpare(now) != c.spare {
					t.Errorf("step %d: got %s since %s, no spare %v; want %s since %s, %v",
						i, a.state, a.since.Sub(noon), a.noSpare(now), c.want, c.since, c.spare)
				}
			}
		})
	}
}

func TestWord(t *testing.T) {
	view := func(name, signal string, state event.ViewState, ago, stalled time.Duration) viewer {
		return viewer{Time: noon.Add(-ago), Process: name, Viewing: event.Viewing{Signal: signal, State: state, Since: noon.Add(-stalled), StalledForMS: stalled.Milliseconds()}}
	}
	for name, c := range map[string]struct {
		change  func(s *control.Snapshot)
		viewers []viewer
		wasOn   bool
		want    word
	}{
		"a viewer that plays": {
			viewers: []viewer{view("viewer", "live01", event.ViewPlaying, 0, 0)},
			want:    word{at: noon, playing: true, spare: true, spareKnown: true},
		},
		"no viewer has spoken": {want: word{starting: true, spare: true, spareKnown: true}},
		"one of two signals stalls": {
			viewers: []viewer{view("viewer", "live01", event.ViewPlaying, 0, 0), view("viewer", "live02", event.ViewStalled, time.Second, 2*time.Second)},
			change:  func(s *control.Snapshot) { s.Live = append(s.Live, report.Live{Signal: "live02"}) },
			want:    word{at: noon.Add(-time.Second), stalled: 2 * time.Second, spare: true, spareKnown: true},
		},
		"the length of a stall is the outage's": {
			viewers: []viewer{view("viewer", "live01", event.ViewStalled, time.Second, 2*time.Second)},
			change: func(s *control.Snapshot) {
				s.Outages = []control.OutageAt{{Process: "viewer", Outage: event.OutageOf("live01", noon.Add(-7*time.Second), noon)}}
			},
			want: word{at: noon.Add(-time.Second), stalled: 7 * time.Second, spare: true, spareKnown: true},
		},
		"a film that was removed before it was ever shown": {
			viewers: []viewer{view("viewer", "live01", event.ViewPlaying, 0, 0), view("viewer", "live02", event.ViewStarting, 0, 0)},
			change: func(s *control.Snapshot) {
				s.Films = []control.FilmAt{{Film: event.Film{File: "live02.mp4", Signal: "live02", State: event.FilmGone}}}
			},
			want: word{at: noon, playing: true, spare: true, spareKnown: true},
		},
		"every signal has ended": {
			viewers: []viewer{view("viewer", "live01", event.ViewEnded, 20*time.Second, 0)},
			change:  func(s *control.Snapshot) { s.Details = nil },
			want:    word{at: noon, ended: true},
		},
		"the word of the viewer that is silent counts": {
			viewers: []viewer{view("viewer", "live01", event.ViewPlaying, 9*time.Second, 0), view("viewer2", "live01", event.ViewPlaying, 0, 0)},
			want:    word{at: noon.Add(-9 * time.Second), unsure: true, spare: true, spareKnown: true},
		},
		"without a viewer in the layout: everything works": {
			change: func(s *control.Snapshot) { s.Processes = s.Processes[:7] },
			want:   word{at: noon, playing: true, spare: true, spareKnown: true},
		},
		"without a viewer: the origin is gone, the proxy goes on": {
			change: func(s *control.Snapshot) {
				s.Processes = s.Processes[:7]
				gone(s, "origin", stateBackoff, "")
				s.Live = nil
			},
			wasOn: true,
			want:  word{at: noon, playing: true, spare: true, spareKnown: true},
		},
		"without a viewer: no packager works": {
			change: func(s *control.Snapshot) {
				s.Processes = s.Processes[:7]
				gone(s, "server1", stateBackoff, "")
				status(s, "server2", func(p *control.Process) { p.Paused = true })
			},
			wasOn: true,
			want:  word{at: noon, spare: true, spareKnown: true},
		},
		"one packager is down": {
			change: func(s *control.Snapshot) {
				s.Processes = s.Processes[:7]
				s.Details[0].Packagers[1].State = report.Down
			},
			want: word{at: noon, playing: true, spareKnown: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			snapshot := onAir()
			snapshot.Viewings = c.viewers
			if c.change != nil {
				c.change(&snapshot)
			}
			s := &scene{air: air{wasOn: c.wasOn}, cpu: newHistory(), latency: newHistory()}
			s.take(snapshot, noon)
			if got := wordOf(s); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
