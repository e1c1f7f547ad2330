package procs

import (
	"fmt"
	"time"
)

// notSpawned takes a start that failed before there was a process.
func (m Machine) notSpawned(e Event, now time.Time) (Machine, []Effect) {
	if m.Policy == RestartNever {
		m.Running, m.Wanted = false, false
		m.State, m.Reason = Exited, e.Reason
		return m, nil
	}
	return m.ended(e.Reason, e.Alone, now)
}

// exited takes an incarnation's end.
func (m Machine) exited(e Event, now time.Time) (Machine, []Effect) {
	exit := e.Exit
	m.LastExit = exit.String()
	why := m.LastExit
	if m.hung != "" {
		why = m.hung
	}
	switch {
	case m.State == Stopping:
		m.Running, m.Paused = false, false
		return m.stopped(now)
	case m.Next != 0 && m.Wanted:
		return m.promote(now), nil
	case !m.Wanted:
		m.Running, m.Paused = false, false
		m.State, m.Reason = Exited, "stopped, "+m.LastExit
		return m, nil
	case exit.Code == configuration:
		m.freshBudget() // so that no retry is due
		m.Running, m.Paused = false, false
		m.State, m.Reason = Failed, m.LastExit+": bad configuration, see its log; not restarted"
		return m, nil
	case m.Policy == RestartNever, m.Policy == RestartOnFailure && exit.Code == 0:
		m.Running, m.Paused, m.Wanted = false, false, false
		m.State, m.Reason = Exited, m.LastExit
		return m, nil
	}
	return m.ended(why, e.Alone, now)
}

// ended decides when a process that is wanted comes back.
func (m Machine) ended(why string, alone bool, now time.Time) (Machine, []Effect) {
	m.settle(now)
	m.Running, m.Paused, m.left = false, false, now
	first := backoffFirst
	if m.Held {
		first = 0 // connections wait
	}
	if m.pardoned {
		return m.backOff("killed here", first)
	}
	var recent []time.Time
	for _, t := range m.ends {
		if now.Sub(t) < budgetWindow {
			recent = append(recent, t)
		}
	}
	m.ends = append(recent, now)
	if m.failing || len(m.ends) > budget {
		if !m.failing {
			why += fmt.Sprintf("; restarted %d times in %s", budget, budgetWindow)
		}
		retry := failedRetry
		if alone {
			retry = neededRetry
		}
		m.failing = true
		m.State, m.Reason = Failed, fmt.Sprintf("%s; trying again in %s", why, retry)
		return m, []Effect{{Kind: SetTimer, Epoch: m.Epoch, Timer: RetryTimer, After: retry}}
	}
	wait := first
	if m.doublings > 0 {
		wait = min(backoffFirst<<m.doublings, backoffMost)
	}
	if alone {
		wait = min(wait, neededBackoff)
	}
	m.doublings = min(m.doublings+1, 10) // 100 ms doubled ten times is beyond the most
	return m.backOff(why, wait)
}

func (m Machine) backOff(why string, wait time.Duration) (Machine, []Effect) {
	when := "at once"
	if wait > 0 {
		when = "in " + wait.String()
	}
	m.State, m.Reason = Backoff, why+", restart "+when
	return m, []Effect{{Kind: SetTimer, Epoch: m.Epoch, Timer: BackoffTimer, After: wait}}
}

// jittered lengthens a backoff by up to a fifth, so that what died together does
// not come back together; random is from 0 to 1.
func jittered(wait time.Duration, random float64) time.Duration {
	return wait + time.Duration(random*jitterMost*float64(wait))
}
