package webhook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

const (
	// repeatEvery is how often a condition that lasts is said again to receivers that
	// forget, forgetAfter how long such an alert counts.
	repeatEvery = time.Minute
	forgetAfter = 4 * repeatEvery
	// gapPatience is how long the alert of a failover waits for the longest wait of a player.
	gapPatience = 3 * time.Second
)

// watch turns snapshots into alerts. Pure; it is ready for use once stillOn is set.
type watch struct {
	// stillOn is how often StillOn is said; zero means never.
	stillOn time.Duration

	standing map[place]lasting
	failed   map[failed]bool // the failovers that were said
	stillAt  time.Time       // when StillOn was said last; zero before the stream is on air
}

// place is what a condition is and where it holds.
type place struct {
	begins          Kind
	signal, subject string
}

// lasting is a condition that holds.
type lasting struct {
	finding // as it was found first
	// said is when it was said last; zero while it has not been.
	said time.Time
}

// failed identifies a failover.
type failed struct {
	at              time.Time
	process, signal string
}

// step takes the snapshot of this moment and returns what is to be said about it. While the
// platform stops there is nothing to say.
func (w *watch) step(s platform.Snapshot) []Alert {
	if s.Stopping {
		return nil
	}
	var list []Alert
	for _, c := range conditions() {
		list = append(list, w.condition(c, s)...)
	}
	list = append(list, w.failovers(s)...)
	if a, due := w.still(s); due {
		list = append(list, a)
	}
	for i := range list {
		a := &list[i]
		a.OnAir, a.Layout, a.PID = s.OnAir.State, s.Layout, s.PID
		a.Text = text.Clean(a.Text)
	}
	return list
}

// condition returns what is to be said of a condition.
func (w *watch) condition(c condition, s platform.Snapshot) []Alert {
	var list []Alert
	found := map[place]bool{}
	for _, f := range c.find(s) {
		at := place{c.begins, f.signal, f.subject}
		found[at] = true
		l, known := w.standing[at]
		if !known {
			if f.since.IsZero() {
				f.since = s.At
			}
			l = lasting{finding: f}
		}
		phase := Lasts
		if l.said.IsZero() {
			phase = Begins
		}
		if s.At.Sub(l.since) >= c.after && (phase == Begins || s.At.Sub(l.said) >= repeatEvery) {
			l.said = s.At
			a := alertOf(c, c.begins, phase, f, l.since, s.At)
			a.Until = s.At.Add(forgetAfter)
			list = append(list, a)
		}
		if w.standing == nil {
			w.standing = map[place]lasting{}
		}
		w.standing[at] = l
	}
	for _, at := range w.places(c.begins) {
		l := w.standing[at]
		if found[at] || c.isOver != nil && !c.isOver(s, l.finding) {
			continue
		}
		delete(w.standing, at)
		if l.said.IsZero() {
			continue
		}
		a := alertOf(c, c.ends, Ends, l.finding, l.since, s.At)
		a.Text, a.quiet = c.over(s, l.finding, s.At.Sub(l.since))
		list = append(list, a)
	}
	return list
}

// places returns where a condition was found, in order.
func (w *watch) places(begins Kind) []place {
	list := slices.DeleteFunc(slices.Collect(maps.Keys(w.standing)), func(p place) bool { return p.begins != begins })
	slices.SortFunc(list, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.signal, b.signal), cmp.Compare(a.subject, b.subject))
	})
	return list
}

// alertOf returns an alert of a condition.
func alertOf(c condition, kind Kind, phase Phase, f finding, since, now time.Time) Alert {
	severity := c.severity
	if phase == Ends {
		severity = Info
	}
	return Alert{Kind: kind, Condition: c.begins, Phase: phase, Severity: severity, Time: now, Since: since, Signal: f.signal, Subject: f.subject, Text: f.text}
}

// failovers returns the failovers that were not said yet. One whose longest wait is not
// known yet waits for it, for a moment.
func (w *watch) failovers(s platform.Snapshot) []Alert {
	var list []Alert
	said := map[failed]bool{}
	for _, f := range s.Failovers {
		key := failed{f.Time, f.Process, f.Signal}
		if w.failed[key] {
			said[key] = true
			continue
		}
		if f.Pending && s.At.Sub(f.Time) < gapPatience {
			continue
		}
		said[key] = true
		from, to := cmp.Or(s.Packager(f.From), "none"), cmp.Or(s.Packager(f.To), "none")
		words := text.Because(fmt.Sprintf("failover of %s from %s to %s", f.Signal, from, to), f.Cause)
		if f.GapMS >= 0 && !f.Pending {
			words += fmt.Sprintf("; the longest wait of a player was %.0f ms", f.GapMS)
		}
		list = append(list, Alert{
			Kind: Failover, Condition: Failover, Phase: Once, Severity: Info, Time: s.At, Since: f.Time, Signal: f.Signal, Subject: to,
			Text: named(s, words), Until: s.At.Add(forgetAfter),
		})
	}
	w.failed = said
	return list
}

// named returns a text with the names of the platform's packagers in place of their
// addresses.
func named(s platform.Snapshot, words string) string {
	for _, p := range s.OfRole(layouts.Packager) {
		words = strings.ReplaceAll(words, p.URL(), p.Name)
	}
	return words
}

// still returns the message that the stream is still on air, when it is due.
func (w *watch) still(s platform.Snapshot) (Alert, bool) {
	if w.stillOn <= 0 || s.OnAir.State != platform.AirOn || !w.stillAt.IsZero() && s.At.Sub(w.stillAt) < w.stillOn {
		return Alert{}, false
	}
	w.stillAt = s.At
	on, due := s.OnAir.Count()
	words := fmt.Sprintf("still on air: %d of %d signals", on, due)
	if !s.OnAir.Spare {
		words += ", no spare"
	}
	return Alert{
		Kind: StillOn, Condition: StillOn, Phase: Once, Severity: Info, Time: s.At, Since: s.OnAir.Since, Text: words,
		Until: s.At.Add(3 * w.stillOn),
	}, true
}
