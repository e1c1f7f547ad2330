package procs

import (
	"fmt"
	"time"
)

// This part of the machine is the graceful restart of a process whose sockets are
// held: its next incarnation starts beside the current one, takes over when it is
// ready, and only then is the old one asked to end.

// succeed starts Next.
func (m Machine) succeed(now time.Time) (Machine, []Effect) {
	m.last++
	m.Next, m.again = m.last, false
	m.nextProgress, m.nextReason, m.nextHung = now, "", ""
	m.Reason = fmt.Sprintf("restart asked for: incarnation %d is starting", m.Next)
	return m, []Effect{
		{Kind: Spawn, Epoch: m.Next},
		{Kind: SetTimer, Epoch: m.Next, Timer: StartTimer, After: m.StartTimeout},
	}
}

// ofNext takes what happened to Next.
func (m Machine) ofNext(e Event, now time.Time) (Machine, []Effect) {
	switch e.Kind {
	case Progressed:
		m.nextProgress = now
	case Probed:
		switch {
		case m.State == Stopping || m.nextHung != "" || !m.Wanted || !m.Running:
			// It is about to end.
		case e.Ready:
			return m.takeOver(now)
		default:
			m.nextReason = e.Reason
		}
	case NotSpawned:
		return m.nextEnded(e.Reason, now)
	case Ended:
		m.LastExit = e.Exit.String()
		why := m.LastExit
		if m.nextHung != "" {
			why = m.nextHung
		}
		return m.nextEnded(why, now)
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
	m.State, m.Reason = Ready, m.finishing()
	m.Paused, m.pardoned, m.hung, m.missed = false, false, "", 0
	m.ready, m.progress = now, now
	return m, []Effect{
		{Kind: HandOver, Epoch: m.Draining},
		{Kind: SetTimer, Epoch: m.Draining, Timer: GraceTimer, After: m.FinishGrace},
	}
}

func (m Machine) finishing() string {
	return fmt.Sprintf("incarnation %d finishes its responses", m.Draining)
}

// promote makes Next the current incarnation as it is: the old one has died.
func (m Machine) promote(now time.Time) Machine {
	m.settle(now)
	m.Epoch, m.Next, m.Running = m.Next, 0, true
	m.Restarts++
	m.State, m.Reason = Starting, m.nextReason
	if m.nextReason != "" {
		m.State = Running // it has answered
	}
	m.Paused, m.pardoned, m.hung, m.missed = false, false, m.nextHung, 0
	m.ready, m.progress = time.Time{}, m.nextProgress
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
	case !m.Running: // it had been given up, and was asked for again
		return m.launch(now)
	}
	m.Reason = restartFailed + fmt.Sprintf("incarnation %d never became ready (%s): incarnation %d stays", failed, why, m.Epoch)
	return m, nil
}

func (m Machine) nextTimedOut(t Timer, now time.Time) (Machine, []Effect) {
	switch {
	case t == StartTimer && m.State != Stopping && m.nextHung == "":
		if left := m.startLeft(&m.nextProgress, now); left > 0 {
			return m, []Effect{{Kind: SetTimer, Epoch: m.Next, Timer: StartTimer, After: left}}
		}
		m.nextHung = m.notReady(m.nextReason)
		return m, []Effect{{Kind: Slay, Epoch: m.Next}}
	case m.State == Stopping:
		return m.overdue(m.Next, t, m.Grace)
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
			m.Reason = ""
		}
	case TimedOut:
		if m.State == Stopping {
			return m.overdue(m.Draining, e.Timer, m.Grace)
		}
		return m.overdue(m.Draining, e.Timer, m.FinishGrace)
	}
	return m, nil
}

// overdue takes the timers of an incarnation other than the current one that was
// asked to end.
func (m Machine) overdue(epoch int, t Timer, grace time.Duration) (Machine, []Effect) {
	switch t {
	case GraceTimer:
		m.Reason = fmt.Sprintf("incarnation %d did not stop within %s: killing it", epoch, grace)
		return m, []Effect{
			{Kind: Slay, Epoch: epoch},
			{Kind: SetTimer, Epoch: epoch, Timer: GiveUpTimer, After: m.Grace},
		}
	case GiveUpTimer:
		m.Reason = fmt.Sprintf("incarnation %d could not be stopped: some of its group still live %s after KILL", epoch, m.Grace)
		if m.State == Stopping {
			m.State = Failed
		}
	}
	return m, nil
}
