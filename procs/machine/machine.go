package machine

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// The limits of supervision.
const (
	backoffFirst  = 100 * time.Millisecond // before the first restart, then doubling
	backoffMost   = 10 * time.Second
	backoffReset  = 10 * time.Second // of being ready, after which the backoff starts at the first again
	failedRetry   = time.Minute      // a failed process is tried once after this, then again
	urgentBackoff = time.Second      // at most from the end to the next start of an urgent one
	urgentRetry   = 10 * time.Second // the same where it has failed
	jitterMost    = 0.2              // of the backoff, added to it
	lateMost      = 2 * time.Second  // a start timer that is later than this: the supervisor itself was stopped
	missesMost    = 3                // health probes missed in a row: hung
	defaultFinish = 15 * time.Second
	defaultStart  = 15 * time.Second
)

// Limits that the tests of supervision need too.
const (
	// Budget is how many restarts a process has in BudgetWindow before it has failed.
	Budget       = 5
	BudgetWindow = 30 * time.Second
	// DefaultGrace is how long a TERM may take before KILL, unless the spec says.
	DefaultGrace = 5 * time.Second
)

// Spec is what a machine knows of its process.
type Spec struct {
	Policy RestartPolicy
	// DependsOn are names of processes that must have been ready before it starts.
	DependsOn []string
	// Held says that the supervisor holds its listening sockets.
	Held bool
	// Grace is how long a TERM may take before KILL; zero means DefaultGrace.
	Grace time.Duration
	// FinishGrace is how long an incarnation may take to end after another has taken
	// over from it; zero means 15 s. Only with Held.
	FinishGrace time.Duration
	// StartTimeout is how long it may take to become ready, from its start or its last
	// progress; zero means 15 s.
	StartTimeout time.Duration
}

// Machine is the life of one process as a value. Reduce moves it.
//
// A process whose sockets are held may have two incarnations for a while: first
// the current one and Next, which starts beside it; and once Next is ready and is
// the current one, that and Draining, which finishes what it has begun. There are
// never three: a restart asked for meanwhile waits.
type Machine struct {
	// Spec is that of the process, with the defaults in place of zero durations.
	Spec Spec

	State State
	// Cause and Reason say why the state is what it is, as a code and in words.
	Cause  Cause
	Reason string
	Paused bool
	Wanted bool
	// Epoch is the incarnation that runs or ran last, from 1. Every timer and
	// probe carries the one it was meant for.
	Epoch   int
	Running bool // the incarnation's group is not known to be empty
	// Next is the incarnation that starts in order to take over from the current
	// one, Draining the one that has handed over to it; 0 when there is no such one.
	Next, Draining int
	Restarts       int
	LastExit       string

	lacking        []string    // dependencies that were never ready
	ends           []time.Time // unwanted ends within the budget's window
	doublings      int         // of the backoff
	missed         int         // health probes in a row
	ready          time.Time   // since when; zero while not
	progress       time.Time   // start or last progress event
	again          bool        // stopping, or waiting for Draining to end, in order to start again
	operatorKilled bool        // an operator killed it: its end does not count
	failure        failure     // the fault for which the supervisor killed it
	failing        bool        // the budget is spent: one try at a time
	retry          time.Time   // when the next try is due while failing
	endedAt        time.Time   // when its last incarnation ended
	last           int         // the number of the newest incarnation

	next successor // what is known of Next
}

// New returns the machine of a process that is idle.
func New(s Spec) Machine {
	s.Grace = cmp.Or(s.Grace, DefaultGrace)
	s.FinishGrace = cmp.Or(s.FinishGrace, defaultFinish)
	s.StartTimeout = cmp.Or(s.StartTimeout, defaultStart)
	return Machine{Spec: s, lacking: s.DependsOn}
}

// Alive reports whether any incarnation is not known to have gone.
func (m Machine) Alive() bool { return m.Running || m.Next != 0 || m.Draining != 0 }

// Serves reports whether others may rely on it.
func (m Machine) Serves() bool { return m.State == Ready && !m.Paused }

// Newest is the number of the newest incarnation, 0 before the first.
func (m Machine) Newest() int { return m.last }

// Lacking are the dependencies that it waits for: those that were never ready, as it
// learnt last.
func (m Machine) Lacking() []string { return m.lacking }

// Restarting reports whether a restart that was asked for is under way.
func (m Machine) Restarting() bool {
	return m.State != Stopping && (m.Next != 0 || m.Draining != 0 && m.again)
}

// set changes the state, and why it is so.
func (m *Machine) set(s State, c Cause, reason string) {
	m.State = s
	m.because(c, reason)
}

// because changes why the state is what it is.
func (m *Machine) because(c Cause, reason string) { m.Cause, m.Reason = c, reason }

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
	case BecameUrgent:
		return m.startSooner(now)
	case ShutDown:
		m.Wanted, m.again = false, false
		return m.stop(CauseShutdown, "the platform is stopping")
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
		return m.incarnationEnded(e, now)
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
	case Start, Restart:
		return m.comeUp(a, now)
	case Stop:
		m.Wanted, m.again = false, false
		if m.State == Stopping {
			m.because(CauseStop, "stop asked for") // no longer a restart
		}
		return m.stop(CauseStop, "stop asked for")
	case Kill:
		if m.Running {
			m.operatorKilled = true
			return m, []Effect{{Kind: KillGroup, Epoch: m.Epoch}}
		}
	case Pause:
		if m.Running && !m.Paused && m.State != Stopping {
			m.Paused = true
			return m, []Effect{{Kind: SuspendGroup, Epoch: m.Epoch}}
		}
	case Resume:
		if m.Running && m.Paused {
			m.Paused, m.missed, m.progress = false, 0, now
			return m, []Effect{{Kind: ContinueGroup, Epoch: m.Epoch}}
		}
	}
	return m, nil
}

// comeUp takes Start and Restart, which differ only for a process that runs.
func (m Machine) comeUp(a Action, now time.Time) (Machine, []Effect) {
	m.Wanted = true
	m.freshBudget()
	switch {
	case m.State == Stopping:
		m.again = true
		return m.stopped(now)
	case !m.Running:
		return m.launch(now)
	case a == Restart:
		return m.restart(now)
	}
	return m, nil // a process that could not be stopped comes back once it has gone
}

// restart replaces the incarnation that runs.
func (m Machine) restart(now time.Time) (Machine, []Effect) {
	switch {
	case m.Next != 0:
		return m, nil // it is under way
	case m.Spec.Held && m.Draining == 0:
		return m.succeed(now)
	case m.Spec.Held:
		m.again = true
		m.because(CauseRestart, fmt.Sprintf("restart asked for: waiting until incarnation %d has finished its responses", m.Draining))
		return m, nil
	}
	m.again = true
	return m.stop(CauseRestart, "restart asked for")
}

func (m *Machine) freshBudget() { m.ends, m.doublings, m.failing = nil, 0, false }

// launch starts the next incarnation, or waits for dependencies.
func (m Machine) launch(now time.Time) (Machine, []Effect) {
	if len(m.lacking) > 0 {
		m.set(Waiting, CauseDependency, "waiting for "+strings.Join(m.lacking, ", "))
		return m, nil
	}
	if m.Next != 0 { // it could not be stopped: it comes back once it has gone
		m = m.promote(now)
		m.failure = failure{CauseUnstoppable, "could not be stopped"}
		return m, nil
	}
	if m.Epoch > 0 {
		m.Restarts++
	}
	m.last++
	m.Epoch = m.last
	m.set(Starting, CauseNone, "")
	m.Running, m.Paused, m.again, m.operatorKilled, m.failure = true, false, false, false, failure{}
	m.missed, m.ready, m.progress = 0, time.Time{}, now
	return m, []Effect{
		{Kind: Spawn, Epoch: m.Epoch},
		{Kind: SetTimer, Epoch: m.Epoch, Timer: StartTimer, After: m.Spec.StartTimeout},
	}
}
