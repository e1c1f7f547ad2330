package tui

import (
	"strings"
	"time"

	"livestream-tui/procs/control"
)

// airState is what the light says.
type airState uint8

const (
	airStarting airState = iota
	airOn
	airOff
	airUnknown
	airStopping
	airEnded
)

var airNames = [...]string{"STARTING", "ON AIR", "OFF AIR", "UNKNOWN", "STOPPING", "ENDED"}

// String is the word beside the light.
func (a airState) String() string { return airNames[a] }

const (
	// silence is how long the word may fail to come before nothing is known.
	silence = 3 * time.Second
	// spareless is how long a spare may be missing before that is said.
	spareless = 5 * time.Second
)

// word is what is known of what the audience sees.
type word struct {
	// at is when that was known; zero when it never was.
	at time.Time
	// playing: the audience sees pictures that move. unsure: nobody could tell just now.
	playing, unsure bool
	// starting: a signal that is due was not shown yet. ended: none is due any more.
	starting, ended bool
	// stalled is the length of the outage that lasts.
	stalled time.Duration
	// spare: another packager could take over at once. spareKnown: that is known.
	spare, spareKnown bool
	// stopping: the platform goes down because it was asked to.
	stopping bool
}

// air is the light.
type air struct {
	state airState
	// since is when the state began.
	since time.Time
	// unspared is since when there is no spare; zero while there is one.
	unspared time.Time
	// wasOn: it has been on air before, so that silence is not starting.
	wasOn bool
}

// next is the light after hearing w.
func (a air) next(w word, now time.Time) air {
	state := airOff
	switch {
	case w.stopping:
		state = airStopping
	case w.at.IsZero() && !a.wasOn:
		state = airStarting
	case now.Sub(w.at) > silence:
		state = airUnknown
	case w.playing:
		state = airOn
	case w.ended:
		state = airEnded
	case w.unsure && a.wasOn:
		state = airUnknown
	case !a.wasOn, w.starting:
		state = airStarting
	}
	if state != a.state || a.since.IsZero() || state == airOff {
		a.state, a.since = state, now.Add(-w.stalled)
	}
	a.wasOn = a.wasOn || state == airOn
	switch {
	case !w.spareKnown:
	case w.spare || state == airEnded || state == airStarting || state == airStopping:
		a.unspared = time.Time{}
	case a.unspared.IsZero():
		a.unspared = now
	}
	return a
}

// noSpare reports whether to say that nothing could take over.
func (a air) noSpare(now time.Time) bool {
	return !a.unspared.IsZero() && now.Sub(a.unspared) >= spareless && (a.state == airOn || a.state == airOff)
}

// wordOf is the viewers' word where the layout runs any, else what the states of
// the services let expect.
func wordOf(s *scene) word {
	w := derived(s.snapshot, s.light, s.air.wasOn)
	if !s.snapshot.Watched() {
		return w
	}
	state := s.light.State
	w.at, w.playing = time.Time{}, state == control.AirOn
	w.unsure, w.starting, w.ended = state == control.AirUnknown, state == control.AirStarting, state == control.AirEnded
	for _, v := range s.viewers {
		// The one not heard of for longest counts: each has to speak. Of an outage one
		// word is enough.
		counts := s.due(v.Signal) && (state != control.AirOff || s.now.Sub(v.Time) <= silence)
		if counts && (w.at.IsZero() || v.Time.Before(w.at)) {
			w.at = v.Time
		}
	}
	if w.at.IsZero() && (w.ended || w.starting && len(s.viewers) > 0) {
		w.at = s.now // of what was never shown nobody speaks
	}
	if state == control.AirOff {
		w.stalled = s.outLength()
	}
	return w
}

// due reports whether the audience expects a signal.
func (s *scene) due(signal string) bool {
	for _, l := range s.light.Signals {
		if l.Signal == signal {
			return l.Due
		}
	}
	return true
}

// outLength is the length of the outage that lasts for longest: the viewer's figure,
// which all others show.
func (s *scene) outLength() time.Duration {
	var longest time.Duration
	for _, l := range s.light.Those(control.AirOff) {
		switch {
		case l.Outage != nil:
			longest = max(longest, l.Outage.Length(s.now))
		case !l.Since.IsZero():
			longest = max(longest, s.now.Sub(l.Since))
		}
	}
	return longest
}

// derived is the word from the states of the services, for as long as no
// viewer runs that could give it: the proxy, a packager and a worker work, and the
// origin knows what to play, or has known it (wasOn) and cannot be asked: the
// proxy goes on without it.
func derived(s control.Snapshot, light control.OnAir, wasOn bool) word {
	w := word{at: s.At, stopping: s.Stopping}
	up := map[string]int{}
	for _, p := range s.Processes {
		if works(p) {
			up[kindOf(p.Service)]++
		}
	}
	known := len(s.Live) > 0 || (wasOn && mute(s))
	w.playing = known && has(s, "proxy", up) && has(s, "packager", up) && has(s, "worker", up)
	if s.IngestsErr == "" && len(s.Details) > 0 {
		w.spareKnown, w.spare = true, light.Spare
	}
	return w
}

// mute reports whether nobody can say what is played from where.
func mute(s control.Snapshot) bool {
	if s.IngestsErr != "" {
		return true
	}
	for _, p := range s.Processes {
		if p.Service == "origin" && works(p) {
			return false
		}
	}
	return true
}

// has reports whether a service of that kind works, or the layout has none.
func has(s control.Snapshot, kind string, up map[string]int) bool {
	if up[kind] > 0 {
		return true
	}
	for _, p := range s.Processes {
		if kindOf(p.Service) == kind {
			return false
		}
	}
	return true
}

// works reports whether a process does its work now.
func works(p control.Process) bool {
	return !p.Paused && (p.State == stateReady || p.State == stateDegraded)
}

// kindOf is what a service is: server1 and server2 are packagers.
func kindOf(service string) string {
	if strings.HasPrefix(service, "server") {
		return "packager"
	}
	return service
}
