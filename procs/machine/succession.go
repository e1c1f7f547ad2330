package machine

import (
	"fmt"
	"time"
)

// This part of the machine is the graceful restart of a process whose sockets are
// held: its next incarnation starts beside the current one, takes over when it is
// ready, and only then is the old one asked to end.

// successor is what is known of Next.
type successor struct {
	progress time.Time
	answered bool    // it has answered a health probe
	reason   string  // why it is not ready yet
	failure  failure // the fault for which the supervisor killed it
}

// succeed starts Next.
func (m Machine) succeed(now time.Time) (Machine, []Effect) {
	m.last++
	m.Next, m.again = m.last, false
	m.next = successor{progress: now}
	m.because(CauseRestart, fmt.Sprintf("restart asked for: incarnation %d is starting", m.Next))
	return m, []Effect{
		{Kind: Spawn, Epoch: m.Next},
		{Kind: SetTimer, Epoch: m.Next, Timer: StartTimer, After: m.Spec.StartTimeout},
	}
}

// ofNext takes what happened to Next.
func (m Machine) ofNext(e Event, now time.Time) (Machine, []Effect) {
	switch e.Kind {
	case Progressed:
		m.next.progress = now
	case Probed:
		switch {
		case m.State == Stopping || m.next.failure.is() || !m.Wanted || !m.Running:
			// It is about to end.
		case e.Ready:
			return m.takeOver(now)
		default:
			m.next.answered, m.next.reason = true, e.Reason
		}
	case NotSpawned:
		return m.nextEnded(e.Reason, now)
	case Ended:
		m.LastExit = e.Exit.String()
		return m.nextEnded(m.whyEnded(m.next.failure).text, now)
	case TimedOut:
		return m.nextTimedOut(e.Timer, now)
	}
	return m, nil
}

// takeOver makes Next, which is ready, the current incarnation, and asks the old
// one to finish.
func (m Machine) takeOver(now time.Time) (Machine, []Effect) {
	m.settle(now)
	m.Draining, m.Epoch, m.Next = m.Epoch, m.Next, 0 // the old one runs: its end would have promoted Next
	m.Restarts++
	m.set(Ready, CauseDraining, fmt.Sprintf("incarnation %d finishes its responses", m.Draining))
	m.Paused, m.operatorKilled, m.failure, m.missed = false, false, failure{}, 0
	m.ready, m.progress = now, now
	return m, []Effect{
		{Kind: HandOver, Epoch: m.Draining},
		{Kind: SetTimer, Epoch: m.Draining, Timer: GraceTimer, After: m.Spec.FinishGrace},
	}
}

// promote makes Next the current incarnation as it is: the old one has died.
func (m Machine) promote(now time.Time) Machine {
	m.settle(now)
	m.Epoch, m.Next, m.Running = m.Next, 0, true
	m.Restarts++
	m.set(Starting, CauseNone, "")
	if m.next.answered {
		m.set(Running, CauseUnready, m.next.reason)
	}
	m.Paused, m.operatorKilled, m.failure, m.missed = false, false, m.next.failure, 0
	m.ready, m.progress = time.Time{}, m.next.progress
	return m
}

// nextEnded takes the end of a Next that was never ready: the current incarnation
// stays.
func (m Machine) nextEnded(why string, now time.Time) (Machine, []Effect) {
	failed := m.Next
	m.Next = 0
	switch {
	case m.State == Stopping:
		return m.stopped(now)
	case !m.Wanted:
		return m, nil
	case !m.Running: // the supervisor had given it up, and an operator started it again
		return m.launch(now)
	}
	m.because(CauseRestartFailed, fmt.Sprintf("restart failed: incarnation %d never became ready (%s): incarnation %d stays", failed, why, m.Epoch))
	return m, nil
}

func (m Machine) nextTimedOut(t Timer, now time.Time) (Machine, []Effect) {
	switch {
	case t == StartTimer && m.State != Stopping && !m.next.failure.is():
		if left := m.startLeft(&m.next.progress, now); left > 0 {
			return m, []Effect{{Kind: SetTimer, Epoch: m.Next, Timer: StartTimer, After: left}}
		}
		m.next.failure = m.notReady(m.next.reason)
		return m, []Effect{{Kind: KillGroup, Epoch: m.Next}}
	case m.State == Stopping:
		return m.overdue(m.Next, t, m.Spec.Grace)
	}
	return m, nil
}

// ofDraining takes what happened to the incarnation that has handed over.
func (m Machine) ofDraining(e Event, now time.Time) (Machine, []Effect) {
	switch e.Kind {
	case Ended:
		m.LastExit = e.Exit.String()
		m.Draining = 0
		switch {
		case m.State == Stopping:
			return m.stopped(now)
		case m.again && m.Running && m.Wanted:
			return m.succeed(now)
		case m.State == Ready:
			m.because(CauseNone, "")
		}
	case TimedOut:
		if m.State == Stopping {
			return m.overdue(m.Draining, e.Timer, m.Spec.Grace)
		}
		return m.overdue(m.Draining, e.Timer, m.Spec.FinishGrace)
	}
	return m, nil
}
