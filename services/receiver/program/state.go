package program

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"livestream-tui/services/receiver/sample"
)

// Config says how a signal is run. It does not change.
type Config struct {
	// Inputs are the names of its inputs, the preferred one first.
	Inputs []string
	// LossAfter is how long the input on air may send no picture; zero means 1 s.
	LossAfter time.Duration
	// ReturnAfter is for how long a better input must have been good; zero means 5 s.
	ReturnAfter time.Duration
	// Last is true when the slate is made of the last picture on air: it is asked for anew
	// whenever it is needed.
	Last bool
	// Still is true when the slate is the last key frame on air, as a still picture: its format
	// is that of the input, so that no player has to change its decoder.
	Still bool
	// Resume is where the timeline ended before a restart; nil means that there is none.
	Resume *Resume
	// StandBy is true while another receiver makes the timeline: nothing is aired before Lead.
	StandBy bool
}

// Resume is what is kept of a timeline.
type Resume struct {
	// End is when its last picture ends, since the Unix epoch.
	End time.Duration
	// Format is that of the last input on air.
	Format sample.Format
	// TakenOver is true when another receiver has made it.
	TakenOver bool
}

// State is all that is known of a signal. Not safe for concurrent use.
type State struct {
	config Config
	inputs []feed
	air    air
	slates []*made
	// pinned is the operator's input, or none; urgent is true until it is on air.
	pinned int
	urgent bool
	// waiting is set while the last picture is stretched, cut while a switch waits for the
	// right picture.
	waiting *waiting
	cut     *cut
	// left is what was on air before the slate or the stretch, and where it ended.
	left departure
	// loop is the slate that is on air.
	loop loop
	// begun is true from the first Step on. opening is since when an input is there that the
	// timeline could begin with, 0 for none.
	begun   bool
	opening time.Duration

	now     time.Duration
	effects []Effect
}

// waiting is a stretched picture: the key frame of a backup is due.
type waiting struct{ until time.Duration }

// cut is a switch from an input that is alive: it waits until the pictures on air reach the
// key frame of the next one.
type cut struct {
	input   int
	at      time.Duration // PTS of the key frame
	decided time.Duration
	cause   Cause
}

// departure is how a source was left.
type departure struct {
	from  Source
	cause Cause
	end   time.Duration // of its last picture
	at    time.Duration
}

// longest is the most that is burst through to catch up with the time.
const longest = 30 * time.Second

// New returns the state of a signal at the given time since the Unix epoch. The first Step
// carries out a Resume.
func New(c Config, now time.Duration) *State {
	c.LossAfter = cmp.Or(c.LossAfter, time.Second)
	c.ReturnAfter = cmp.Or(c.ReturnAfter, 5*time.Second)
	s := &State{config: c, pinned: none, now: now, inputs: make([]feed, len(c.Inputs))}
	for i := range s.inputs {
		s.inputs[i].since = now
	}
	s.offAir()
	return s
}

// offAir forgets what is on air.
func (s *State) offAir() {
	s.air = air{source: Nothing, input: Nothing}
	s.left = departure{from: Nothing}
	s.waiting, s.cut, s.loop, s.opening, s.begun = nil, nil, loop{}, 0, false
}

// stand changes between standing by and leading.
func (s *State) stand(e Event) {
	switch e := e.(type) {
	case Lead:
		s.offAir()
		s.config.StandBy, s.config.Resume = false, e.Resume
	case StandBy:
		s.offAir()
		s.config.StandBy = true
	}
	for i := range s.inputs {
		s.inputs[i].long = 0
		if s.config.StandBy {
			s.inputs[i].long = keepMore
		}
	}
}

// Good reports whether an input is good.
func (s *State) Good() bool {
	return slices.ContainsFunc(s.inputs, func(f feed) bool { return f.good })
}

// Step takes an event at a time since the Unix epoch, and returns what is to be done, in this
// order. Time never runs back: the caller counts by a monotonic clock.
func (s *State) Step(e Event, now time.Duration) []Effect {
	if slept := now - s.now; slept > asleep {
		s.woke(slept)
	}
	s.now, s.effects = max(now, s.now), nil
	s.stand(e)
	s.resumed()
	s.decide(none) // what the time alone decides comes first
	s.decide(s.note(e))
	if s.air.source == Slate {
		s.play()
	}
	return s.effects
}

// asleep is how long no event may come, not even a Tick, before it is ourselves who were
// stopped.
const asleep = 500 * time.Millisecond

// woke forgives inputs that nothing of them was taken while the receiver was stopped.
func (s *State) woke(slept time.Duration) {
	for i := range s.inputs {
		in := &s.inputs[i]
		in.opened += slept
		if in.picture != 0 {
			in.picture += slept
		}
		if in.lateSince != 0 {
			in.lateSince += slept
		}
	}
}

func (s *State) do(e Effect) { s.effects = append(s.effects, e) }

// errSuperseded is why a connection ends when its encoder opens another one.
var errSuperseded = errors.New("its encoder has connected anew")

// none is no input.
const none = -1

// note takes an event into account. It returns the input whose key frame has just come, or
// none.
func (s *State) note(e Event) (fresh int) {
	switch e := e.(type) {
	case Connected:
		s.inputs[e.Input].close(errSuperseded)
		s.decide(none) // it may have been on air
		s.inputs[e.Input].open(e.About, s.now)
	case Format:
		s.inputs[e.Input].become(e.Format)
	case Arrived:
		return s.arrived(e.Input, e.Sample)
	case Linked:
		s.inputs[e.Input].link = e.Link
	case Closed:
		s.inputs[e.Input].close(e.Why)
	case Failed:
		s.inputs[e.Input].failed = e.Why
	case Problem:
		s.inputs[e.Input].problems[e.Reason] = e.On
	case Made:
		s.made(e)
	case Select:
		s.pinned, s.urgent, s.cut = e.Input, s.air.source != Source(e.Input), nil
	case Auto:
		s.pinned, s.urgent, s.cut = none, false, nil
	case Tick:
	}
	return none
}

// arrived takes a sample of an input, and airs it where the input is on air.
func (s *State) arrived(i int, raw sample.Sample) (fresh int) {
	in := &s.inputs[i]
	if !in.connected || in.format.Video == nil {
		return none
	}
	onAir := s.air.source == Source(i) && s.waiting == nil
	m := in.add(raw, s.now, onAir, s.config.LossAfter)
	key := m.Track == sample.Video && m.Sync
	if key {
		s.wantSlate(in.format, m, false)
	}
	if onAir {
		s.live(i, m)
	}
	if key {
		return i
	}
	return none
}

// rank is an input's place in the order of preference: the operator's comes first.
func (s *State) rank(i int) int {
	if i == s.pinned {
		return -1
	}
	return i
}

// byRank calls f with each input in the order of preference, until it returns true.
func (s *State) byRank(f func(i int) bool) {
	if s.pinned >= 0 && f(s.pinned) {
		return
	}
	for i := range s.inputs {
		if i != s.pinned && f(i) {
			return
		}
	}
}
