package cluster

import "time"

// Member is a machine that has joined.
type Member struct {
	Name string `json:"name"`
	// Address is the IP address or host name by which other machines reach it.
	Address string `json:"address"`
	// EnginePort and RoutePort are those of its engine: for clients, and for other engines.
	EnginePort int `json:"engine_port"`
	RoutePort  int `json:"route_port"`
	// Order is its place among those that have joined, from 1. The engine runs on the first,
	// and on the first three once there are three.
	Order int `json:"order"`
	// Joined is when, by the clock of the machine that took it in.
	Joined time.Time `json:"joined"`
}

// Instance is a server of a machine that others call.
type Instance struct {
	Machine string `json:"machine"`
	// Name is the process, Kind its role: packager, origin, reporter, proxy or receiver.
	Name string `json:"name"`
	Kind string `json:"kind"`
	// URL is its base URL for other machines.
	URL string `json:"url"`
}

// Intent is something that an operator wants until it is taken back.
type Intent struct {
	// By is who, in words; At is when, by the clock of the operator's machine.
	By string    `json:"by,omitempty"`
	At time.Time `json:"at"`
}

// Pin is a packager that an operator has chosen for a signal. It ends by another choice, or
// by a release; where the packager fails, it is left all the same.
type Pin struct {
	Intent
	Signal string `json:"signal"`
	// Packager is its base URL; empty after a release.
	Packager string `json:"packager"`
	// Held is set for a hold, and not for a failover.
	Held bool `json:"held,omitempty"`
}

// Beat is what a machine says of itself each second.
type Beat struct {
	Machine string `json:"machine"`
	// Run is a random word of each start of the agent, Seq the number of the beat since.
	Run string `json:"run"`
	Seq uint64 `json:"seq"`
	// At is the machine's clock.
	At      time.Time `json:"at"`
	Version string    `json:"version"`
	Layout  string    `json:"layout"`
	Address string    `json:"address"`
	// Load is the load average of a minute, CPUs how many it is to be compared with.
	Load float64 `json:"load"`
	CPUs int     `json:"cpus"`
	// MemoryUsed and MemoryTotal are in bytes.
	MemoryUsed  int64 `json:"memory_used"`
	MemoryTotal int64 `json:"memory_total"`
	// Engine is what its engine does.
	Engine EngineState `json:"engine"`
	// Processes is how many it supervises, Working how many of them work.
	Processes int `json:"processes"`
	Working   int `json:"working"`
	// Stopping is set in the last beats of a machine whose platform is stopped in order.
	Stopping bool `json:"stopping,omitempty"`
	// Drain is how far a drain is; empty without one.
	Drain DrainState `json:"drain,omitempty"`
	// Left says in words what a drain still waits for; empty otherwise.
	Left string `json:"left,omitempty"`
	// Signals are what its workers air. Uses are the base URLs of the packagers that its
	// players are served from.
	Signals []string `json:"signals,omitempty"`
	Uses    []string `json:"uses,omitempty"`
	// Table is the sum of the machines and servers that all its processes know.
	Table string `json:"table,omitempty"`
	// Links are its round trips to the other machines, by name.
	Links map[string]Link `json:"links,omitempty"`
}

// EngineState is what the engine of a machine does.
type EngineState string

// The states of an engine.
const (
	EngineNone     EngineState = ""         // this machine runs none
	EngineStandby  EngineState = "standby"  // it waits for a third machine, or there are three others
	EngineLeader   EngineState = "leader"   // it leads the Store
	EngineFollower EngineState = "follower" // it follows
	EngineAlone    EngineState = "no quorum"
	// EngineUnreached is said by a machine whose own engine is on standby and which reaches none.
	EngineUnreached EngineState = "unreached"
)

// DrainState is how far a drain is.
type DrainState string

// The states of a drain.
const (
	Draining DrainState = "draining" // what it does is moving elsewhere
	Drained  DrainState = "drained"  // it may be switched off
)

// Link is what a machine knows of its way to another.
type Link struct {
	// RTTms is the time of a round trip over the Bus in milliseconds: the best of the last
	// few.
	RTTms float64 `json:"rtt_ms"`
	// OffsetMS is how far the other's clock is ahead of its own.
	OffsetMS float64 `json:"offset_ms"`
}

// Clock is the answer to a request of the time. Its times are those of the machine that
// answers, in nanoseconds since the Unix epoch: when the request came, and when the answer
// was sent.
type Clock struct {
	Came int64 `json:"came"`
	Sent int64 `json:"sent"`
}

// Frontier is what a packager has published: the newest media sequence number of each signal.
type Frontier struct {
	// Packager is its base URL, as in the registry.
	Packager string `json:"packager"`
	// Run is a random word of each start of the packager, Seq the number of the message
	// since: an older one is to be ignored.
	Run string `json:"run"`
	Seq uint64 `json:"seq"`
	// Newest has the newest MSN by signal. It has all signals at least once a second, and
	// those that have changed in between.
	Newest map[string]int64 `json:"newest"`
}
