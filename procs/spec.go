package procs

import (
	"time"

	"livestream-tui/procs/machine"
)

// Spec is one process to supervise.
type Spec struct {
	// Name is unique among the specs of a supervisor.
	Name string
	// Argv is the command; Argv[0] is an absolute path. Never a shell.
	Argv []string
	// Env is the whole environment, KEY=VALUE; the supervisor adds the probe's
	// socket as SERVICE_SOCKET.
	Env []string
	// Dir is the working directory; empty for the supervisor's.
	Dir string
	// DependsOn are names of processes that must be ready before this one starts.
	DependsOn []string
	// Role is what it does. Processes of the same role stand in for each other: while
	// none of them is ready and not paused, each is started again a second after its end
	// at the latest, and one that has failed after 10 s. Empty: it has no stand-in.
	Role    string
	Restart RestartPolicy
	// Stopped: it is not started until an operator starts it.
	Stopped bool
	// Held are listening sockets that the supervisor holds and hands to each
	// incarnation from descriptor 3 on, as systemd does (sd_listen_fds(3); without
	// LISTEN_PID, which is not known before the fork). Connections wait in the
	// backlog while no incarnation runs.
	Held []Socket
	// Grace is how long a TERM may take before KILL; zero means 5 s.
	Grace time.Duration
	// FinishGrace is how long an incarnation may take to end after another has
	// taken over from it; zero means 15 s. Only with Held.
	FinishGrace time.Duration
	// StartTimeout is how long the process may take to become ready, counted
	// from its start or its last progress event; zero means 15 s.
	StartTimeout time.Duration
}

// machine is what its machine knows of it.
func (s Spec) machine() machine.Spec {
	return machine.Spec{
		Policy: s.Restart, DependsOn: s.DependsOn, Held: len(s.Held) > 0,
		Grace: s.Grace, FinishGrace: s.FinishGrace, StartTimeout: s.StartTimeout,
	}
}

// Socket is a TCP socket to listen on.
type Socket struct {
	// Name stands in LISTEN_FDNAMES; without a colon.
	Name string
	// Address is HOST:PORT.
	Address string
	// Optional: the process starts without it too.
	Optional bool
}
