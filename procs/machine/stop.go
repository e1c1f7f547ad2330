package machine

import (
	"fmt"
	"time"
)

// stop asks the group to end, or ends a wait.
func (m Machine) stop(cause Cause, reason string) (Machine, []Effect) {
	if !m.Alive() {
		if m.State != Idle || cause == CauseStop {
			m.set(Exited, CauseStop, "stopped")
		}
		return m, nil
	}
	if m.State == Stopping {
		return m, nil
	}
	m.set(Stopping, cause, reason)
	m.Paused = false
	var effects []Effect
	for _, epoch := range m.epochs() {
		// Draining has had its TERM, but the supervisor waits for it no longer than for
		// any other.
		if epoch != m.Draining {
			effects = append(effects, Effect{Kind: Terminate, Epoch: epoch})
		}
		effects = append(effects, Effect{Kind: SetTimer, Epoch: epoch, Timer: GraceTimer, After: m.Spec.Grace})
	}
	return m, effects
}

// epochs are the incarnations that are alive.
func (m Machine) epochs() []int {
	var list []int
	if m.Running {
		list = append(list, m.Epoch)
	}
	for _, epoch := range []int{m.Next, m.Draining} {
		if epoch != 0 {
			list = append(list, epoch)
		}
	}
	return list
}

// stopped continues a stop after one of the incarnations has ended or a restart was asked
// for.
func (m Machine) stopped(now time.Time) (Machine, []Effect) {
	switch {
	case m.Running || m.Next != 0:
		return m, nil
	case m.again && m.Wanted:
		return m.launch(now)
	case m.Draining != 0:
		return m, nil
	}
	m.set(Exited, CauseStop, "stopped, "+m.LastExit)
	return m, nil
}

// overdue takes a timer of an incarnation that has had grace to end: GraceTimer kills it,
// GiveUpTimer gives it up.
func (m Machine) overdue(epoch int, t Timer, grace time.Duration) (Machine, []Effect) {
	subject := ""
	if epoch != m.Epoch {
		subject = fmt.Sprintf("incarnation %d ", epoch)
	}
	switch t {
	case GraceTimer:
		m.because(CauseStopTimeout, fmt.Sprintf("%sdid not stop within %s: killing it", subject, grace))
		return m, []Effect{
			{Kind: KillGroup, Epoch: epoch},
			{Kind: SetTimer, Epoch: epoch, Timer: GiveUpTimer, After: m.Spec.Grace},
		}
	case GiveUpTimer:
		m.because(CauseUnstoppable, fmt.Sprintf("%scould not be stopped: some of its group still live %s after KILL", subject, m.Spec.Grace))
		if m.State == Stopping {
			m.State = Failed
		}
	}
	return m, nil
}
