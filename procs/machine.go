package procs

import (
	"fmt"
	"strings"
	"time"
)

// The limits of supervision (DESIGN.md, section 3).
const (
	backoffFirst  = 100 * time.Millisecond // before the first restart, then doubling
	backoffMost   = 10 * time.Second
	backoffReset  = 10 * time.Second // of being ready, after which the backoff begins anew
	budget        = 5                // restarts ...
	budgetWindow  = 30 * time.Second // ... in this time, then failed
	failedRetry   = time.Minute      // a failed process is tried once after this, then again
	neededBackoff = time.Second      // from its end to its next start, of one that is needed
	neededRetry   = 10 * time.Second // the same where it has failed
	jitterMost    = 0.2              // of the backoff, added to it
	lateMost      = 2 * time.Second  // a start timer that comes later than this: it was us who slept
	missesMost    = 3                // health probes missed in a row: hung
	defaultGrace  = 5 * time.Second
	defaultFinish = 15 * time.Second // of an incarnation that has handed over
	defaultStart  = 15 * time.Second
	configuration = 78 // exit status of a bad configuration: a restart cannot help
)

// Machine is the life of one process as a value. Reduce moves it; it starts
// nothing and knows no clock.
//
// A process whose sockets are held may have two incarnations for a while: first
// the current one and Next, which starts beside it; and from the moment that Next
// is ready, and thereby the current one, that and Draining, which finishes what it
// has begun. There are never three: a restart asked for meanwhile waits.
type Machine struct {
	// The spec's part of it.
	Policy       RestartPolicy
	Grace        time.Duration // as in Spec, never zero here
	FinishGrace  time.Duration // as in Spec, never zero here
	StartTimeout time.Duration // as in Spec, never zero here
	Held         bool          // it has sockets that are held

	State  State
	Reason string
	Paused bool
	Wanted bool
	// Epoch is the incarnation that runs or ran last, from 1. Every timer and
	// probe carries the one it was meant for.
	Epoch   int
	Running bool // the incarnation's group is not known to be empty
	// Next is the incarnation that starts in order to take over from the current
	// one, Draining the one that has handed over to it; 0 while there is none.
	Next, Draining int
	Restarts       int
	LastExit       string

	lacking   []string    // dependencies that were never ready
	ends      []time.Time // unwanted ends within the budget's window
	doublings int         // of the backoff
	missed    int         // health probes in a row
	ready     time.Time   // since when; zero while not
	progress  time.Time   // start or last progress event
	again     bool        // stopping, or waiting for Draining to end, in order to start again
	pardoned  bool        // this incarnation's end does not count: an operator killed it
	hung      string      // why we killed it ourselves
	failing   bool        // the budget is spent: one try at a time
	left      time.Time   // when its last incarnation ended
	last      int         // the newest incarnation there ever was

	// What is known of Next.
	nextProgress time.Time
	nextReason   string // why it is not ready yet
	nextHung     string // why we killed it ourselves
}

// NewMachine returns the machine of a process that is idle.
func NewMachine(s Spec) Machine {
	m := Machine{
		Policy: s.Restart, Grace: s.Grace, FinishGrace: s.FinishGrace, StartTimeout: s.StartTimeout,
		Held: len(s.Held) > 0, lacking: s.DependsOn,
	}
	if m.Grace == 0 {
		m.Grace = defaultGrace
	}
	if m.FinishGrace == 0 {
		m.FinishGrace = defaultFinish
	}
	if m.StartTimeout == 0 {
		m.StartTimeout = defaultStart
	}
	return m
}

// Alive reports whether any incarnation is not known to have gone.
func (m Machine) Alive() bool { return m.Running || m.Next != 0 || m.Draining != 0 }

// Reduce returns the machine after e and what is to be done. It is pure.
func Reduce(m Machine, e Event, now time.Time) (Machine, []Effect) {
	switch e.Kind {
	case Asked:
		return m.asked(e.Action, now)
	case Dependencies:
		m.lacking = e.Lacking
		if m.State == Waiting && m.Wanted {
			return m.launch(now)
		}
		return m, nil
	case Needed:
		return m.needed(now)
	case ShutDown:
		m.Wanted, m.again = false, false
		return m.stop("the platform is stopping")
	}
	switch e.Epoch {
	case 0, m.Epoch:
	case m.Next:
		return m.ofNext(e, now)
	case m.Draining:
		return m.ofDraining(e, now)
	}
	if e.Epoch != m.Epoch {
		return m, nil // meant for an incarnation that is gone
	}
	switch e.Kind {
	case NotSpawned:
		return m.notSpawned(e, now)
	case Ended:
		return m.exited(e, now)
	case Progressed:
		m.progress = now
	case Probed:
		return m.probed(e, now), nil
	case Missed:
		return m.miss(now)
	case TimedOut:
		return m.timedOut(e.Timer, now)
	}
	return m, nil
}

func (m Machine) asked(a Action, now time.Time) (Machine, []Effect) {
	switch a {
	case Start:
		m.Wanted = true
		m.freshBudget()
		if m.Running && m.State != Stopping {
			return m, nil // also one that could not be stopped: it comes back once it has gone
		}
		if m.State == Stopping {
			m.again = true
			return m.stopped(now)
		}
		return m.launch(now)
	case Restart:
		m.Wanted = true
		m.freshBudget()
		switch {
		case m.State == Stopping:
			m.again = true
			return m.stopped(now)
		case !m.Running:
			return m.launch(now)
		case m.Next != 0:
			return m, nil // it is under way
		case m.Held && m.Draining == 0:
			return m.succeed(now)
		case m.Held:
			m.again = true
			m.Reason = fmt.Sprintf("restart asked for: waiting until incarnation %d has finished its responses", m.Draining)
			return m, nil
		}
		m.again = true
		return m.stop("restart asked for")
	case Stop:
		m.Wanted, m.again = false, false
		if m.State == Stopping {
			m.Reason = "stop asked for" // no longer a restart
		}
		return m.stop("stop asked for")
	case Kill:
		if m.Running {
			m.pardoned = true
			return m, []Effect{{Kind: Slay, Epoch: m.Epoch}}
		}
	case Pause:
		if m.Running && !m.Paused && m.State != Stopping {
			m.Paused = true
			return m, []Effect{{Kind: Halt, Epoch: m.Epoch}}
		}
	case Resume:
		if m.Running && m.Paused {
			m.Paused, m.missed, m.progress = false, 0, now
			return m, []Effect{{Kind: Continue, Epoch: m.Epoch}}
		}
	}
	return m, nil
}

func (m *Machine) freshBudget() { m.ends, m.doublings, m.failing = nil, 0, false }

// launch starts the next incarnation, or waits for dependencies.
func (m Machine) launch(now time.Time) (Machine, []Effect) {
	if len(m.lacking) > 0 {
		m.State, m.Reason = Waiting, "waiting for "+strings.Join(m.lacking, ", ")
		return m, nil
	}
	if m.Next != 0 { // it could not be stopped: it comes back once it has gone
		m = m.promote(now)
		m.hung = "could not be stopped"
		return m, nil
	}
	if m.Epoch > 0 {
		m.Restarts++
	}
	m.last++
	m.Epoch = m.last
	m.State, m.Reason, m.Running = Starting, "", true
	m.Paused, m.again, m.pardoned, m.hung = false, false, false, ""
	m.missed, m.ready, m.progress = 0, time.Time{}, now
	return m, []Effect{
		{Kind: Spawn, Epoch: m.Epoch},
		{Kind: SetTimer, Epoch: m.Epoch, Timer: StartTimer, After: m.StartTimeout},
	}
}

// stop asks the group to end, or ends a wait.
func (m Machine) stop(reason string) (Machine, []Effect) {
	if !m.Alive() {
		if m.State != Idle {
			m.State, m.Reason = Exited, "stopped"
		}
		return m, nil
	}
	if m.State == Stopping {
		return m, nil
	}
	m.State, m.Reason, m.Paused = Stopping, reason, false
	var effects []Effect
	for _, epoch := range m.epochs() {
		// Draining has had its TERM, but the platform does not wait for it longer
		// than for any other.
		if epoch != m.Draining {
			effects = append(effects, Effect{Kind: Terminate, Epoch: epoch})
		}
		effects = append(effects, Effect{Kind: SetTimer, Epoch: epoch, Timer: GraceTimer, After: m.Grace})
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

// stopped settles a process that is stopping after one of its incarnations has
// ended, or it was asked to come back.
func (m Machine) stopped(now time.Time) (Machine, []Effect) {
	switch {
	case m.Running || m.Next != 0:
		return m, nil
	case m.again && m.Wanted:
		return m.launch(now)
	case m.Draining != 0:
		return m, nil
	}
	m.State, m.Reason = Exited, "stopped, "+m.LastExit
	return m, nil
}

func (m Machine) probed(e Event, now time.Time) Machine {
	m.missed = 0
	if !m.Running || m.Paused || m.State == Stopping || m.hung != "" {
		return m // also an answer that was under way when the incarnation ended
	}
	switch {
	case e.Ready && m.State != Ready:
		m.State, m.Reason = Ready, ""
		m.ready = now
	case !e.Ready && (m.State == Ready || m.State == Degraded):
		m.settle(now)
		m.State, m.Reason = Degraded, e.Reason
	case !e.Ready:
		m.State, m.Reason = Running, e.Reason
	}
	return m
}

// miss counts a health probe without an answer. One that has never answered yet
// is the start timeout's business.
func (m Machine) miss(now time.Time) (Machine, []Effect) {
	if !m.Running || m.Paused || m.State != Running && m.State != Ready && m.State != Degraded {
		return m, nil
	}
	m.missed++
	if m.missed < missesMost || m.hung != "" {
		return m, nil
	}
	return m.slay(fmt.Sprintf("hung: %d health probes in a row missed", m.missed), now)
}

// settle ends a time of being ready. One that was long enough has shown that the
// process works: its next trouble is a new one.
func (m *Machine) settle(now time.Time) {
	if !m.ready.IsZero() && now.Sub(m.ready) >= backoffReset {
		m.doublings, m.failing = 0, false
	}
	m.ready = time.Time{}
}

// slay kills the incarnation for a fault of its own.
func (m Machine) slay(why string, now time.Time) (Machine, []Effect) {
	m.settle(now)
	m.hung, m.Reason = why, why
	if m.State == Ready {
		m.State = Degraded // until it has gone
	}
	return m, []Effect{{Kind: Slay, Epoch: m.Epoch}}
}

func (m Machine) timedOut(t Timer, now time.Time) (Machine, []Effect) {
	switch {
	case t == StartTimer && (m.State == Starting || m.State == Running) && m.hung == "":
		left := m.startLeft(&m.progress, now)
		if m.Paused {
			left = m.StartTimeout
		}
		if left > 0 {
			return m, []Effect{{Kind: SetTimer, Epoch: m.Epoch, Timer: StartTimer, After: left}}
		}
		return m.slay(m.notReady(m.Reason), now)
	case (t == BackoffTimer && m.State == Backoff || t == RetryTimer && m.State == Failed) && m.isAway():
		return m.launch(now)
	case t == GraceTimer && m.State == Stopping && m.Running:
		m.Reason = fmt.Sprintf("did not stop within %s: killing it", m.Grace)
		return m, []Effect{
			{Kind: Slay, Epoch: m.Epoch},
			{Kind: SetTimer, Epoch: m.Epoch, Timer: GiveUpTimer, After: m.Grace},
		}
	case t == GiveUpTimer && m.State == Stopping && m.Running:
		m.State, m.Reason = Failed, fmt.Sprintf("could not be stopped: some of its group still live %s after KILL", m.Grace)
	}
	return m, nil
}

// isAway reports whether it waits for the time of its next start.
func (m Machine) isAway() bool {
	return (m.State == Backoff || m.State == Failed && m.failing) && !m.Running && m.Wanted
}

// needed shortens the wait for the next start, as far as one that only comes in
// order to die again may be started.
func (m Machine) needed(now time.Time) (Machine, []Effect) {
	if !m.isAway() {
		return m, nil
	}
	pause, timer := neededBackoff, BackoffTimer
	if m.State == Failed {
		pause, timer = neededRetry, RetryTimer
	}
	if wait := pause - now.Sub(m.left); wait > 0 {
		return m, []Effect{{Kind: SetTimer, Epoch: m.Epoch, Timer: timer, After: wait}} // the one that is set may be later
	}
	return m.launch(now)
}

// startLeft is how much of the start timeout is left since progress.
func (m Machine) startLeft(progress *time.Time, now time.Time) time.Duration {
	left := m.StartTimeout - now.Sub(*progress)
	if left < -lateMost { // supervision itself was stopped: count anew
		*progress, left = now, m.StartTimeout
	}
	return left
}

func (m Machine) notReady(reason string) string {
	why := fmt.Sprintf("not ready within %s", m.StartTimeout)
	if reason != "" {
		why += ": " + reason
	}
	return why
}
