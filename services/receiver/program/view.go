package program

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sample"
)

// Condition is what state an input is in.
type Condition uint8

// The conditions of an input.
const (
	// Waiting means that it was not there since the start.
	Waiting Condition = iota
	// Connecting means that it sends, and is not good yet.
	Connecting
	// Good means that it could be on air.
	Good
	// Gone means that it was good, and sends nothing or too late.
	Gone
	// IsFrozen, IsBlack and IsSilent are faults of pictures and sound that were asked for.
	IsFrozen
	IsBlack
	IsSilent
)

// String is the condition in one word.
func (c Condition) String() string {
	return [...]string{"waiting", "connected", "good", "lost", "frozen", "black", "silent"}[c]
}

// View is what people see of a signal.
type View struct {
	// Source is what is on air.
	Source Source
	// Stretched is true while the last picture stands still until a backup's key frame.
	Stretched bool
	// Pinned is the operator's input, -1 for none.
	Pinned int
	// Format is that of the generation on air. Its Video is nil before the first.
	Format sample.Format
	Inputs []InputView
}

// InputView is what people see of an input. Figures are zero where they are unknown.
type InputView struct {
	Name      string
	Condition Condition
	OnAir     bool
	// Since is when the condition began, since the Unix epoch; zero while Waiting or
	// Connecting.
	Since time.Duration
	// About and Link are of the connection, where there is one.
	About input.About
	Link  input.Link
	// Format is that of the connection, or of the last one.
	Format sample.Format
	// FPS and Bitrate, in bits a second, are measured over the last five seconds.
	FPS     float64
	Bitrate int64
	// KeyFrames is the time between the last two key frames.
	KeyFrames time.Duration
	// Skew is by how much later sound arrives than the pictures that belong to it.
	Skew time.Duration
	// Failed is why there is no connection, nil where there is one or nothing was tried.
	Failed error
	// Lost is why the input is not good any more; its reason is Fine where it never was or
	// is again.
	Lost Cause
	// Warnings are sentences without a subject, which is the input: "key frames every ...".
	Warnings []string
}

// View returns what people see at a time since the Unix epoch.
func (s *State) View(now time.Duration) View {
	v := View{Source: s.air.source, Stretched: s.waiting != nil, Pinned: s.pinned, Format: s.air.format}
	for i := range s.inputs {
		v.Inputs = append(v.Inputs, s.inputView(i, now))
	}
	return v
}

func (s *State) inputView(i int, now time.Duration) InputView {
	in := &s.inputs[i]
	v := InputView{Name: s.config.Inputs[i], OnAir: s.air.source == Source(i) && s.waiting == nil, Format: in.format}
	cause := in.fault(now, s.config.LossAfter)
	v.Condition = in.condition(cause)
	if in.ever {
		v.Since = in.since
	}
	if in.absent {
		v.Lost = in.lost
	}
	if !in.connected {
		v.Failed = in.failed
		return v
	}
	v.About, v.Link, v.KeyFrames = in.about, in.link, in.gop
	v.FPS, v.Bitrate = in.meter.rates(now)
	if in.picture > 0 && in.sound > 0 {
		v.Skew = in.skew.Round(time.Millisecond)
	}
	for _, w := range warnings {
		if text := w(s, i, now); text != "" {
			v.Warnings = append(v.Warnings, text)
		}
	}
	return v
}

// condition is the input's condition with a fault.
func (f *feed) condition(fault Cause) Condition {
	switch {
	case fault.Reason == Frozen:
		return IsFrozen
	case fault.Reason == Black:
		return IsBlack
	case fault.Reason == Silent:
		return IsSilent
	case f.good:
		return Good
	case fault.Reason != Fine && f.ever:
		return Gone
	case f.connected:
		return Connecting
	case f.ever:
		return Gone
	}
	return Waiting
}

// The limits of what is worth a warning.
const (
	rareKeys   = 4500 * time.Millisecond
	noKeys     = 10 * time.Second
	skewed     = 200 * time.Millisecond
	mute       = 2 * time.Second
	wellBehind = time.Second
	guesses    = 3
)

const remedy = ": set 2 s in OBS (Settings, Output, Keyframe Interval)"

// warnings each look at a connected input, and return a sentence or nothing.
var warnings = [...]func(s *State, i int, now time.Duration) string{
	func(s *State, i int, now time.Duration) string {
		in := &s.inputs[i]
		since := now - max(in.keyAt, in.opened)
		switch {
		case in.picture > 0 && in.gop < rareKeys && since > noKeys:
			return fmt.Sprintf("no key frame for %.0f s%s", since.Seconds(), remedy)
		case in.gop > rareKeys:
			return "key frames every " + seconds(in.gop) + remedy
		}
		return ""
	},
	func(s *State, i int, _ time.Duration) string {
		switch skew := s.inputs[i].skew.Milliseconds(); {
		case skew > skewed.Milliseconds():
			return "its sound is " + strconv.FormatInt(skew, 10) + " ms late"
		case skew < -skewed.Milliseconds():
			return "its pictures are " + strconv.FormatInt(-skew, 10) + " ms late"
		}
		return ""
	},
	func(s *State, i int, _ time.Duration) string {
		if s.inputs[i].clock.Backs() >= guesses {
			return "B-frames without decoding times, which are guessed: set 0 B-frames in the encoder"
		}
		return ""
	},
	func(s *State, i int, now time.Duration) string {
		in := &s.inputs[i]
		switch silent := now - max(in.sound, in.opened); {
		case in.format.Video == nil || in.picture == 0:
		case in.format.Audio == nil:
			return "it has no sound"
		case silent > mute:
			return fmt.Sprintf("its sound stopped %.0f s ago", silent.Seconds())
		}
		return ""
	},
	func(s *State, i int, now time.Duration) string {
		in := &s.inputs[i]
		if lag := in.clock.Lag(sample.Video); in.picture > 0 && now-in.picture < s.config.LossAfter && lag > wellBehind {
			return "it is " + seconds(lag) + " behind"
		}
		return ""
	},
	func(s *State, i int, _ time.Duration) string {
		first := slices.IndexFunc(s.inputs, func(f feed) bool { return f.connected && f.format.Video != nil })
		if f := s.inputs[i].format; first >= 0 && first < i && f.Video != nil && !f.Equal(s.inputs[first].format) {
			return "its format differs from that of " + s.config.Inputs[first] + ": each switch is a discontinuity for players"
		}
		return ""
	},
}
