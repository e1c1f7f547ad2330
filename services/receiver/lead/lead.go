package lead

import (
	"time"

	"livestream-tui/services/receiver/state"
)

const (
	// Silence is how long a receiver may say nothing before it counts as gone.
	Silence = 1500 * time.Millisecond
	// Every is how often a receiver repeats its claim.
	Every = 250 * time.Millisecond
	// regain is how long a receiver that led before its restart listens for another leader.
	regain = 500 * time.Millisecond
	// asleep is how long no Decide may come before it is ourselves who were stopped.
	asleep = 500 * time.Millisecond
)

// Claim is what a receiver says of a signal.
type Claim struct {
	Machine string `json:"machine"`
	Signal  string `json:"signal"`
	// Encoder is true while one of its inputs is good.
	Encoder bool `json:"encoder"`
	// Kept is its generation, whether it leads, and the timeline of whoever leads.
	state.Kept
}

// beats reports whether a claim goes before another one of a receiver that leads, too: that of
// the greater generation, then the one with an encoder, then the first by name.
func (c Claim) beats(o Claim) bool {
	if c.Generation != o.Generation {
		return c.Generation > o.Generation
	}
	return c.before(o)
}

// before reports whether a receiver is to lead rather than another one where none does.
func (c Claim) before(o Claim) bool {
	if c.Encoder != o.Encoder {
		return c.Encoder
	}
	return c.Machine < o.Machine
}

// Verdict is what a receiver is to do.
type Verdict uint8

// The verdicts.
const (
	// Stay means that nothing changes.
	Stay Verdict = iota
	// Regain means that it leads as before its restart, in the same generation.
	Regain
	// Take means that it leads from now on, in a new generation.
	Take
	// Yield means that another one leads from now on.
	Yield
)

// State is what one receiver knows of the lead of a signal. One goroutine uses it.
type State struct {
	me         string
	generation uint64
	leads, led bool
	since      time.Duration // it has listened since then
	decided    time.Duration
	others     map[string]heard
}

// heard is a claim and when it came.
type heard struct {
	Claim
	at time.Duration
}

// New returns the state of a machine's receiver. kept is what it knew before its restart. An
// empty machine is alone: it leads at once and for ever.
func New(machine string, kept state.Kept, now time.Duration) *State {
	return &State{
		me: machine, generation: kept.Generation, leads: machine == "", led: kept.Leads, since: now, decided: now, others: map[string]heard{},
	}
}

// Leads reports whether this receiver leads.
func (s *State) Leads() bool { return s.leads }

// Generation is the greatest one that is known.
func (s *State) Generation() uint64 { return s.generation }

// Hear takes the claim of another receiver.
func (s *State) Hear(c Claim, now time.Duration) {
	if c.Machine != s.me && c.Machine != "" {
		s.others[c.Machine] = heard{c, now}
	}
}

// Leader is the machine of the other receiver that leads; empty while none is heard.
func (s *State) Leader() string {
	if l, is := s.leader(); is && !s.leads {
		return l.Machine
	}
	return ""
}

// Decide returns what to do. encoder is whether an input of this receiver is good. It is to be
// called several times in each half of a second.
func (s *State) Decide(encoder bool, now time.Duration) Verdict {
	if now-s.decided > asleep { // what was said meanwhile is still to be taken
		s.since = now
		for name, h := range s.others {
			h.at = min(h.at+now-s.decided, now)
			s.others[name] = h
		}
	}
	s.decided = now
	if s.me == "" {
		return Stay
	}
	for name, h := range s.others {
		if now-h.at >= Silence {
			delete(s.others, name)
		}
	}
	me := Claim{Machine: s.me, Encoder: encoder, Kept: state.Kept{Generation: s.generation, Leads: s.leads}}
	leader, others := s.leader()
	for _, h := range s.others {
		s.generation = max(s.generation, h.Generation)
	}
	switch {
	case s.leads && others && leader.beats(me):
		s.leads, s.led = false, false
		return Yield
	case s.leads, others && (leader.Encoder || !encoder):
		s.led = s.led && !others
		return Stay
	case !others && now-s.since < s.patience(), !s.first(me):
		return Stay
	}
	s.leads = true
	if s.led && !others {
		s.led = false
		return Regain
	}
	s.generation++
	return Take
}

// Leave gives the lead to another receiver that has an encoder, since this one ends. It reports
// whether there is one; where there is none, whoever comes after this one regains it.
func (s *State) Leave() bool {
	if !s.leads {
		return false
	}
	for _, h := range s.others {
		if !h.Leads && h.Encoder {
			s.leads = false
			return true
		}
	}
	return false
}

// patience is how long it listens before it leads.
func (s *State) patience() time.Duration {
	if s.led {
		return regain
	}
	return Silence
}

// leader is the best of the other receivers that lead.
func (s *State) leader() (best Claim, is bool) {
	for _, h := range s.others {
		if h.Leads && (!is || h.beats(best)) {
			best, is = h.Claim, true
		}
	}
	return best, is
}

// first reports whether no other receiver is to lead rather than this one.
func (s *State) first(me Claim) bool {
	if s.led {
		return true
	}
	for _, h := range s.others {
		if !h.Leads && h.before(me) {
			return false
		}
	}
	return true
}
