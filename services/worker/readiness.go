package worker

import (
	"slices"
	"strings"

	"livestream-tui/services/worker/input"
)

// Ready reports whether a signal is on air, or all that there is waits for an encoder, and
// whether those that were soon to be at the start have a full playlist. A signal that takes longer, that is refused or that fails
// does not matter: other services judge each signal by itself.
func (s *Service) Ready() (bool, string) {
	s.mu.Lock()
	doing, looked, ready, inputs := s.doing, s.looked, s.ready, s.inputs
	s.mu.Unlock()
	if doing != "" {
		return false, doing
	}
	var filling, coming, wrong, idle, standby []string
	// The inputs are asked first: what comes on air in between counts once, as on air.
	var statuses []input.Status
	for _, in := range inputs {
		statuses = append(statuses, in.Status())
	}
	onAir := s.airings.all()
	for _, st := range statuses {
		if st.Doing != "" {
			return false, st.Doing
		}
		idle, standby = append(idle, st.Idle...), append(standby, st.Standby...)
		for _, c := range st.Coming {
			if _, is := onAir[c.Signal]; is {
				continue
			}
			if c.Soon {
				filling = append(filling, c.Doing)
			} else {
				coming = append(coming, c.Doing)
			}
		}
	}
	if !looked {
		return false, "looking for signals"
	}
	well := 0
	for name, e := range onAir {
		full, problem := false, ""
		if e != nil {
			full, problem = e.condition()
		}
		switch {
		case problem != "":
			wrong = append(wrong, problem)
		case full || ready && e != nil:
			well++
		default:
			filling = append(filling, "filling the playlist of "+name)
		}
	}
	waits := len(standby) > 0 && len(filling)+len(coming)+len(wrong) == 0
	if waits || well > 0 && (ready || len(filling) == 0) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ready = true
		return true, ""
	}
	return false, whyNot(wrong, append(filling, coming...), idle)
}

// whyNot is why the service is not ready.
func whyNot(wrong, coming, idle []string) string {
	slices.Sort(wrong)
	slices.Sort(coming)
	if reasons := append(wrong, coming...); len(reasons) > 0 {
		idle = reasons
	}
	return strings.Join(idle, "; ")
}
