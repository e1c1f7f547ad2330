package machine

import (
	"fmt"
	"time"
)

func (m Machine) probed(e Event, now time.Time) Machine {
	m.missed = 0
	if !m.Running || m.Paused || m.State == Stopping || m.failure.is() {
		return m // also an answer that was under way when the incarnation ended
	}
	switch {
	case e.Ready && m.State != Ready:
		m.set(Ready, CauseNone, "")
		m.ready = now
	case !e.Ready && (m.State == Ready || m.State == Degraded):
		m.settle(now)
		m.set(Degraded, CauseUnready, e.Reason)
	case !e.Ready:
		m.set(Running, CauseUnready, e.Reason)
	}
	return m
}

// miss counts a health probe without an answer. It does not count for an incarnation that
// has never answered: the start timeout applies to it.
func (m Machine) miss(now time.Time) (Machine, []Effect) {
	if !m.Running || m.Paused || m.State != Running && m.State != Ready && m.State != Degraded {
		return m, nil
	}
	m.missed++
	if m.missed < missesMost || m.failure.is() {
		return m, nil
	}
	return m.kill(failure{CauseHung, fmt.Sprintf("hung: %d health probes in a row missed", m.missed)}, now)
}

// settle ends a period of being ready. A period that was long enough resets the backoff:
// the process works, and its next failure is a new one.
func (m *Machine) settle(now time.Time) {
	if !m.ready.IsZero() && now.Sub(m.ready) >= backoffReset {
		m.doublings, m.failing = 0, false
	}
	m.ready = time.Time{}
}

// kill kills the incarnation for a fault of its own.
func (m Machine) kill(f failure, now time.Time) (Machine, []Effect) {
	m.settle(now)
	m.failure = f
	m.because(f.cause, f.text)
	if m.State == Ready {
		m.State = Degraded // until it has gone
	}
	return m, []Effect{{Kind: KillGroup, Epoch: m.Epoch}}
}

func (m Machine) timedOut(t Timer, now time.Time) (Machine, []Effect) {
	switch {
	case t == StartTimer && (m.State == Starting || m.State == Running) && !m.failure.is():
		left := m.startLeft(&m.progress, now)
		if m.Paused {
			left = m.Spec.StartTimeout
		}
		if left > 0 {
			return m, []Effect{{Kind: SetTimer, Epoch: m.Epoch, Timer: StartTimer, After: left}}
		}
		return m.kill(m.notReady(m.Reason), now)
	case (t == BackoffTimer && m.State == Backoff || t == RetryTimer && m.State == Failed) && m.isAway():
		return m.launch(now)
	case m.State == Stopping && m.Running:
		return m.overdue(m.Epoch, t, m.Spec.Grace)
	}
	return m, nil
}

// startLeft is how much of the start timeout is left since progress.
func (m Machine) startLeft(progress *time.Time, now time.Time) time.Duration {
	left := m.Spec.StartTimeout - now.Sub(*progress)
	if left < -lateMost { // the supervisor itself was stopped: count from now
		*progress, left = now, m.Spec.StartTimeout
	}
	return left
}

// notReady is the failure of an incarnation whose start took too long; reason is what it
// said last.
func (m Machine) notReady(reason string) failure {
	why := fmt.Sprintf("not ready within %s", m.Spec.StartTimeout)
	if reason != "" {
		why += ": " + reason
	}
	return failure{CauseStartTimeout, why}
}
