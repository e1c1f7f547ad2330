package program

import (
	"time"

	"livestream-tui/services/receiver/clock"
	"livestream-tui/services/receiver/sample"
)

const (
	// stretched is how long the last picture may stand still for a backup's key frame that is
	// due, and overdue how much later than expected that may come.
	stretched = 2 * time.Second
	overdue   = 300 * time.Millisecond
	// patience is how long a switch waits for pictures on air to reach the key frame.
	patience = time.Second
)

// decide switches where that is due. The key frame of the input fresh has just come.
func (s *State) decide(fresh int) {
	s.judge()
	src := s.air.source
	switch {
	case s.config.StandBy:
	case src == Nothing:
		s.start(Cause{Reason: First})
	case s.waiting != nil:
		s.bridge()
	case src == Slate:
		s.offSlate(fresh)
	default:
		if cause := s.inputs[src].fault(s.now, s.config.LossAfter); cause.Reason != Fine {
			s.leave(cause)
		} else {
			s.better(fresh)
		}
	}
}

// judge reports inputs that are lost, and those that are back.
func (s *State) judge() {
	for i := range s.inputs {
		in := &s.inputs[i]
		cause := in.fault(s.now, s.config.LossAfter)
		switch fine := cause.Reason == Fine; {
		case in.good && !fine:
			in.good, in.since, in.gone, in.lost, in.absent = false, s.now, s.now, cause, true
			s.do(Lost{i, cause})
		case !in.good && fine && (s.air.source == Source(i) || in.clock.Settled(s.now) && in.clock.Even(s.now) >= steady):
			in.good, in.ever, in.since = true, true, s.now
			if in.absent {
				in.absent = false
				s.do(Back{i, s.now - in.gone})
			}
		}
	}
}

func (s *State) ready(i int) bool { return s.inputs[i].ready(s.now, s.config.LossAfter) }

// start puts the first input on air that is there. One that has just connected is waited for
// before a worse one is taken.
func (s *State) start(cause Cause) {
	some := false
	s.byRank(func(i int) bool {
		in := &s.inputs[i]
		if !s.ready(i) {
			return in.connected && s.now-in.opened < clock.Settling+flowing
		}
		some = true
		if s.air.began {
			s.switchTo(i, in.from(s.left), cause)
		} else if s.opened(i) {
			s.lead(i)
			s.switchTo(i, 0, cause)
		}
		return true
	})
	if !some {
		s.opening = 0
	}
}

// leave ends what is on air, and goes on with the next input or the slate.
func (s *State) leave(cause Cause) {
	s.left = departure{from: s.air.source, cause: cause, end: s.air.end(), at: s.now}
	s.cut = nil
	s.waiting = &waiting{}
	s.byRank(func(i int) bool {
		if !s.ready(i) {
			return false
		}
		in := &s.inputs[i]
		interval := in.gop
		if interval == 0 {
			interval = stretched
		}
		if due := max(0, in.keyAt+interval-s.now); due <= stretched {
			s.waiting.until = max(s.waiting.until, s.now+due+overdue)
		}
		return false
	})
	s.bridge()
}

// bridge takes the first input with a key frame behind the end of what was on air. Without
// one it stretches the last picture for a while, then the slate begins.
func (s *State) bridge() {
	end, some := s.air.end(), false
	s.byRank(func(i int) bool {
		if !s.ready(i) {
			return false
		}
		some = true
		k := s.inputs[i].keyFrom(end)
		if k == none {
			return false
		}
		s.switchTo(i, k, s.left.cause)
		return true
	})
	if s.waiting != nil && (!some || s.now >= s.waiting.until) {
		s.beginSlate()
	}
}

// offSlate ends the slate at the key frame that has just come, if its input is steady.
func (s *State) offSlate(fresh int) {
	if !s.air.open {
		s.start(s.left.cause) // nothing stands in yet after a restart, so any input is better
		return
	}
	if fresh == none || !s.ready(fresh) {
		return
	}
	asked := s.urgent && s.pinned == fresh
	if in := &s.inputs[fresh]; !asked && !in.good && in.clock.Even(s.now) < steady {
		return
	}
	cause := s.left.cause
	switch {
	case asked:
		cause = Cause{Reason: Operator}
	case Source(fresh) == s.left.from:
		cause = Cause{Reason: Returned}
	}
	s.switchTo(fresh, s.inputs[fresh].lastKey(), cause)
}

// better goes from an input that is alive to a better one, at the key frame that has just
// come. Where the pictures on air have not got so far, they go on until they have.
func (s *State) better(fresh int) {
	if c := s.cut; c != nil {
		switch {
		case !s.ready(c.input):
			s.cut = nil
		case s.now-c.decided > patience:
			s.switchTo(c.input, s.inputs[c.input].lastKey(), c.cause)
			return
		}
	}
	if fresh == none || s.rank(fresh) >= s.rank(int(s.air.source)) || !s.ready(fresh) {
		return
	}
	in := &s.inputs[fresh]
	cause := Cause{Reason: Returned}
	switch {
	case s.urgent && fresh == s.pinned:
		cause.Reason = Operator
	case !in.good || s.now-in.since < s.config.ReturnAfter || in.clock.Even(s.now) < min(2*steady, s.config.ReturnAfter):
		return
	}
	k := in.lastKey()
	if at := in.kept[k].PTS; at > s.air.end()+s.air.frame/2 {
		s.cut = &cut{input: fresh, at: at, decided: s.now, cause: cause}
		return
	}
	s.switchTo(fresh, k, cause)
}

// live airs a sample of the input on air.
func (s *State) live(i int, m sample.Sample) {
	in, a := &s.inputs[i], &s.air
	video := m.Track == sample.Video
	if c := s.cut; c != nil && video && m.PTS+a.shift >= c.at && s.ready(c.input) {
		s.switchTo(c.input, s.inputs[c.input].lastKey(), c.cause)
		return
	}
	if video && m.Sync && !in.format.Equal(a.format) {
		s.switchTo(i, in.lastKey(), Cause{})
		return
	}
	s.air.frame = in.frame
	s.emit(m, in.format)
}

// switchTo airs an input from a key frame that it has kept.
func (s *State) switchTo(i, key int, cause Cause) {
	in, a := &s.inputs[i], &s.air
	from, end, k := a.source, a.end(), in.kept[key]
	s.melt()
	if from != Source(i) || s.waiting != nil {
		a.shift = 0
		if a.began { // a picture's time lies between the two, so that no player rounds them to one
			apart := max(least, a.frame)
			a.shift = max(0, a.dts+apart-k.DTS, a.pts+apart-k.PTS)
		}
	}
	at := k.PTS + a.shift
	s.announce(i, cause, from, end, at)
	s.waiting, s.cut = nil, nil
	s.urgent = s.urgent && s.pinned != i
	continues := a.open && in.format.Equal(a.format)
	if !continues {
		s.quiet(k.DTS + a.shift)
	}
	a.source, a.input = Source(i), Source(i)
	if continues {
		for _, m := range in.kept[:key] {
			if m.Track == sample.Audio { // its sound is there before its picture
				s.emit(m, in.format)
			}
		}
	}
	a.of = in.format
	if in.frame > 0 {
		a.frame = in.frame
	}
	s.begin(Source(i), in.format, k.DTS+a.shift, continues)
	a.leading, a.floor = true, at
	for _, m := range in.kept[key:] {
		s.emit(m, in.format)
	}
}

// announce reports a switch.
func (s *State) announce(i int, cause Cause, from Source, end, at time.Duration) {
	if from == Slate {
		end = s.left.end
		if s.loop.shown {
			s.do(SlateOff{To: Source(i), After: s.now - s.loop.began})
		}
	}
	if before := s.air.input; before != Source(i) {
		var gap time.Duration
		if before != Nothing {
			gap = max(0, at-end)
		}
		frames := 0
		if s.air.frame > 0 {
			frames = int((gap + s.air.frame/2) / s.air.frame)
		}
		s.do(Switched{From: before, To: Source(i), Cause: cause, Gap: gap, Frames: frames})
	}
}
