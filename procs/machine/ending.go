package machine

import (
	"fmt"
	"time"
)

// notSpawned takes a start that failed before there was a process.
func (m Machine) notSpawned(e Event, now time.Time) (Machine, []Effect) {
	if m.Spec.Policy == RestartNever {
		m.Running, m.Wanted = false, false
		m.set(Exited, CauseNotStarted, e.Reason)
		return m, nil
	}
	return m.comeBack(failure{CauseNotStarted, e.Reason}, e.Urgent, now)
}

// incarnationEnded takes an incarnation's end.
func (m Machine) incarnationEnded(e Event, now time.Time) (Machine, []Effect) {
	m.LastExit = e.Exit.String()
	kind := ExitKindOf(e.Exit)
	switch {
	case m.State == Stopping:
		m.Running, m.Paused = false, false
		return m.stopped(now)
	case m.Next != 0 && m.Wanted:
		return m.promote(now), nil
	case !m.Wanted:
		m.Running, m.Paused = false, false
		m.set(Exited, CauseStop, "stopped, "+m.LastExit)
		return m, nil
	case kind == ExitConfiguration:
		m.freshBudget() // so that no retry is due
		m.Running, m.Paused = false, false
		m.set(Failed, CauseConfiguration, m.LastExit+": bad configuration, see its log; not restarted")
		return m, nil
	case m.Spec.Policy == RestartNever, m.Spec.Policy == RestartOnFailure && kind == ExitSuccess:
		m.Running, m.Paused, m.Wanted = false, false, false
		m.set(Exited, CauseExit, m.LastExit)
		return m, nil
	}
	return m.comeBack(m.whyEnded(m.failure), e.Urgent, now)
}

// whyEnded is why an incarnation ended: the failure that we killed it for, or else its
// exit.
func (m Machine) whyEnded(f failure) failure {
	if f.is() {
		return f
	}
	return failure{CauseExit, m.LastExit}
}

// comeBack decides when a process that has ended and is wanted comes back.
func (m Machine) comeBack(why failure, urgent bool, now time.Time) (Machine, []Effect) {
	m.settle(now)
	m.Running, m.Paused, m.endedAt = false, false, now
	first := backoffFirst
	if m.Spec.Held {
		first = 0 // connections wait
	}
	if m.operatorKilled {
		return m.backOff(failure{CauseKilled, "killed by operator"}, first)
	}
	var recent []time.Time
	for _, t := range m.ends {
		if now.Sub(t) < BudgetWindow {
			recent = append(recent, t)
		}
	}
	m.ends = append(recent, now)
	if m.failing || len(m.ends) > Budget {
		if !m.failing {
			why.text += "; it keeps ending"
		}
		retry := failedRetry
		if urgent {
			retry = urgentRetry
		}
		m.failing, m.retry = true, now.Add(retry)
		m.set(Failed, why.cause, fmt.Sprintf("%s; trying again in %s", why.text, retry))
		return m, []Effect{{Kind: SetTimer, Epoch: m.Epoch, Timer: RetryTimer, After: retry}}
	}
	wait := first
	if m.doublings > 0 {
		wait = min(backoffFirst<<m.doublings, backoffMost)
	}
	if urgent {
		wait = min(wait, urgentBackoff)
	}
	m.doublings = min(m.doublings+1, 10) // 100 ms doubled ten times is beyond the most
	return m.backOff(why, wait)
}

func (m Machine) backOff(why failure, wait time.Duration) (Machine, []Effect) {
	when := "at once"
	if wait > 0 {
		when = "in " + wait.String()
	}
	m.set(Backoff, why.cause, why.text+", restarting "+when)
	return m, []Effect{{Kind: SetTimer, Epoch: m.Epoch, Timer: BackoffTimer, After: wait}}
}

// Jittered lengthens a backoff by up to a fifth, so that what died together does
// not come back together; random is from 0 to 1.
func Jittered(wait time.Duration, random float64) time.Duration {
	return wait + time.Duration(random*jitterMost*float64(wait))
}

// isAway reports whether the process waits for the time of its next start.
func (m Machine) isAway() bool {
	return (m.State == Backoff || m.State == Failed && m.failing) && !m.Running && m.Wanted
}

// NextTry returns when a process that has failed is tried again; zero while that is not due.
func (m Machine) NextTry() time.Time {
	if m.State != Failed || !m.isAway() {
		return time.Time{}
	}
	return m.retry
}

// startSooner shortens the wait for the next start of a process that has become urgent. A
// pause remains, for one that dies again at each start.
func (m Machine) startSooner(now time.Time) (Machine, []Effect) {
	if !m.isAway() {
		return m, nil
	}
	pause, timer := urgentBackoff, BackoffTimer
	if m.State == Failed {
		pause, timer = urgentRetry, RetryTimer
	}
	if wait := pause - now.Sub(m.endedAt); wait > 0 {
		if sooner := now.Add(wait); m.State == Failed && sooner.Before(m.retry) {
			m.retry = sooner
		}
		return m, []Effect{{Kind: SetTimer, Epoch: m.Epoch, Timer: timer, After: wait}} // the timer that is set may be later
	}
	return m.launch(now)
}
