package metrics

import (
	"maps"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
)

// liveMetrics are the rows of the live signals and their inputs.
func liveMetrics() []Metric {
	signal, input := []string{"signal"}, []string{"signal", "input"}
	return []Metric{
		{"platform_signal_slate", gauge, "1 while the audience of the live signal sees its slate.", signal, func(v view, emit emit) {
			for _, l := range v.LiveSignals {
				emit(truth(l.ShowsSlate()), l.Name)
			}
		}},
		{"platform_signal_slate_seconds_total", counter, "How long the audience of the live signal saw its slate.", signal, slateSeconds},
		{"platform_input_switches_total", counter, "How often another input of the live signal came on air, or its slate, by the cause: mute, disconnected, operator and the like.", []string{"signal", "cause"}, switches},
		{"platform_input_up", gauge, "1 while the live input can be shown.", input, eachInput(func(i signals.InputStatus) float64 { return truth(i.State == signals.Good) })},
		{"platform_input_state", gauge, "1 for the state of the live input.", []string{"signal", "input", "state"}, func(v view, emit emit) {
			for _, l := range v.LiveSignals {
				for _, i := range l.Inputs {
					emit(1, l.Name, i.Name, string(i.State))
				}
			}
		}},
		{"platform_input_on_air", gauge, "1 while the live input is on air.", input, eachInput(func(i signals.InputStatus) float64 { return truth(i.OnAir) })},
		{"platform_input_bytes_per_second", gauge, "Bit rate of the live input over the last seconds, in bytes; 0 while nothing comes.", input, eachInput(func(i signals.InputStatus) float64 { return float64(i.Bitrate) / 8 })},
		{"platform_input_frames_per_second", gauge, "Pictures of the live input over the last seconds; 0 while none comes.", input, eachInput(func(i signals.InputStatus) float64 { return i.FPS })},
		{"platform_input_key_frame_interval_seconds", gauge, "Time between two key frames of the live input; 0 while that is not known.", input, eachInput(func(i signals.InputStatus) float64 { return i.KeyFrameInterval })},
		{"platform_input_skew_seconds", gauge, "By how much the sound of the live input is later than its pictures.", input, eachInput(func(i signals.InputStatus) float64 { return i.SkewMS / 1000 })},
		{"platform_input_rtt_seconds", gauge, "Round-trip time to the encoder of the live input (SRT); 0 while that is not known.", input, eachInput(func(i signals.InputStatus) float64 { return i.RTTMS / 1000 })},
		{"platform_input_lost_packets_total", counter, "Packets of the live input that were lost since its encoder connected (SRT).", input, eachInput(func(i signals.InputStatus) float64 { return float64(i.Lost) })},
		{"platform_input_retransmitted_packets_total", counter, "Packets of the live input that were sent again since its encoder connected (SRT).", input, eachInput(func(i signals.InputStatus) float64 { return float64(i.Retransmitted) })},
	}
}

// eachInput returns a metric with one sample for each input of a live signal.
func eachInput(of func(i signals.InputStatus) float64) func(view, emit) {
	return func(v view, emit emit) {
		for _, l := range v.LiveSignals {
			for _, i := range l.Inputs {
				emit(of(i), l.Name, i.Name)
			}
		}
	}
}

func slateSeconds(v view, emit emit) {
	for _, l := range v.LiveSignals {
		emit(v.counts.live(l.Name).slateFor(v.At).Seconds(), l.Name)
	}
}

func switches(v view, emit emit) {
	for _, l := range v.LiveSignals {
		counts := v.counts.live(l.Name)
		for _, cause := range slices.Sorted(maps.Keys(counts.switches)) {
			emit(float64(counts.switches[cause]), l.Name, cause)
		}
	}
}

// liveCounts are the counts of one live signal.
type liveCounts struct {
	// switches is how often another source came on air, by cause.
	switches map[string]int
	// slated is since when its slate is on air; zero while it is not. ended is how long the
	// slates before it were on air, told the most that was told so far.
	slated      time.Time
	ended, told time.Duration
}

// live returns the counts of a live signal.
func (c *counts) live(signal string) *liveCounts {
	l := c.lives[signal]
	if l == nil {
		if c.lives == nil {
			c.lives = map[string]*liveCounts{}
		}
		l = &liveCounts{switches: map[string]int{}}
		c.lives[signal] = l
	}
	return l
}

// take takes a change of what the signal is made from.
func (l *liveCounts) take(at time.Time, i event.Input) {
	if i.Change != event.InputSwitched {
		return
	}
	cause := strings.ToLower(i.Reason)
	if cause == "" {
		cause = "unknown"
	}
	l.switches[cause]++
	slate := i.Input == event.SlateInput
	switch {
	case slate && l.slated.IsZero():
		l.slated = at
	case !slate && !l.slated.IsZero():
		l.ended, l.slated = l.ended+max(0, at.Sub(l.slated)), time.Time{}
	}
}

// slateFor returns how long the slate was on air in all. It never goes down, as offAir.
func (l *liveCounts) slateFor(now time.Time) time.Duration {
	sum := l.ended
	if !l.slated.IsZero() {
		sum += max(0, now.Sub(l.slated))
	}
	l.told = max(l.told, sum)
	return l.told
}

// resume takes what was on air when the counting began: of a slate that was on air already the
// event has been missed.
func (c *counts) resume(s platform.Snapshot) {
	for _, l := range s.LiveSignals {
		if counts := c.live(l.Name); l.ShowsSlate() && l.Since != nil && counts.slated.IsZero() {
			counts.slated = *l.Since
		}
	}
}
