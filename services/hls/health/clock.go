package health

import (
	"fmt"
	"net/url"
	"time"

	"livestream-tui/services/kit/report"
)

// Policy is how packagers are judged. The zero value judges them by each other alone, as
// Judge does.
type Policy struct {
	// Clock means that packagers date segments by clocks that should agree with the
	// observer's, as on a cluster. A packager ahead of the clock is then not usable while
	// another one is, and no other is lagging behind it.
	Clock bool
}

// ClockMost is how far the clocks of two machines of a cluster may differ: a quarter of a
// segment, at least half a second. Above that, the worker of the one that is wrong rests, and
// a packager takes nothing that ends later than that from now (docs/CLUSTER.md, clocks).
func ClockMost(segment time.Duration) time.Duration { return max(segment/4, 500*time.Millisecond) }

const (
	// aheadFor is for how many target durations after it last listed a segment too early a
	// packager counts as ahead of the clock. The lead of one whose clock is off by about a
	// segment changes from one segment to the next.
	aheadFor = 3
	// clockFor is for how long after a packager last listed something new its dates say
	// anything of its clock.
	clockFor = time.Minute
)

// Judge is the package's Judge under the policy.
func (p Policy) Judge(obs []Observation, now time.Time) []Verdict {
	verdicts := Judge(obs, now)
	ahead := p.Ahead(obs, now)
	if ahead == nil {
		return verdicts
	}
	var timely []Observation
	var at []int
	for i := range obs {
		if !ahead[i] {
			timely, at = append(timely, obs[i]), append(at, i)
		}
	}
	usable := false
	for n, v := range Judge(timely, now) {
		verdicts[at[n]] = v
		usable = usable || Usable(v.State)
	}
	if !usable {
		return verdicts
	}
	for i := range verdicts {
		if ahead[i] {
			verdicts[i] = verdicts[i].LeaveAhead(&obs[i])
		}
	}
	return verdicts
}

// LeaveAhead is the verdict on a packager that is ahead of the clock while another one is
// usable, from the verdict on it otherwise.
func (v Verdict) LeaveAhead(o *Observation) Verdict {
	if Usable(v.State) {
		v.State, v.Ahead = report.Misaligned, true
		v.Reason = fmt.Sprintf("misaligned: ahead of the clock: it lists segments more than %s before they end", words(LeadMost(o.length())))
	}
	return v
}

// LeadMost is how long before its end a segment of that length is listed at the earliest where
// clocks count as right: the packager's may differ from the observer's by ClockMost, and it
// takes what ends so much later.
func LeadMost(segment time.Duration) time.Duration { return 2 * ClockMost(segment) }

// Ahead reports which packagers are ahead of the clock: those whose newest segment ends
// later than LeadMost from when it was listed. It is nil when there is none, or when those of
// most machines are not known to be right: then the observer's own clock may be behind.
// Packagers of one host share a clock, so that each host has one voice.
func (p Policy) Ahead(obs []Observation, now time.Time) []bool {
	if !p.Clock {
		return nil
	}
	var list []bool
	for i := range obs {
		if obs[i].IsAhead(now) {
			if list == nil {
				list = make([]bool, len(obs))
			}
			list[i] = true
		}
	}
	if list == nil {
		return nil
	}
	voices := map[string]int{} // by host: -1 ahead, 1 in time
	for i := range obs {
		switch host := hostOf(obs[i].Packager); {
		case list[i]:
			voices[host] = -1
		case voices[host] == 0 && obs[i].isTimely(now):
			voices[host] = 1
		}
	}
	right := 0
	for _, voice := range voices {
		right += voice
	}
	if right <= 0 {
		return nil
	}
	return list
}

// IsAhead reports whether the packager lists segments before their time by the observer's
// clock, or did so a moment ago. Either clock may be wrong: Policy.Ahead compares them.
func (o *Observation) IsAhead(now time.Time) bool {
	ends, length := o.ends()
	if ends.IsZero() {
		return false
	}
	return ends.Sub(o.Steps[0].At) > LeadMost(length) || ends.Sub(now) > LeadMost(length) ||
		!o.Early.IsZero() && since(o.Early, now) < aheadFor*o.TargetDuration
}

// isTimely reports whether the dates of a packager that is not ahead say that its clock and
// the observer's agree. What is in a first playlist may have been listed up to a segment ago.
func (o *Observation) isTimely(now time.Time) bool {
	ends, _ := o.ends()
	at := o.Steps[0].At
	return !ends.IsZero() && since(at, now) < clockFor && (!o.Advanced.IsZero() || !ends.After(at))
}

// ends is when the newest segment ends, zero when its playlist does not say, and how long it
// lasts.
func (o *Observation) ends() (time.Time, time.Duration) {
	if len(o.Tail) == 0 {
		return time.Time{}, 0
	}
	newest := &o.Tail[len(o.Tail)-1]
	if newest.ProgramDateTime.IsZero() {
		return time.Time{}, newest.Duration
	}
	return newest.ProgramDateTime.Add(newest.Duration), newest.Duration
}

func (o *Observation) length() time.Duration {
	_, length := o.ends()
	return length
}

// noteEarly notes at a new segment whether it is listed before its time.
func (o *Observation) noteEarly(at time.Time) {
	if ends, length := o.ends(); o.Advanced.Equal(at) && !ends.IsZero() && ends.Sub(at) > LeadMost(length) {
		o.Early = at
	}
}

// hostOf is the host of a packager; its base URL where that has none.
func hostOf(packager string) string {
	if u, err := url.Parse(packager); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return packager
}
