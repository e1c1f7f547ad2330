package origin

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/services/hls/failover"
	"livestream-tui/services/hls/health"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
)

// policy is when to go back to the preferred packager, the first in PACKAGERS.
type policy struct {
	// FailbackAfter is how long it must have been up without a break.
	FailbackAfter time.Duration
	// Settle is how long after the first report of a signal the preferred packager is taken
	// as soon as it is up, unless it was active and has failed: the order in which the
	// packagers happen to start is no reason to stay with the first.
	Settle time.Duration
}

const (
	// maxFailback bounds the wait for a packager that fails again and again.
	maxFailback = 10 * time.Minute
	// blind is how long reports may be missing before the time that a packager is up
	// begins anew.
	blind = 5 * time.Second
)

// selection is the packager that a signal is played from, and what decides whether it
// stays. A value: its methods return the next one. The zero value has no packager.
type selection struct {
	// Active is the packager that was chosen last. It stays while no packager is usable:
	// players go on with what it has.
	Active string
	// Usable is whether Active can be played from.
	Usable bool
	// Pinned says that the operator has chosen Active: it is left only when it fails.
	Pinned bool
	// Held says that it is pinned by a hold, which the operator sees and releases.
	Held bool

	began    time.Time        // the first report of the signal
	failed   bool             // the preferred packager was active and has failed
	heard    time.Time        // the last report
	good     failover.UpSince // since when each packager is up without a break
	failback time.Duration    // the wait for the next failback
	returned time.Time        // when a failback led to Active; zero when none did
}

// change is a move from one packager to another. From or To is empty where no packager
// was, or is, usable.
type change struct{ From, To, Cause string }

// next is the selection after a report; statuses are in the order of PACKAGERS. The
// change is nil when players stay where they are.
func (s selection) next(statuses []report.PackagerStatus, now time.Time, p policy) (selection, *change) {
	s = s.observe(statuses, now, p)
	active, found := find(statuses, s.Active)
	if found && health.Usable(active.State) {
		if !s.Usable {
			s.Usable = true
			return s, &change{"", s.Active, s.Active + " is usable again"}
		}
		if cause, back := s.mayFailBack(statuses, active, now, p); back {
			return s.returnTo(statuses[0].URL, cause, now, p)
		}
		return s, nil
	}
	cause := "first choice"
	if s.Active != "" {
		cause = why(s.Active, active, found)
	}
	from := ""
	if s.Usable {
		from = s.Active
		s = s.leave(now, p)
		s.failed = s.failed || len(statuses) > 0 && from == statuses[0].URL
	}
	if len(statuses) > 0 {
		if v := health.Begin(verdicts(statuses), ""); health.Usable(v.State) {
			s.Active, s.Usable = v.Packager, true
			return s, &change{from, s.Active, cause}
		}
	}
	if from == "" {
		return s, nil
	}
	return s, &change{from, "", cause + ", and no other is usable"}
}

// away is a failover by the operator: to the next usable packager after the active one in
// the order of PACKAGERS, and from the last to the first. It stays there until that one
// fails. False when no other packager is usable.
func (s selection) away(statuses []report.PackagerStatus) (selection, *change, bool) {
	after := slices.IndexFunc(statuses, func(p report.PackagerStatus) bool { return p.URL == s.Active }) + 1
	others := slices.Concat(statuses[after:], statuses[:max(after-1, 0)])
	for _, v := range health.Order(verdicts(others), "") {
		if !health.Usable(v.State) {
			continue
		}
		c := &change{"", v.Packager, "failover asked for by the operator"}
		if s.Usable {
			c.From = s.Active
		}
		s.Active, s.Usable, s.Pinned, s.Held, s.returned = v.Packager, true, true, false, time.Time{}
		return s, c, true
	}
	return s, nil, false
}

// hold plays from a usable packager until it is released or fails. The change is nil when
// it is already active; false when it is not usable.
func (s selection) hold(packager string, statuses []report.PackagerStatus) (selection, *change, bool) {
	p, found := find(statuses, packager)
	if !found || !health.Usable(p.State) {
		return s, nil, false
	}
	var c *change
	if !s.Usable || s.Active != packager {
		c = &change{"", packager, "held by the operator"}
		if s.Usable {
			c.From = s.Active
		}
	}
	s.Active, s.Usable, s.Pinned, s.Held, s.returned = packager, true, true, true, time.Time{}
	return s, c, true
}

// drainTo leaves the active packager, whose machine is drained, for another one.
func (s selection) drainTo(packager string) (selection, *change) {
	c := &change{s.Active, packager, "the machine of " + s.Active + " is drained"}
	s.Active, s.returned = packager, time.Time{}
	return s, c
}

// release ends a hold; players stay where they are until a failback is due.
func (s selection) release() selection {
	if s.Held {
		s.Held, s.Pinned = false, false
	}
	return s
}

// order sorts the statuses by preference.
func (s selection) order(statuses []report.PackagerStatus) []report.PackagerStatus {
	list := make([]report.PackagerStatus, 0, len(statuses))
	if active, found := find(statuses, s.Active); found && s.Usable {
		list = append(list, active) // first even if another is in better health
	}
	for _, v := range health.Order(verdicts(statuses), s.Active) {
		if p, found := find(statuses, v.Packager); found && (!s.Usable || p.URL != s.Active) {
			list = append(list, p)
		}
	}
	return list
}

// observe notes since when each packager is up.
func (s selection) observe(statuses []report.PackagerStatus, now time.Time, p policy) selection {
	if s.began.IsZero() {
		s.began, s.failback = now, p.FailbackAfter
	}
	if now.Sub(s.heard) > blind {
		s.good = nil
	}
	s.heard, s.good = now, s.good.Observe(verdicts(statuses), now)
	return s
}

// mayFailBack reports whether to leave a usable active packager for the preferred one, and
// why. It never goes to one that is behind: the playlist would go back.
func (s selection) mayFailBack(statuses []report.PackagerStatus, active report.PackagerStatus, now time.Time, p policy) (string, bool) {
	preferred := statuses[0]
	healthy, up := s.good.For(preferred.URL, now)
	if preferred.URL == s.Active || s.Pinned || !up || position(preferred).Less(position(active)) {
		return "", false
	}
	if s.settling(now, p) {
		return preferred.URL + " is preferred", true
	}
	if healthy >= s.failback {
		return fmt.Sprintf("failback: %s has been up for %s", preferred.URL, healthy.Round(time.Second)), true
	}
	return "", false
}

func (s selection) returnTo(preferred, cause string, now time.Time, p policy) (selection, *change) {
	c := &change{s.Active, preferred, cause}
	s.Active = preferred
	if !s.settling(now, p) {
		s.returned = now
	}
	return s, c
}

// settling reports whether the packagers may still be starting.
func (s selection) settling(now time.Time, p policy) bool {
	return !s.failed && now.Sub(s.began) < p.Settle
}

// leave leaves an active packager that has failed. The next failback waits twice as long
// if the last one lasted for less than the wait before it.
func (s selection) leave(now time.Time, p policy) selection {
	switch {
	case s.returned.IsZero():
	case now.Sub(s.returned) < s.failback:
		s.failback = min(2*s.failback, maxFailback)
	default:
		s.failback = p.FailbackAfter
	}
	s.Pinned, s.Held, s.returned, s.Usable = false, false, time.Time{}, false
	return s
}

// why says why a packager is left: "http://localhost:8080 is down: connection refused".
// A reason begins with the state (health.Verdict).
func why(url string, p report.PackagerStatus, found bool) string {
	switch {
	case !found:
		return url + " is not reported any more"
	case p.Reason == "":
		return url + " is " + p.State.String()
	}
	return url + " is " + p.Reason
}

func find(statuses []report.PackagerStatus, url string) (report.PackagerStatus, bool) {
	for _, p := range statuses {
		if p.URL == url {
			return p, true
		}
	}
	return report.PackagerStatus{}, false
}

func position(p report.PackagerStatus) m3u8.Pos { return m3u8.Pos{MSN: p.MSN, Part: p.Part} }

// verdicts are the statuses as services/hls/health orders them.
func verdicts(statuses []report.PackagerStatus) []health.Verdict {
	list := make([]health.Verdict, len(statuses))
	for i, p := range statuses {
		list[i] = health.Verdict{Packager: p.URL, State: p.State, Reason: p.Reason, Pos: position(p)}
	}
	return list
}
