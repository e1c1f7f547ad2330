package platform

// Fault is something that a process does wrong on purpose. The process's fault switch
// defines the modes: a packager's are in services/packager/fault, a worker's in
// services/worker. A fault ends with the incarnation that it was set on.
type Fault struct {
	Mode string `json:"mode"`
	// BytesPerSecond is how fast a packager sends bodies in mode slow; zero means the
	// packager's default.
	BytesPerSecond int64 `json:"bytes_per_s,omitempty"`
	// Seconds is how far a worker's wall clock is ahead in mode clock-step.
	Seconds float64 `json:"seconds,omitempty"`
}

// NoFault is the mode in which a process does nothing wrong.
const NoFault = "none"
