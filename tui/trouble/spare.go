package trouble

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// enough is from how many usable packagers on one more failure costs nothing.
const enough = 2

// spares tells how many packagers are usable. Of the signals that is the one with the fewest.
type spares struct{ usable, total int }

// sparesOf returns the spares of a signal; an empty one stands for all that are due.
func sparesOf(s *scene.Scene, signal string) spares {
	if signal != "" {
		usable, total := s.Snapshot.Usable(signal)
		return spares{usable, total}
	}
	fewest, found := spares{}, false
	for _, d := range s.Snapshot.Details {
		if slices.ContainsFunc(s.Light.Signals, func(l platform.SignalAir) bool { return l.Signal == d.Signal && !l.Due }) {
			continue
		}
		if one := sparesOf(s, d.Signal); !found || one.usable < fewest.usable {
			fewest, found = one, true
		}
	}
	if found {
		return fewest
	}
	for _, p := range s.OfRole(layouts.Packager) { // nobody reports how they are
		fewest.total++
		if p.Works() && !p.Unheard {
			fewest.usable++
		}
	}
	return fewest
}

// String says how many are usable.
func (a spares) String() string {
	return fmt.Sprintf("%d of %s usable", a.usable, canvas.Count(a.total, "packager"))
}

// packagersDown finds packagers that are down while another works: where that leaves no spare,
// or else where spare ones are left.
func packagersDown(spared bool) func(*scene.Scene) []Trouble {
	return func(s *scene.Scene) []Trouble {
		list, all := down(s, layouts.Packager)
		left := sparesOf(s, "")
		switch {
		case all, (left.usable >= enough) != spared:
			return nil
		case !spared:
			return downs(s, list, "no spare: ")
		}
		found := downs(s, list, "")
		for i := range found {
			found[i].spare(left)
		}
		return found
	}
}

// spare adds how many packagers are left.
func (t *Trouble) spare(left spares) {
	t.Brief = append([]string{t.What}, t.Brief...)
	t.What += "; " + left.String()
}

// unusable finds packagers that work and cannot take over: where that leaves no spare, or else
// where spare ones are left.
func unusable(spared bool) func(*scene.Scene) []Trouble {
	return func(s *scene.Scene) []Trouble {
		if _, all := down(s, layouts.Packager); all {
			return nil
		}
		var found []Trouble
		for _, p := range s.Packagers {
			left := sparesOf(s, p.Signal)
			// One that is stale like all others lacks what the worker does not give.
			if p.Usable || !p.Reported || p.Process != nil && !p.Process.Works() || left.usable == 0 || (left.usable >= enough) != spared {
				continue
			}
			t := Trouble{About: p.Title, What: fmt.Sprintf("%s is %s for %s", p.Title, p.Status.State, p.Label)}
			if !spared {
				t.What = "no spare: " + t.What
			}
			if p.Status.State == report.Stale && p.Status.AgeMS > 0 {
				t.Since = s.Now.Add(-time.Duration(p.Status.AgeMS) * time.Millisecond)
			}
			if why := p.Reason(); why != "" {
				t.What += ": " + why
			}
			if spared {
				t.spare(left)
			}
			if p.Process == nil {
				t.Remedy = elsewhere
			} else {
				t.Process = p.Process.Name
			}
			found = append(found, t)
		}
		return found
	}
}

// workersDown finds workers that do not work while others do.
func workersDown(s *scene.Scene) []Trouble {
	found := oneDown(layouts.Worker)(s)
	if working(s, layouts.Worker) >= enough {
		for i := range found {
			found[i].Means, found[i].Costs = "Other workers go on: one more failure stops nothing.", "another one does its work"
		}
	}
	return found
}
